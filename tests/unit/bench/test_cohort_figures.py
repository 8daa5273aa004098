"""Ratios are taken inside each round, and what differs from a peer is no figure."""

import json

import pytest

from bench import cohort_beside, cohort_curves, cohort_models
from bench.cohort_peers import Heard, read_heard
from bench.cohort_question import Answered
from bench.tables import Table


def heard(seconds, **more):
    """Make what a peer said."""
    return Heard(seconds, seconds / 2, 200_000_000, {"coefficients": [0.5]}, "R 4", **more)


def answered(seconds, document=None, growth=0):
    """Make an answer of the service."""
    body = json.dumps(document or {}).encode()
    return Answered(body, seconds, seconds / 4, growth, 300_000_000)


def test_a_curve_is_compared_with_both_peers_of_its_round():
    rounds = [
        [heard(8.0), heard(2.0), answered(0.1)],
        [heard(6.0), heard(3.0), answered(0.3, growth=5_000_000)],
        [heard(9.0), heard(3.0), answered(0.2)],
    ]
    found = cohort_curves.figures(rounds, 2)
    assert found["of_lifelines"] == pytest.approx(sorted([8 / 0.1, 6 / 0.3, 9 / 0.2])[1])
    assert found["of_r"] == pytest.approx(sorted([2 / 0.1, 3 / 0.3, 3 / 0.2])[1])
    assert found["ms"] == 200.0
    assert found["cpu_ms"] == 200.0 / 4
    assert (found["growth_mb"], found["most_mb"]) == (5.0, 300.0)


def test_a_peer_has_no_growth_for_its_rows_were_in_memory_before():
    assert cohort_curves.figures([[heard(8.0), heard(2.0)]], 0)["growth_mb"] is None


def test_a_model_is_compared_with_coxph_alone_and_with_all_three_fits_in_r():
    rounds = [[heard(0.6), heard(1.5), heard(7.0), answered(0.05), answered(0.5)]]
    assert cohort_models.figures(rounds, 3)["of_coxph"] == pytest.approx(0.6 / 0.05)
    assert cohort_models.figures(rounds, 4)["of_whole"] == pytest.approx(1.5 / 0.5)


def test_a_model_that_r_was_not_asked_all_of_is_compared_with_coxph_alone():
    found = cohort_models.figures([[heard(4.0), None, None, answered(0.2), answered(2.0)]], 4)
    assert (found["of_coxph"], found["of_whole"]) == (4.0 / 2.0, None)


def test_delays_are_compared_with_idle_of_the_same_round():
    rounds = [
        {cohort_beside.IDLE: {"p99_ms": 0.5}, cohort_beside.FITS: {"p99_ms": 2.0}},
        {cohort_beside.IDLE: {"p99_ms": 1.0}, cohort_beside.FITS: {"p99_ms": 3.0}},
    ]
    found = cohort_beside.figures(rounds, cohort_beside.FITS)
    assert found["of_idle"] == (2.0 / 0.5 + 3.0 / 1.0) / 2


GROUP = {
    "group": {"arm": "il2ld", "stratum": "low"},
    "survival_at": [{"time": 365, "survival": 0.8, "lower": 0.7, "upper": 0.9, "at_risk": 40}],
}
READ = {"il2ld,low": {"survival": [0.8], "lower": [0.7], "upper": [0.9]}}


def test_survival_is_read_by_arm_and_stratum():
    assert cohort_curves.readings_of({"groups": [GROUP]}) == READ


def test_curves_may_differ_by_rounding_only():
    within = {"il2ld,low": READ["il2ld,low"] | {"upper": [0.9 + 9e-10]}}
    beyond = {"il2ld,low": READ["il2ld,low"] | {"upper": [0.9 + 2e-9]}}
    cohort_curves.check_curves(READ, within)
    with pytest.raises(RuntimeError, match="upper of il2ld,low differs"):
        cohort_curves.check_curves(READ, beyond)
    with pytest.raises(RuntimeError, match="the groups differ"):
        cohort_curves.check_curves(READ, {})


def test_coefficients_may_differ_by_rounding_only():
    cohort_models.check_model([0.5, -1.0], [0.5 + 9e-7, -1.0])
    with pytest.raises(RuntimeError, match="the coefficients differ"):
        cohort_models.check_model([0.5, -1.0], [0.5, -1.0 + 2e-6])


def test_a_number_that_is_none_differs_from_every_number():
    for check, none in (
        (cohort_models.check_model, ([float("nan")], [0.5])),
        (cohort_curves.check_curves, ({"g": {"upper": [float("nan")]}}, {"g": {"upper": [0.5]}})),
    ):
        with pytest.raises(RuntimeError, match="differ"):
            check(*none)


def test_coefficients_are_read_from_a_peer_and_from_an_answer():
    document = {"coefficients": [{"term": "x_age", "coefficient": 0.5}]}
    assert cohort_models.coefficients_of(answered(1.0, document)) == [0.5]
    assert cohort_models.coefficients_of(heard(1.0)) == [0.5]


def test_a_peer_is_read_from_its_last_line():
    said = 'Loading…\n{"seconds":2.0,"cpu_seconds":1.0,"most":5,"found":{},"version":"R 4"}\n'
    assert read_heard(said) == Heard(2.0, 1.0, 5, {}, "R 4")


def test_a_peer_that_says_nothing_is_no_figure():
    with pytest.raises(RuntimeError, match="said nothing"):
        read_heard("\n")


@pytest.mark.parametrize("part", [cohort_curves, cohort_models, cohort_beside])
def test_no_two_columns_of_a_table_have_one_name(part):
    headings = Table(part.TITLE, part.COLUMNS).shown().splitlines()[0].split(" | ")
    assert len(set(headings)) == len(part.COLUMNS) + 3
