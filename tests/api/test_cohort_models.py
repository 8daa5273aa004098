"""Models of the clinic's own patients: what may be asked, and what is answered."""

import json

import numpy as np
import pytest

from app.clinic.access import Role
from app.schemas.cohort_models import CohortModelResponse
from tests.api.described import read
from tests.api.fitted_cohorts import (
    AGE,
    ARM,
    LOG_LEVEL,
    MODELS,
    TRIAL,
    ask_model,
    coefficients,
    fitted,
    is_ventilated,
    open_trial,
    trial_rows,
)

N = 240


@pytest.fixture(scope="module")
def trial(tmp_path_factory, migrated_sqlite):
    """Run the service on one trial, for tests that leave it as it is."""
    with open_trial(migrated_sqlite, tmp_path_factory.mktemp("trial")) as service:
        yield service


def test_a_model_is_laid_out_as_it_is_described(trial):
    more = {"accuracy": {"resamples": 5}, "stepp": {"patients": 80, "overlap": 40}}
    answer = ask_model(trial, **TRIAL, **more, effect_at=[750, 3700.5])
    found = read(CohortModelResponse, answer.content)
    assert answer.headers["location"] == f"{MODELS}/{found.id}"
    assert (found.status, found.kind, found.ties, found.n, found.n_total) == (
        "done", "fitted", "efron", N, N,
    )  # fmt: skip
    assert [row.pnfh for row in found.effect_by_biomarker] == [750, 3700.5]


def test_coefficients_are_named_by_their_term_level_and_transform(trial):
    spline = {"variable": "pnfh", "transform": "spline", "knots": 4}
    found = fitted(trial, terms=[ARM, spline, AGE], interactions=[["arm", "pnfh"]])
    assert list(coefficients(found)) == [
        "arm[treated]", "spline(pnfh)[1]", "spline(pnfh)[2]", "spline(pnfh)[3]", "x_age",
        "arm[treated]:spline(pnfh)[1]", "arm[treated]:spline(pnfh)[2]",
        "arm[treated]:spline(pnfh)[3]",
    ]  # fmt: skip
    assert list(coefficients(fitted(trial, **TRIAL))) == [
        "arm[treated]", "log(pnfh)", "x_age", "arm[treated]:log(pnfh)",
    ]  # fmt: skip


def test_the_effect_at_a_level_is_what_the_coefficients_say(trial):
    # exp(b_arm + b_arm:log(pnfh) ln 1500)
    found = fitted(trial, **TRIAL, effect_at=[1500])
    by = coefficients(found)
    expected = np.exp(by["arm[treated]"] + by["arm[treated]:log(pnfh)"] * np.log(1500))
    (row,) = found["effect_by_biomarker"]
    assert row["hazard_ratio"] == pytest.approx(expected, rel=1e-12)


def test_without_levels_the_effect_is_told_at_21_from_the_5th_to_the_95th_percentile(trial):
    rows = fitted(trial, **TRIAL)["effect_by_biomarker"]
    levels = np.array([float(row["pnfh"]) for row in trial_rows(N)])
    ends = rows[0]["pnfh"], rows[-1]["pnfh"]
    assert len(rows) == 21
    assert ends == pytest.approx(tuple(np.quantile(levels, [0.05, 0.95])))


def test_a_model_without_an_interaction_has_no_effect_along_the_level(trial):
    found = fitted(trial, terms=[ARM, LOG_LEVEL])
    assert (found["effect_by_biomarker"], found["interaction_test"]) == ([], None)


def test_the_other_reference_turns_the_coefficient_round(trial):
    one = fitted(trial, terms=[ARM, AGE])
    other = fitted(trial, terms=[{"variable": "arm", "reference": "treated"}, AGE])
    assert coefficients(other)["arm[none]"] == pytest.approx(-coefficients(one)["arm[treated]"])


def test_a_number_with_a_reference_is_a_category(trial):
    grade = {"variable": "x_grade"}
    assert list(coefficients(fitted(trial, terms=[grade]))) == ["x_grade"]
    found = fitted(trial, terms=[grade | {"reference": "2"}])
    assert list(coefficients(found)) == ["x_grade[1]", "x_grade[3]"]


def test_log2_is_the_natural_one_by_another_unit(trial):
    # ln x = ln 2 log2 x, so the coefficient is ln 2 times as large.
    natural = coefficients(fitted(trial, terms=[LOG_LEVEL]))["log(pnfh)"]
    binary = fitted(trial, terms=[{"variable": "pnfh", "transform": "log2"}])
    assert coefficients(binary)["log2(pnfh)"] == pytest.approx(natural * np.log(2))


def test_each_of_the_strata_has_a_baseline_of_its_own(trial):
    plain, by_sex = fitted(trial, terms=[ARM]), fitted(trial, terms=[ARM], strata="sex")
    # Whoever dies is compared with about half as many: ln 2 less for each of 135 deaths.
    gained = by_sex["log_likelihood"]["null"] - plain["log_likelihood"]["null"]
    assert gained == pytest.approx(plain["events"] * np.log(2), rel=0.02)
    assert fitted(trial, terms=[ARM], strata=["sex"])["coefficients"] == by_sex["coefficients"]


