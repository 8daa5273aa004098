"""Each entry criterion is answered from the facts alone: met, not met, or unknown."""

from dataclasses import fields
from datetime import date, timedelta

import pytest

from app.survival.applicability import CHECKS, Facts, judge_applicability
from tests.builders import MIROCALS

BASELINE = date(2026, 3, 1)
FITTING = {
    "age": 60, "el_escorial": "probable", "symptom_months": 12, "svc_percent": 90,
    "riluzole_weeks": 14, "csf_after_run_in": True, "excluded_condition": False,
}  # fmt: skip


def judged(**facts):
    return judge_applicability(Facts(**facts), MIROCALS.criteria)


def status(criterion, **facts):
    answers = {answer.id: answer.status for answer in judged(**facts).criteria}
    return answers[criterion]


def weeks(number):
    return BASELINE - timedelta(weeks=number)


def test_every_criterion_of_the_trial_is_answered():
    assert [answer.id for answer in judged().criteria] == list(CHECKS)


def test_nothing_is_known_of_nobody():
    assert {answer.status for answer in judged().criteria} == {"unknown"}
    assert judged().grade == "undetermined"


def test_a_patient_like_those_of_the_trial_is_applicable():
    assert judged(**FITTING).grade == "applicable"


@pytest.mark.parametrize("fact", FITTING)
def test_one_fact_unknown_leaves_the_grade_undetermined(fact):
    assert judged(**{**FITTING, fact: None}).grade == "undetermined"


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("age", 80), ("el_escorial", "suspected"), ("symptom_months", 30), ("svc_percent", 50),
        ("riluzole_weeks", 4), ("csf_after_run_in", False), ("excluded_condition", True),
    ],
)  # fmt: skip
def test_one_criterion_not_met_is_enough(fact, value):
    assert judged(**{**FITTING, fact: value}).grade == "not_applicable"
    assert judged(**{fact: value}).grade == "not_applicable"


def test_no_criteria_leave_the_grade_undetermined():
    assert judge_applicability(Facts(**FITTING), []).grade == "undetermined"


@pytest.mark.parametrize(
    ("age", "expected"),
    [(17.99, "not_met"), (18, "met"), (75.99, "met"), (76, "not_met"), (None, "unknown")],
)
def test_age_is_18_to_under_76(age, expected):
    assert status("age", age=age) == expected


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        (17, "not_met"),  # 16 or 17
        (18, "unknown"),  # 17 or 18
        (19, "met"),
        (75, "met"),  # 74 or 75
        (76, "unknown"),  # 75 or 76
        (77, "not_met"),
    ],
)
def test_a_birth_year_leaves_the_age_open_by_a_year(turns, expected):
    birth_year = BASELINE.year - turns
    assert status("age", birth_year=birth_year, baseline_date=BASELINE) == expected


def test_a_birth_year_without_a_day_to_judge_on_says_nothing():
    assert status("age", birth_year=1964) == "unknown"


def test_an_age_wins_over_a_birth_year():
    assert status("age", age=60, birth_year=1900, baseline_date=BASELINE) == "met"


@pytest.mark.parametrize("category", ["definite", "probable", "probable_lab", "possible"])
def test_possible_to_definite_als_is_met(category):
    assert status("diagnosis", el_escorial=category) == "met"


def test_suspected_als_is_not_met():
    assert status("diagnosis", el_escorial="suspected") == "not_met"


@pytest.mark.parametrize(
    ("months", "expected"), [(0, "met"), (24, "met"), (24.01, "not_met"), (None, "unknown")]
)
def test_symptoms_lasted_24_months_or_less(months, expected):
    assert status("symptom_duration", symptom_months=months) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, "met"), (730, "met"), (731, "not_met"), (-1, "not_met")],  # 24 x 30.4375 = 730.5 days
)
def test_the_day_of_onset_tells_how_long_symptoms_lasted(days, expected):
    onset = BASELINE - timedelta(days=days)
    assert status("symptom_duration", onset_date=onset, baseline_date=BASELINE) == expected


def test_months_told_win_over_the_day_of_onset():
    told = {"symptom_months": 12, "onset_date": date(2020, 1, 1), "baseline_date": BASELINE}
    assert status("symptom_duration", **told) == "met"


@pytest.mark.parametrize(
    ("percent", "expected"), [(69.99, "not_met"), (70, "met"), (130, "met"), (None, "unknown")]
)
def test_vital_capacity_is_70_percent_or_more(percent, expected):
    assert status("slow_vital_capacity", svc_percent=percent) == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [(11.99, "not_met"), (12, "met"), (18, "met"), (18.01, "not_met"), (0, "not_met")],
)
def test_riluzole_was_taken_for_12_to_18_weeks(told, expected):
    assert status("riluzole", riluzole_weeks=told) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [(12 * 7 - 1, "not_met"), (12 * 7, "met"), (18 * 7, "met"), (18 * 7 + 1, "not_met")],
)
def test_the_start_of_riluzole_tells_how_long_it_was_taken(days, expected):
    start = BASELINE - timedelta(days=days)
    assert status("riluzole", riluzole_start=start, baseline_date=BASELINE) == expected


@pytest.mark.parametrize(
    ("days", "expected"), [(12 * 7 - 1, "not_met"), (12 * 7, "met"), (400, "met")]
)
def test_the_sample_was_taken_after_the_run_in(days, expected):
    start = BASELINE - timedelta(days=days)
    assert status("csf_timing", riluzole_start=start, collected_date=BASELINE) == expected


def test_the_sample_s_timing_needs_the_day_of_the_sample_itself():
    assert status("csf_timing", riluzole_start=weeks(20), baseline_date=BASELINE) == "unknown"


@pytest.mark.parametrize(("told", "expected"), [(True, "met"), (False, "not_met")])
def test_being_told_decides_on_the_sample(told, expected):
    assert status("csf_timing", csf_after_run_in=told) == expected


@pytest.mark.parametrize(
    ("told", "expected"), [(None, "unknown"), (False, "met"), (True, "not_met")]
)
def test_an_exclusion_is_unknown_unless_told(told, expected):
    assert status("exclusions", excluded_condition=told) == expected


def test_facts_are_judged_on_the_baseline_or_else_on_the_day_of_the_sample():
    both = Facts(baseline_date=BASELINE, collected_date=weeks(3))
    assert both.reference_date == BASELINE
    assert Facts(collected_date=weeks(3)).reference_date == weeks(3)
    assert Facts().reference_date is None


@pytest.mark.parametrize("fact", [field.name for field in fields(Facts)])
def test_no_single_fact_makes_a_patient_applicable(fact):
    value = FITTING.get(fact, BASELINE.year - 60 if fact == "birth_year" else BASELINE)
    assert judged(**{fact: value}).grade == "undetermined"
