"""The whole answer, its parts, and how much of it is told."""

import json

import pytest

from tests.api.refusals import codes

PARTS = {
    "stratum": "/v1/stratum",
    "treatment_effect": "/v1/treatment-effect",
    "survival_curves": "/v1/survival-curves",
}
BESIDE = ["context", "warnings", "notices", "evidence"]
QUERIES = [
    "pnfh=1500&unit=pg/mL",
    "pnfh=3.7000001&unit=ng/mL",
    "pnfh=600",
    "pnfh=800&comparator=<",
    "pnfh=1500&times=90,730&alive_at=60&extrapolate=true&assay_cv=0.08",
    "pnfh=1500&evidence=mirocals-topline-2022",
]
STATUSES = {
    "pnfh=1500": ("estimate", None, "low"),
    "pnfh=3701": ("estimate", None, "high"),
    "pnfh=749.999": ("no_estimate", "stratum_not_reported", "very_low"),
    "pnfh=800&comparator=<": ("indeterminate", "bound_spans_strata", None),
    "pnfh=5000&evidence=mirocals-topline-2022": ("no_estimate", "no_number_published", "high"),
}


def whole(client, query):
    return client.get(f"/v1/estimate?{query}").raise_for_status().json()


@pytest.mark.parametrize("query", STATUSES)
def test_a_level_is_answered_with_its_status_and_stratum(client, query):
    status, reason, stratum = STATUSES[query]
    answer = whole(client, query)
    assert answer["status"] == status
    assert (answer["reason"] or {"code": None})["code"] == reason
    assert (answer["stratum"] or {"id": None})["id"] == stratum
    for part in ("treatment_effect", "survival_curves"):
        assert (answer[part] is None) == (status != "estimate")


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("part", PARTS)
def test_a_part_has_the_numbers_of_the_whole(client, part, query):
    answer, found = whole(client, query), client.get(f"{PARTS[part]}?{query}").json()
    around = ["status", "reason", *(["possible_strata"] if "possible_strata" in answer else [])]
    assert list(found) == [*around, part, *BESIDE]
    assert found == {name: answer[name] for name in found}


@pytest.mark.parametrize("path", PARTS.values())
def test_a_part_has_no_group_detail_for_that_would_tell_sizes(client, path):
    answer = client.get(f"{path}?pnfh=1500&detail=group")
    assert codes(answer) == {"/detail": "not_for_a_part"}


@pytest.mark.parametrize("query", STATUSES)
def test_a_body_is_answered_as_a_query_is(client, query):
    asked = dict(pair.split("=", 1) for pair in query.split("&"))
    pnfh = {"value": json.loads(asked.pop("pnfh")), "unit": "pg/mL"}
    if "comparator" in asked:
        pnfh["comparator"] = asked.pop("comparator")
    answer = client.post("/v1/estimates", json={"pnfh": pnfh} | asked)
    assert answer.status_code == 200
    assert answer.content == client.get(f"/v1/estimate?{query}&unit=pg/mL").content


def test_a_unit_that_was_not_given_is_assumed_aloud(client):
    warned, told = whole(client, "pnfh=1500"), whole(client, "pnfh=1500&unit=pg/mL")
    assumed = [one for one in warned["warnings"] if one["code"] == "unit_assumed"]
    assert [(one["severity"], one["pointer"]) for one in assumed] == [("info", "/pnfh/unit")]
    rest = [one for one in warned["warnings"] if one["code"] != "unit_assumed"]
    assert warned | {"warnings": rest} == told


@pytest.mark.parametrize("query", STATUSES)
def test_the_primary_result_stands_in_every_answer(client, query):
    for detail in ("full", "summary"):
        context = whole(client, f"{query}&detail={detail}")["context"]
        assert context["whole_trial"]["hazard_ratio"]["value"] == 0.81
        assert context["whole_trial"]["note"] == "primary result, not significant"
    words = whole(client, f"{query}&detail=group")["presentation"]["clinician"]
    assert "The primary result of the whole trial was not significant." in words


def test_the_pooled_press_figure_stands_beside_all_but_high(client):
    pools = {
        query: "pooled_lower_group" in whole(client, query)["context"]
        for query in ("pnfh=600", "pnfh=1500", "pnfh=800&comparator=<", "pnfh=3701")
    }
    assert list(pools.values()) == [True, True, True, False]


def test_a_summary_leaves_out_the_arrays_and_the_comparator_alone(client):
    full, short = (whole(client, f"pnfh=1500&detail={detail}") for detail in ("full", "summary"))
    curves, kept = full.pop("survival_curves"), short.pop("survival_curves")
    assert short == full
    assert curves.keys() - kept.keys() == {"comparator"}
    for arm, short_arm in zip(curves["arms"], kept["arms"], strict=True):
        arrays = {"time", "survival", "lower", "upper", "shape_sensitivity"}
        assert arm.keys() - short_arm.keys() == arrays
        assert short_arm == {name: arm[name] for name in short_arm}
        assert all("shape_sensitivity" in row for row in short_arm["survival_at"])


@pytest.mark.parametrize("query", STATUSES)
def test_a_group_is_told_without_any_size(client, query):
    answer = whole(client, f"{query}&detail=group")
    possible = ["possible_strata"] if answer["status"] == "indeterminate" else []
    expected = ["status", "reason", *possible, "stratum", "direction", "applicability"]
    assert list(answer) == [*expected, "notices", "presentation", "evidence"]
    assert answer["presentation"]["table"] == []
    sentences = " ".join(answer["presentation"]["clinician"] + answer["presentation"]["lay"])
    assert "hazard ratio" not in sentences.lower()
    assert "%" not in sentences


def test_the_direction_is_that_of_the_published_interval(client):
    found = {
        query: whole(client, f"{query}&detail=group")["direction"]
        for query in ("pnfh=1500", "pnfh=5000", "pnfh=600")
    }
    assert list(found.values()) == ["benefit", "uncertain", None]
    assert whole(client, "pnfh=1500")["treatment_effect"]["direction"] == "benefit"


def test_the_level_is_given_back_digit_for_digit(client):
    text = client.get("/v1/estimate?pnfh=1.50000000000000000001&unit=ug/L").text
    assert '"given":{"value":1.50000000000000000001,"unit":"ug/L"}' in text
    assert '"used":{"value":1500.00000000000000001,"unit":"pg/mL","specimen":"csf"}' in text
