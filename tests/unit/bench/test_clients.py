"""The clients count what really came, wherever the reads happened to be cut."""

import json

import pytest

from bench.light_client import whole_size
from bench.stream_client import BodyKeeper, LineCounter, body_of, some_items

ANSWER = (
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    b'e\r\n{"a":1}\n{"b":\r\n' + b'b\r\n2}\n{"c":3}\n\r\n' + b"0\r\n\r\n"
)


def heard(collector, answer, size):
    """Give the collector an answer in reads of a size, in one buffer as the client does."""
    buffer = bytearray(4096)
    for start in range(0, len(answer), size):
        read = answer[start : start + size]
        buffer[: len(read)] = read
        collector.add(buffer, len(read))
    return collector


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, len(ANSWER)])
def test_lines_are_counted_and_the_line_ends_of_frames_are_not(size):
    counter = heard(LineCounter(), ANSWER, size)
    assert counter.count() == 3
    assert counter.received == len(ANSWER)


@pytest.mark.parametrize("answer", [ANSWER[:-1], ANSWER.replace(b"200 OK", b"422 No")])
def test_a_stream_that_was_cut_or_refused_is_not_counted(answer):
    with pytest.raises(RuntimeError, match="not answered whole"):
        heard(LineCounter(), answer, 16).count()


def test_items_of_a_json_answer_are_counted_by_their_references():
    answer = b'HTTP/1.1 200 OK\r\n\r\n{"items":[{"ref":"p0"},{"ref":"p1"}]}'
    assert heard(BodyKeeper(), answer, 5).count() == 2


def test_a_refused_batch_is_not_counted():
    with pytest.raises(RuntimeError, match="refused"):
        heard(BodyKeeper(), b"HTTP/1.1 413 Too Large\r\n\r\n", 5).count()


def test_levels_are_all_different_and_fall_into_all_three_strata():
    levels = [json.loads(item)["pnfh"]["value"] for item in some_items(5000, seed=1)]
    assert len(set(levels)) == 5000
    assert min(levels) < 750
    assert max(levels) > 3700
    assert 1900 < sorted(levels)[2500] < 2100


def test_the_same_items_are_sent_as_lines_as_a_batch_and_as_a_list():
    items = some_items(2, seed=1)
    read = [json.loads(item) for item in items]
    assert [json.loads(line) for line in body_of("ndjson", items).splitlines()] == read
    assert json.loads(body_of("batch", items)) == {"items": read, "detail": "summary"}
    assert json.loads(body_of("list", items)) == read


def test_a_light_answer_is_as_long_as_its_head_and_its_body():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"
    assert whole_size(head + b"Hello") == len(head) + 12


def test_a_light_answer_of_unknown_length_is_refused():
    with pytest.raises(RuntimeError, match="how long"):
        whole_size(b"HTTP/1.1 200 OK\r\n\r\n")
