"""The evidence can be read number by number, and its words say what the numbers cannot."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from app.evidence import library
from app.evidence.card import ATTRIBUTE_IDS, QUESTIONS
from app.schemas.card import CardResponse
from app.schemas.curves import ArmResponse, ShapeCurvesResponse
from app.schemas.evidence import (
    EvidenceDifferenceResponse,
    EvidenceListResponse,
    EvidenceResponse,
    PrognosisEvidenceResponse,
    TrialEvidenceResponse,
)
from tests.api.described import members_in, members_of, read, undescribed

SHELF = Path(library.__file__).parent / "library"
IDS = sorted(path.stem for path in SHELF.glob("*.yaml"))
TOPLINE_TO_PAPER = "/v1/evidence/mirocals-topline-2022/diff/mirocals-2025"
PATHS = [
    "/v1/evidence",
    *(f"/v1/evidence/{name}" for name in IDS),
    *(f"/v1/evidence/{name}/card" for name in IDS),
    TOPLINE_TO_PAPER,
    "/v1/evidence/mirocals-2025/diff/encals-2018",
]
MODELS = [EvidenceListResponse, EvidenceResponse, CardResponse, EvidenceDifferenceResponse]
WHOLE_CURVES = members_of(ShapeCurvesResponse) | {
    (ArmResponse, name) for name in ("time", "survival", "lower", "upper", "shape_sensitivity")
}
"""They are for /v1/survival-curves."""


def model_of(path):
    if path.endswith("/card"):
        return CardResponse
    if "/diff/" in path:
        return EvidenceDifferenceResponse
    return EvidenceResponse if path.count("/") == 3 else EvidenceListResponse


def get(client, path, **options):
    answer = client.get(path, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("path", PATHS)
def test_what_is_read_is_what_its_schema_says(client, path):
    read(model_of(path), client.get(path).content)


def test_every_member_of_the_schemas_is_in_some_answer(client):
    found = set()
    for path in PATHS:
        answer = model_of(path).model_validate_json(client.get(path).content)
        found |= set(members_in(getattr(answer, "root", answer)))
    made = client.get("/openapi.json").json()["paths"]["/v1/evidence"]["post"]["responses"]["201"]
    own = EvidenceResponse.model_validate(made["content"]["application/json"]["example"])
    found |= set(members_in(own.root))
    possible = members_of(*MODELS) - {(EvidenceResponse, "root")}
    assert possible - found == WHOLE_CURVES


def test_every_member_is_described():
    assert undescribed(*MODELS) == set()


@pytest.mark.parametrize("path", PATHS)
def test_whoever_has_it_is_not_sent_it_again(client, path):
    etag = client.get(path).headers["etag"]
    for sent in (etag, f'"other", W/{etag}', "*"):
        answer = client.get(path, headers={"if-none-match": sent})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
    assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200


def test_the_list_names_each_file_its_digest_and_what_replaces_it(client):
    items = get(client, "/v1/evidence")["items"]
    assert [item["id"] for item in items] == IDS
    for item in items:
        content = (SHELF / f"{item['id']}.yaml").read_bytes()
        assert item["digest"] == f"sha256:{sha256(content).hexdigest()}"
        for path in item["links"].values():
            assert client.get(path).status_code == 200
    replaced = {item["id"]: item["superseded_by"] for item in items if item["superseded_by"]}
    assert replaced == {"mirocals-topline-2022": "mirocals-2025"}


@pytest.mark.parametrize("name", IDS)
def test_every_source_and_estimand_that_a_number_names_is_explained(client, name):
    evidence = get(client, f"/v1/evidence/{name}")

    def check(part):
        if isinstance(part, list):
            for inner in part:
                check(inner)
        elif isinstance(part, dict):
            source = part.get("source")
            known = source["id"] if isinstance(source, dict) else source
            assert known is None or known in evidence["sources"]
            if isinstance(part.get("estimand"), str):
                assert part["estimand"] in evidence["estimands"]
            for inner in part.values():
                check(inner)

    check({key: part for key, part in evidence.items() if key != "sources"})


def test_effects_and_curves_are_those_of_the_estimates(client):
    evidence = get(client, "/v1/evidence/mirocals-2025")
    effects = {effect["group"]: effect for effect in evidence["effects"]}
    curves = {curve["group"]: curve for curve in evidence["curves"]}
    assert list(effects) == ["very_low", "low", "high", "whole_trial", "pooled_lower_group"]
    assert list(curves) == ["low", "high", "whole_trial"]
    assert effects["very_low"]["reason"] == "stratum_not_reported"
    for group, level in (("low", "1500"), ("high", "5000")):
        query = {"pnfh": level, "unit": "pg/mL", "detail": "summary"}
        estimate = get(client, "/v1/estimate", params=query)
        effect = estimate["treatment_effect"]
        shared = effects[group].keys() & effect.keys()
        assert {key: effects[group][key] for key in shared} == {key: effect[key] for key in shared}
        assert curves[group]["arms"] == estimate["survival_curves"]["arms"]
        assert curves[group]["differences_at"] == effect["differences_at"]
        whole = estimate["context"]["whole_trial"]
        assert effects["whole_trial"]["hazard_ratio"] == whole["hazard_ratio"]
        assert effects["whole_trial"]["rmst_difference"] == whole["rmst_difference"]


def test_the_continuous_effect_is_that_of_the_estimates(client):
    shown = get(client, "/v1/evidence/mirocals-2025")["continuous"]["values"]
    assert [value["pnfh"] for value in shown] == [750, 1500, 3000, 5000]
    for value in shown:
        query = {"pnfh": value["pnfh"], "unit": "pg/mL"}
        effect = get(client, "/v1/treatment-effect", params=query)["treatment_effect"]
        at = effect["continuous"]
        assert {key: at[key] for key in value if key != "pnfh"} == {
            key: value[key] for key in value if key != "pnfh"
        }


def test_evidence_without_survival_has_no_curves_of_its_strata(client):
    evidence = get(client, "/v1/evidence/mirocals-topline-2022")
    assert [curve["group"] for curve in evidence["curves"]] == ["whole_trial"]
    assert evidence["continuous"] is None
    reasons = {effect["group"]: effect["reason"] for effect in evidence["effects"]}
    assert reasons["high"] == "no_number_published"


def test_a_prognosis_shows_its_baseline_to_check_against(client):
    evidence = get(client, "/v1/evidence/encals-2018")
    found = {row["months"]: row["log_odds"] for row in evidence["baseline_values"]}
    assert found[12] == pytest.approx(0.635862, abs=5e-7)
    assert found[120] == pytest.approx(8.127988, abs=5e-7)


def test_the_two_kinds_are_told_apart(client):
    for name, kind in (
        ("mirocals-2025", TrialEvidenceResponse),
        ("encals-2018", PrognosisEvidenceResponse),
    ):
        content = client.get(f"/v1/evidence/{name}").content
        assert type(EvidenceResponse.model_validate_json(content).root) is kind


@pytest.mark.parametrize("name", IDS)
def test_a_card_answers_all_31_source_attributes(client, name):
    attributes = get(client, f"/v1/evidence/{name}/card")["source_attributes"]
    assert [attribute["number"] for attribute in attributes] == list(range(1, 32))
    assert [attribute["id"] for attribute in attributes] == list(ATTRIBUTE_IDS)
    assert (attributes[0]["reference"], attributes[-1]["reference"]) == ("(1)(i)", "(9)(ii)")
    assert all(attribute["value"] for attribute in attributes)


@pytest.mark.parametrize("name", [name for name in IDS if name.startswith("mirocals")])
def test_a_card_says_how_credible_the_subgroups_are(client, name):
    card = get(client, f"/v1/evidence/{name}/card")
    answers = card["subgroup_credibility"]["answers"]
    assert [answer["id"] for answer in answers] == list(QUESTIONS)
    assert [answer["instrument"] for answer in answers].count("iceman") == 5
    assert card["subgroup_credibility"]["overall"] in {"very_low", "low"}
    assert any("primary result" in limit for limit in card["limits"])


def test_a_prognosis_compares_no_subgroups_and_shows_its_validation(client):
    card = get(client, "/v1/evidence/encals-2018/card")
    assert card["subgroup_credibility"] is None
    assert card["validation"]["measures"]["concordance"]["value"] == 0.78


def test_no_evidence_differs_from_itself(client):
    for name in IDS:
        found = get(client, f"/v1/evidence/{name}/diff/{name}")
        assert found["changes"] == []
        assert [level["differs"] for level in found["levels"] if level["differs"]] == []


def test_every_change_stands_where_it_says(client):
    found = get(client, TOPLINE_TO_PAPER)
    sides = {side: get(client, f"/v1/evidence/{found[side]['id']}") for side in ("from", "to")}
    assert found["changes"]
    for change in found["changes"]:
        before, after = (follow(sides[side], change["path"]) for side in ("from", "to"))
        # What is only in the one after is found there.
        assert change["from"] == before or (change["from"] is None and change["to"] == after)


def test_a_comparison_names_what_is_new_gone_and_changed(client):
    changes = {(c["path"], c["from"] is None): c for c in get(client, TOPLINE_TO_PAPER)["changes"]}
    assert changes["/superseded_by", False]["to"] is None
    assert changes["/strata/0", False]["from"]["id"] == "lower"
    assert changes["/strata/0", True]["to"]["id"] == "very_low"
    assert changes["/strata/1/hazard_ratio", True]["to"]["value"] == 1.37
    assert not [path for path, _ in changes if path.startswith("/card")]


def test_a_comparison_says_what_becomes_of_a_level(client):
    found = get(client, TOPLINE_TO_PAPER, params={"pnfh": "500,1500,5000"})
    low, middle, high = found["levels"]
    assert (low["from"]["stratum"], low["to"]["stratum"]) == ("lower", "very_low")
    assert (low["from"]["status"], low["to"]["status"]) == ("estimate", "no_estimate")
    assert middle["from"]["hazard_ratio"]["value"] == 0.57
    assert middle["to"]["hazard_ratio"] == {
        "value": 0.52,
        "lower": 0.3,
        "upper": 0.89,
        "p_value": 0.016,
    }
    assert (middle["from"]["direction"], middle["to"]["direction"]) == ("uncertain", "benefit")
    assert middle["differs"] == ["stratum", "hazard_ratio", "direction"]
    assert (high["from"]["reason"], high["to"]["reason"]) == ("no_number_published", None)


def test_levels_are_compared_only_between_trials(client):
    assert get(client, "/v1/evidence/mirocals-2025/diff/encals-2018")["levels"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/v1/evidence/mirocals-2026",
        "/v1/evidence/mirocals-2026/card",
        "/v1/evidence/mirocals-2026/diff/mirocals-2025",
        "/v1/evidence/mirocals-2026/diff/mirocals-2025?pnfh=0",
        "/v1/evidence/mirocals-2025/diff/mirocals-2026",
        "/v1/evidence/..%2F..%2Fetc",
        "/v1/evidence/%00",
        "/v1/evidence/" + "x" * 2000,
    ],
)
def test_what_is_not_there_is_not_found(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("pnfh=0", "biomarker_out_of_range"),
        ("pnfh=1500,x", "not_a_number"),
        ("pnfh=", "not_a_number"),
        ("pnfh=" + ",".join(["1"] * 51), "too_many"),
        ("pnhf=1500", "unknown_field"),
    ],
)
def test_levels_that_cannot_be_compared_are_refused(client, query, code):
    answer = client.get(f"{TOPLINE_TO_PAPER}?{query}")
    assert answer.status_code == 422
    assert [fault["code"] for fault in answer.json()["errors"]] == [code]


def test_an_unknown_parameter_is_refused(client):
    assert client.get("/v1/evidence?limit=3").status_code == 422
    assert client.get("/v1/evidence/mirocals-2025?language=fr").status_code == 422


def test_evidence_is_json_alone(client):
    answer = client.get("/v1/evidence", headers={"accept": "text/html"})
    assert (answer.status_code, answer.json()["type"]) == (406, "/problems/not-acceptable")


def follow(document, pointer):
    """The part of a document that a JSON Pointer names; None if there is none."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        try:
            document = document[int(name)] if isinstance(document, list) else document[name]
        except (KeyError, IndexError):
            return None
    return document


def test_pointers_are_followed_as_rfc_6901_says():
    assert follow(json.loads('{"a/b": [{"m~n": 1}]}'), "/a~1b/0/m~0n") == 1