def test_a_smaller_level_gives_narrower_intervals_round_the_same_ratio(trial):
    (wide,), (narrow,) = (
        fitted(trial, terms=[ARM], level=level)["coefficients"] for level in (0.95, 0.9)
    )
    # exp(b +- 1.644854 se)
    width = 1.6448536269514722 * narrow["standard_error"]
    assert narrow["coefficient"] == wide["coefficient"]
    assert narrow["upper"] == pytest.approx(np.exp(narrow["coefficient"] + width))
    assert narrow["upper"] < wide["upper"]


def test_only_those_the_filter_means_are_fitted(trial):
    found = fitted(trial, terms=[ARM], filter={"sex": "female"})
    assert found["n"] == found["n_total"] == N // 2


def test_the_endpoint_says_what_counts_as_the_event(trial):
    deaths = fitted(trial, terms=[ARM])
    both = fitted(trial, terms=[ARM], endpoint="death_or_ventilation")
    ventilated = sum(is_ventilated(row, i) for i, row in enumerate(trial_rows(N)))
    assert both["events"] == deaths["events"] + ventilated
    assert (deaths["endpoint"], both["endpoint"]) == ("death", "death_or_ventilation")


def test_what_was_asked_is_kept_as_it_can_be_asked_again(trial):
    asked = TRIAL | {"level": 0.9, "effect_at": [750, 0.5], "filter": {"x_age": {"gte": 59.5}}}
    first = fitted(trial, **asked)
    assert first["question"] == asked
    assert fitted(trial, **first["question"])["coefficients"] == first["coefficients"]


def test_the_seed_decides_the_intervals_of_the_accuracy(trial):
    def intervals(seed):
        wish = {"resamples": 20, "seed": seed, "times": [200, 400]}
        return fitted(trial, terms=[ARM, LOG_LEVEL], accuracy=wish)["accuracy"]

    one, again, other = intervals(1), intervals(1), intervals(2)
    assert one == again
    assert one["brier"][0]["value"] == other["brier"][0]["value"]
    assert one["brier"][0]["lower"] != other["brier"][0]["lower"]
    assert one["bootstrap"]["seed"] == 1
    assert one["bootstrap"]["resamples"] == one["bootstrap"]["fitted"] == 20


def test_windows_along_the_level_hold_as_many_patients_as_asked(trial):
    found = fitted(trial, **TRIAL, stepp={"patients": 80, "overlap": 40})["stepp"]
    # 240 patients, 80 each and 40 new ones a step: from 0, 40, 80, 120, 160.
    assert [window["n"] for window in found["windows"]] == [80] * 5
    middles = [window["pnfh"]["median"] for window in found["windows"]]
    assert middles == sorted(middles)


def test_terms_that_can_hardly_be_told_apart_are_fitted_with_a_warning(trial):
    warnings = fitted(trial, terms=[AGE, {"variable": "x_near"}])["warnings"]
    assert {(one["code"], one["term"]) for one in warnings} == {
        ("nearly_collinear", "x_age"), ("nearly_collinear", "x_near"),
    }  # fmt: skip


def test_a_ratio_beyond_the_largest_number_is_null(trial):
    # A covariate of nanometres: its coefficient is per unit, so exp(b) has no number.
    answer = ask_model(trial, terms=[{"variable": "x_tiny"}])
    (row,) = read(CohortModelResponse, answer.content).coefficients
    assert abs(row.coefficient) > 710  # exp(710) is beyond the largest double
    assert None in (row.hazard_ratio, row.upper)


def test_a_viewer_may_fit_and_read(trial):
    viewer = ("North", Role.VIEWER)
    found = ask_model(trial, by=viewer, terms=[ARM])
    assert found.status_code == 200
    assert trial.ask("GET", f"{MODELS}/{found.json()['id']}", by=viewer).json() == found.json()


def test_nobody_fits_without_a_key(trial):
    assert trial.ask("POST", MODELS, by=None, json=TRIAL).status_code == 401


def test_a_model_is_read_with_its_tag(trial):
    model = fitted(trial, terms=[ARM])
    first = trial.ask("GET", f"{MODELS}/{model['id']}")
    tagged = {"if-none-match": first.headers["etag"]}
    assert trial.ask("GET", f"{MODELS}/{model['id']}", headers=tagged).status_code == 304


@pytest.mark.parametrize("name", ["nothing", "0b1f4b0e-9a07-4c39-8c52-2c4f6d3f7a10", "%00"])
def test_what_is_no_model_is_not_found(trial, name):
    assert trial.ask("GET", f"{MODELS}/{name}").status_code == 404


def test_no_number_that_is_none_is_ever_written(trial):
    more = {"accuracy": {"resamples": 3, "times": [0, 1, 5000]}, "level": 0.999}
    answer = ask_model(trial, **TRIAL, **more)
    assert answer.status_code == 200
    json.loads(answer.text, parse_constant=pytest.fail)
    assert "NaN" not in answer.text
