"""The estimate: status and reason, the times asked for, and what the reader is warned of."""

import pytest

from app.survival.applicability import Facts
from app.survival.curve import months
from app.survival.estimate import Wishes
from tests.builders import TOPLINE, a_question, an_estimate


def warned(question, study=None):
    found = an_estimate(question, study) if study else an_estimate(question)
    return {caution.code for caution in found.cautions}


@pytest.mark.parametrize(
    ("value", "comparator", "status", "reason"),
    [
        ("500", None, "no_estimate", "stratum_not_reported"),
        ("750", "<", "no_estimate", "stratum_not_reported"),
        ("1500", None, "estimate", None),
        ("5000", None, "estimate", None),
        ("800", "<", "indeterminate", "bound_spans_strata"),
    ],
)
def test_a_status_comes_with_its_reason(value, comparator, status, reason):
    found = an_estimate(a_question(value, comparator=comparator))
    assert (found.status, found.reason) == (status, reason)
    assert (found.group is not None) == (status == "estimate")


def test_the_whole_trial_stands_beside_every_status():
    for value, comparator in (("500", None), ("1500", None), ("800", "<")):
        found = an_estimate(a_question(value, comparator=comparator))
        assert found.whole_trial.group.hazard_ratio.value == 0.81
        assert found.whole_trial.modelled is not None


def test_a_level_told_whole_near_nothing_warns_only_of_what_was_assumed():
    assert warned(a_question("1500")) == {"assay_cv_assumed", "one_ratio_per_stratum"}
    assert warned(a_question("1500", assay_cv=0.05)) == {"one_ratio_per_stratum"}


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (a_question("1500", unit_assumed=True), "unit_assumed"),
        (a_question("3700", comparator=">"), "level_is_a_bound"),
        (a_question("3600"), "near_cut_point"),
        (a_question(wishes=Wishes(extrapolate=True)), "beyond_follow_up"),
        (a_question(facts=Facts(age=80)), "unlike_the_trial"),
    ],
)
def test_what_a_reader_must_know_is_warned_of(question, code):
    assert code in warned(question)
    assert code not in warned(a_question())


def test_a_bound_is_not_warned_of_what_it_has_not():
    codes = warned(a_question("3700", comparator=">"))
    assert not codes & {"near_cut_point", "assay_cv_assumed", "one_ratio_per_stratum"}


def test_press_figures_are_warned_of():
    assert warned(a_question(), TOPLINE) >= {
        "no_interval_published", "no_survival_published", "superseded",
    }  # fmt: skip


def test_no_estimate_extrapolates_nothing():
    found = an_estimate(a_question("500", wishes=Wishes(extrapolate=True)))
    assert found.later is None
    assert "beyond_follow_up" not in warned(a_question("500", wishes=Wishes(extrapolate=True)))


def test_the_default_times_are_those_of_the_method():
    assert Wishes().times_until(640) == (180, 365, 540, 640)
    assert Wishes(extrapolate=True).times_after(640) == (730, 960)


def test_times_are_parted_at_the_horizon():
    asked = Wishes((90.0, 640.0, 641.0), extrapolate=True)
    assert asked.times_until(640) == (90.0, 640.0)
    assert asked.times_after(640) == (641.0,)


def test_a_condition_leaves_out_the_rows_before_it():
    found = an_estimate(a_question(wishes=Wishes(alive_at=365.0)))
    assert [row.time for row in found.conditional["control"]] == [365, 540, 640]


def test_the_same_question_gives_the_same_estimate():
    assert an_estimate().group == an_estimate().group


@pytest.mark.parametrize(
    ("day", "expected"), [(0, 0.0), (30.4375, 1.0), (365, 12.0), (640, 21.0), (960, 31.5)]
)
def test_months_have_30_4375_days(day, expected):
    assert months(day) == expected


def test_without_times_the_end_of_follow_up_is_told_whatever_day_it_is():
    assert Wishes().times_until(400) == (180.0, 365.0, 400)
    assert Wishes().times_until(100) == (100,)


def test_the_default_times_past_follow_up_end_at_the_limit():
    assert Wishes().times_after(500, 750) == (730.0,)
