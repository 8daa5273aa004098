"""Bounds: a stratum is named only if every level that the bound allows lies inside it."""

import pytest

BOTH = ["very_low", "low"]
UPPER = ["low", "high"]
ALL = ["very_low", "low", "high"]
# Section 1 of the science, and what lies at its edges.
BOUNDS = [
    ("<", "750", "pg/mL", "very_low"),
    ("<=", "749.9", "pg/mL", "very_low"),
    ("<", "0.75", "ng/mL", "very_low"),
    (">", "3700", "pg/mL", "high"),
    (">=", "3700.1", "pg/mL", "high"),
    (">", "10", "ng/mL", "high"),
    ("<=", "750", "pg/mL", BOTH),
    ("<", "800", "pg/mL", BOTH),
    ("<", "3700", "pg/mL", BOTH),
    ("<=", "3700", "pg/mL", BOTH),
    ("<", "3700.1", "pg/mL", ALL),
    ("<=", "1000000", "pg/mL", ALL),
    (">", "3699", "pg/mL", UPPER),
    (">=", "3700", "pg/mL", UPPER),
    (">=", "750", "pg/mL", UPPER),
    (">", "749.9", "pg/mL", ALL),
]
TOPLINE = [
    ("<", "800", "lower"),
    ("<=", "3700", "lower"),
    (">", "3700", "high"),
    (">=", "3700", ["lower", "high"]),
]


@pytest.mark.parametrize(("comparator", "value", "unit", "expected"), BOUNDS)
def test_a_bound_names_a_stratum_only_when_it_lies_wholly_inside(
    client, comparator, value, unit, expected
):
    query = {"pnfh": value, "unit": unit, "comparator": comparator}
    answer = client.get("/v1/estimate", params=query).json()
    if isinstance(expected, str):
        assert answer["stratum"]["id"] == expected
        assert "possible_strata" not in answer
    else:
        assert (answer["status"], answer["stratum"]) == ("indeterminate", None)
        assert answer["reason"]["code"] == "bound_spans_strata"
        assert answer["possible_strata"] == expected


@pytest.mark.parametrize(("comparator", "value", "expected"), TOPLINE)
def test_the_press_release_knows_one_cut_point(client, comparator, value, expected):
    query = {"pnfh": value, "comparator": comparator, "evidence": "mirocals-topline-2022"}
    answer = client.get("/v1/stratum", params=query).json()
    found = answer["stratum"]["id"] if answer["stratum"] else answer["possible_strata"]
    assert found == expected


def test_the_press_figure_has_no_interval_no_direction_and_no_curves(client):
    query = {"pnfh": "3700", "comparator": "<=", "evidence": "mirocals-topline-2022"}
    answer = client.get("/v1/estimate", params=query).json()
    ratio = answer["treatment_effect"]["hazard_ratio"]
    assert (ratio["value"], ratio["lower"], ratio["upper"]) == (0.57, None, None)
    assert answer["treatment_effect"]["direction"] == "uncertain"
    assert answer["survival_curves"] is None
    codes = {warning["code"] for warning in answer["warnings"]}
    assert {"no_interval_published", "no_survival_published", "superseded"} <= codes


@pytest.mark.parametrize(("comparator", "value"), [("<", "700"), (">", "4000")])
def test_a_bound_has_no_membership_no_nearness_and_no_continuous_effect(client, comparator, value):
    query = {"pnfh": value, "unit": "pg/mL", "comparator": comparator}
    answer = client.get("/v1/estimate", params=query).json()
    stratum = answer["stratum"]
    assert stratum["membership"] is stratum["nearest_cut_point"] is None
    assert stratum["distance_to_cut_point"] is None
    assert {w["code"] for w in answer["warnings"]} == {"level_is_a_bound"}
    if answer["treatment_effect"]:
        assert answer["treatment_effect"]["continuous"]["hazard_ratio"] is None
    assert answer["input"]["given"]["comparator"] == comparator
    assert answer["input"]["used"]["comparator"] == comparator
