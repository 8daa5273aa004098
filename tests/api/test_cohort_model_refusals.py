"""Models that are not fitted: why, said by a code, and where in the request the reason stands."""

import pytest

from tests.api.fitted_cohorts import (
    AGE,
    ARM,
    LOG_LEVEL,
    TRIAL,
    ask_model,
    open_trial,
    refused,
)


@pytest.fixture(scope="module")
def trial(tmp_path_factory, migrated_sqlite):
    """Run the service on one trial, for tests that leave it as it is."""
    with open_trial(migrated_sqlite, tmp_path_factory.mktemp("trial")) as service:
        yield service


@pytest.mark.parametrize(
    "windows", [{"patients": 80, "overlap": 75}, {"patients": 10, "overlap": 5}]
)
def test_windows_or_steps_of_few_patients_are_refused(trial, windows):
    assert refused(trial, **TRIAL, stepp=windows) == ("validation-error", {"/stepp": "too_few"})


def test_windows_need_an_arm_and_a_level(trial):
    kind, faults = refused(trial, terms=[AGE], stepp={"patients": 80, "overlap": 40})
    assert (kind, faults) == ("fit-refused", {"/stepp": "stepp_needs_two_arms_and_a_level"})


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("pnhf", "Did you mean pnfh?"),
        ("amr", "Did you mean arm?"),
        ("pnfh + 1", "no such variable"),
        ("log(pnfh)", "no such variable"),
        ("I(x)", "no such variable"),
        ("arm*pnfh", "no such variable"),
        ('__import__("os")', "no such variable"),
        ("x_age;", "no such variable"),
        ("x_age\n", "no such variable"),
        ("", "no such variable"),
    ],
)
@pytest.mark.parametrize("place", ["terms", "interactions", "strata"])
def test_what_is_no_variable_is_refused_and_never_evaluated(trial, name, hint, place):
    wish = {
        "terms": {"terms": [ARM, {"variable": name}]},
        "interactions": {"terms": [ARM, AGE], "interactions": [["arm", name]]},
        "strata": {"terms": [ARM], "strata": [name]},
    }[place]
    pointer = {
        "terms": "/terms/1/variable", "interactions": "/interactions/0/1", "strata": "/strata/0",
    }[place]  # fmt: skip
    answer = ask_model(trial, **wish)
    faults = {fault["pointer"]: fault for fault in answer.json()["errors"]}
    assert answer.status_code == 422
    assert faults[pointer]["code"] == "unknown_variable"
    assert hint in faults[pointer]["detail"]


def test_a_covariate_that_nobody_has_is_refused_by_its_place(trial):
    kind, faults = refused(trial, terms=[ARM, {"variable": "x_nowhere"}], strata=["x_no"])
    assert kind == "validation-error"
    assert "unknown_variable" in faults.values()


UNKNOWN_LEVEL = {"variable": "arm", "reference": "nobody"}


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"terms": [ARM, {"variable": "x_twice"}, AGE]}, "/terms/2", "collinear"),
        ({"terms": [ARM, {"variable": "x_same"}]}, "/terms/1", "single_level"),
        ({"terms": [ARM], "filter": {"arm": "treated"}}, "/terms/0", "single_level"),
        ({"terms": [AGE, UNKNOWN_LEVEL]}, "/terms/1", "unknown_reference"),
        ({"terms": [{"variable": "x_signed", "transform": "log"}]}, "/terms/0",
         "logarithm_of_non_positive"),
        ({"terms": [AGE, {"variable": "x_site", "transform": "log"}]}, "/terms/1",
         "transform_needs_a_number"),
        ({"terms": [{"variable": "x_saved", "transform": "spline"}]}, "/terms/0",
         "too_few_values_for_spline"),
        ({"terms": [AGE, {"variable": "x_saved"}]}, "/terms/1", "infinite_coefficient"),
        ({"terms": [AGE, {"variable": "x_code"}]}, "/terms/1", "too_many_values"),
        ({"terms": [AGE, {"variable": "pnfh", "reference": "1500"}]}, "/terms/1",
         "too_many_values"),
        ({"terms": [AGE], "filter": {"x_saved": 1}}, "/terms", "no_events"),
        ({"terms": [AGE], "filter": {"x_signed": {"lt": -91}}}, "/filter", "too_few_patients"),
        ({"terms": [AGE], "filter": {"x_signed": {"lt": -1000}}}, "/filter", "too_few_patients"),
    ],
)  # fmt: skip
def test_what_the_data_do_not_determine_is_refused_and_the_term_named(trial, body, pointer, code):
    assert refused(trial, **body) == ("fit-refused", {pointer: code})


def test_a_level_with_a_colon_is_not_taken_for_an_interaction(trial):
    site = {"variable": "x_site", "reference": "Aix"}
    twin = {"terms": [site, AGE], "strata": ["x_site"]}
    assert refused(trial, **twin) == ("fit-refused", {"/terms/0": "collinear"})


def test_an_interaction_that_cannot_be_estimated_is_named(trial):
    terms = [{"variable": "x_saved"}, {"variable": "x_grade", "reference": "1"}, AGE]
    kind, faults = refused(trial, terms=terms, interactions=[["x_grade", "x_saved"]])
    assert kind == "fit-refused"
    assert set(faults) <= {"/terms/0", "/interactions/0"}


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"terms": []}, "/terms", "too_short"),
        ({"terms": [ARM, ARM]}, "", "repeated"),
        ({"terms": [ARM, AGE], "interactions": [["arm", "arm"]]}, "/interactions/0", "repeated"),
        ({"terms": [ARM], "interactions": [["arm", "pnfh"]]}, "", "unknown_variable"),
        ({"terms": [AGE], "level": 0.3}, "/level", "out_of_range"),
        ({"terms": [AGE], "level": "0.9"}, "/level", "not_a_number"),
        ({"terms": [AGE], "effect_at": [0]}, "/effect_at/0", "out_of_range"),
        ({"terms": [AGE], "strata": ["pnfh"]}, "/strata/0", "too_many_values"),
        ({"terms": [AGE], "formula": "arm * pnfh"}, "/formula", "unknown_field"),
        ({"terms": "arm * pnfh"}, "/terms", None),
        ({"terms": [{"variable": "pnfh", "transform": "sqrt"}]}, "/terms/0/transform", None),
        ({"terms": [{"variable": "pnfh", "transform": "spline", "knots": 9}]}, "/terms/0/knots",
         None),
        ({"terms": [ARM, LOG_LEVEL], "stepp": {"patients": 40, "overlap": 40}}, "/stepp", None),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_refused_where_it_stands(trial, body, pointer, code):
    kind, faults = refused(trial, **body)
    assert kind == "validation-error"
    assert pointer in faults
    assert code in (None, faults[pointer])
