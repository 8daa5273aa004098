"""Medians and ratios are taken as `docs/performance.md` says, and bad runs are no figures."""

import pytest

from bench import many, single
from bench.wrk import Round, read_round

SEEN = '{"requests":1000,"seconds":2.0,"bytes":127000,"faults":%d}\n'


def test_a_run_of_wrk_is_read_from_its_last_line():
    seen = read_round("Running 2s test\n\n" + SEEN % 0, cpu_seconds=0.1)
    assert seen == Round(1000 / 2.0, 0.1 / 1000 * 1e6, 127000 / 1000)


def test_a_run_with_a_refusal_is_no_figure():
    with pytest.raises(RuntimeError, match="not every request"):
        read_round(SEEN % 1, cpu_seconds=0.1)


def test_a_ratio_is_the_median_of_pairs_from_the_same_round():
    hello = [Round(100, 10, 1), Round(50, 20, 1), Round(80, 12, 1)]
    ours = [Round(50, 20, 1), Round(40, 25, 1), Round(20, 48, 1)]
    found = single.figures(list(zip(hello, ours, strict=True)), 1)
    assert found["ratio"] == sorted([10 / 20, 20 / 25, 12 / 48])[1]
    assert found["wall_ratio"] == sorted([50 / 100, 40 / 50, 20 / 80])[1]
    assert found["cpu_us"] == sorted([20, 25, 48])[1]


def test_a_stream_is_told_by_time_and_by_the_cpu_it_took():
    seen = {"count": 1000, "seconds": 0.5, "bytes": 2_000_000, "client_cpu_seconds": 0.1}
    figures = many.read_stream(seen, 0.25, many.Load("/", "ndjson", 500, repeats=2))
    assert figures == {
        "per_second": 1000 / 0.5,
        "per_core": 1000 / 0.25,
        "cpu_us": 0.25 / 1000 * 1e6,
        "answer_bytes": 2_000_000 / 1000,
        "megabytes": 2_000_000 / 0.5 / 1e6,
        "server": 0.25 / 0.5,
        "client": 0.1 / 0.5,
    }


def test_a_stream_that_lost_a_patient_is_no_figure():
    seen = {"count": 999, "seconds": 0.5, "bytes": 1, "client_cpu_seconds": 0.1}
    with pytest.raises(RuntimeError, match="999 answers to 1000 patients"):
        many.read_stream(seen, 0.25, many.Load("/", "ndjson", 1000))


def test_a_stream_is_compared_with_the_peer_of_its_round():
    peer, ours = [{"cpu_us": 30.0}, {"cpu_us": 50.0}], [{"cpu_us": 10.0}, {"cpu_us": 5.0}]
    found = many.figures([list(pair) for pair in zip(peer, ours, strict=True)], 1)
    assert found["ratio"] == (30 / 10 + 50 / 5) / 2
