"""The vectors say what science.md says, in both dialects, and the service gets every one right."""

import json
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from app.integrations.conformance.heard import hear_native
from app.integrations.conformance.score import judge
from app.integrations.conformance.vectors import read_vectors
from app.integrations.fhir import codes
from app.schemas.conformance import ConformanceResponse
from tests.api.described import undescribed
from tests.builders import LIBRARY

DOCUMENT = read_vectors().document
VECTORS = ConformanceResponse.model_validate(DOCUMENT).vectors
NATIVE = [one for one in VECTORS if one.native is not None]
ANSWERED = [one for one in VECTORS if one.expect.status_code == 200]
FILE = Path(codes.__file__).parents[1] / "conformance" / "vectors.yaml"
RELEASED = {"1": "sha256:f8363990a6185ed3d6b232628db2cd7988de9a02f1696098a58bdff0db070c16"}
"""Version -> digest. Vectors are never changed within a version: whoever scored holds on to it."""


def named(vector):
    return vector.id


def test_a_version_keeps_its_vectors_for_ever():
    assert RELEASED[DOCUMENT["version"]] == DOCUMENT["digest"]


def test_the_digest_can_be_computed_by_whoever_reads_the_vectors(client):
    served = client.get("/v1/conformance").json()
    written = json.dumps(
        served["vectors"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert served["digest"] == f"sha256:{sha256(written.encode()).hexdigest()}"
    assert served == DOCUMENT


def test_the_vectors_are_open_and_saved_a_transfer(client):
    answer = client.get("/v1/conformance")
    assert answer.status_code == 200
    again = client.get("/v1/conformance", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/v1/conformance?all=1").status_code == 422
    assert client.get("/v1/conformance", headers={"accept": "text/html"}).status_code == 406


def test_the_document_says_where_each_dialect_is_spoken(client):
    doors = client.get("/v1/conformance").json()["dialects"]
    case = DOCUMENT["vectors"][0]
    for dialect in ("native", "fhir"):
        door = doors[dialect]
        headers = {"content-type": door["media_type"], "accept": door["media_type"]}
        body = json.dumps(case[dialect])
        answer = client.request(door["method"], door["path"], content=body, headers=headers)
        assert answer.status_code == (401 if door["needs_key"] else 200)


def test_the_vectors_are_what_their_schema_says(client):
    ConformanceResponse.model_validate_json(client.get("/v1/conformance").content)
    assert undescribed(ConformanceResponse) == set()
    assert len({one.id for one in VECTORS}) == len(VECTORS) >= 58


@pytest.mark.parametrize("vector", NATIVE, ids=named)
def test_the_service_gets_the_vector_right(client, vector):
    answer = client.post("/v1/estimates", json=vector.native)
    verdict = judge(vector, hear_native(answer.status_code, answer.content), "native")
    assert verdict.differences == ()


# ---------------------------------------------------------------- held against the evidence file

STRATA = yaml.safe_load(
    (Path(codes.__file__).parents[2] / "evidence/library/mirocals-2025.yaml").read_text()
)["strata"]
PER_PG_ML = {
    "pg/mL": Fraction(1), "ng/L": Fraction(10**3, 10**3),
    "ng/mL": Fraction(10**3), "ug/L": Fraction(10**6, 10**3),
}  # fmt: skip
"""pg in a unit of mass, over mL in its unit of volume."""


def lower_of(stratum):
    return Fraction(stratum["range"].get("lower", "0"))


def lies_in(point, stratum):
    """Whether a true level lies in a stratum, by the limits as printed."""
    limits = stratum["range"]
    is_above = "lower" not in limits or (
        point > lower_of(stratum) or (point == lower_of(stratum) and limits["lower_inclusive"])
    )
    upper = Fraction(limits["upper"]) if "upper" in limits else None
    return is_above and (
        upper is None or point < upper or (point == upper and limits["upper_inclusive"])
    )


def true_levels(value, comparator):
    """Try levels that a stated one stands for: at, just beside and between all limits."""
    edges = sorted({Fraction(0), value, *map(lower_of, STRATA), value * 3, Fraction(10**6)})
    beside = [edge + step for edge in edges for step in (Fraction(-1, 10**20), Fraction(1, 10**20))]
    points = edges + beside + [(low + high) / 2 for low, high in pairwise(edges)]
    holds = {
        None: lambda p: p == value, "<": lambda p: p < value, "<=": lambda p: p <= value,
        ">": lambda p: p > value, ">=": lambda p: p >= value,
    }[comparator]  # fmt: skip
    return [point for point in points if point > 0 and holds(point)]


def level_of(vector):
    """Read the level of an answered vector, exactly as its digits say."""
    stated = json.loads(json.dumps(vector.native["pnfh"]), parse_float=Decimal, parse_int=Decimal)
    return stated, Fraction(stated["value"]) * PER_PG_ML[stated["unit"]]


@pytest.mark.parametrize("vector", ANSWERED, ids=named)
def test_the_expected_level_is_exact(vector):
    stated, exact = level_of(vector)
    expected = vector.expect.model_dump(exclude_unset=True)["used"]
    assert Fraction(repr(expected["value"])) == exact
    assert expected.get("comparator") == stated.get("comparator")


@pytest.mark.parametrize("vector", ANSWERED, ids=named)
def test_the_expected_strata_are_those_that_true_levels_lie_in(vector):
    stated, exact = level_of(vector)
    levels = true_levels(exact, stated.get("comparator"))
    found = [s["id"] for s in STRATA if any(lies_in(level, s) for level in levels)]
    told = vector.expect.model_dump(exclude_unset=True)
    assert found == told.get("possible_strata", [told.get("stratum")])
    assert (told["status"] == "indeterminate") == (len(found) > 1)


@pytest.mark.parametrize("vector", ANSWERED, ids=named)
def test_the_expected_hazard_ratio_is_the_published_one(vector):
    told = vector.expect.model_dump(exclude_unset=True)
    if told["status"] != "estimate":
        assert "hazard_ratio" not in told
        return
    [stratum] = [one for one in STRATA if one["id"] == told["stratum"]]
    published = stratum["hazard_ratio"]
    assert told["hazard_ratio"] == {name: published[name] for name in ("value", "lower", "upper")}


def test_the_oracle_knows_the_strata_of_the_library():
    assert [one["id"] for one in STRATA] == list(LIBRARY.studies["mirocals-2025"].ranges_by_id)


# ---------------------------------------------------------------- told in two dialects

CODINGS = {name: (one["system"], one["code"]) for name, one in
           yaml.safe_load(FILE.read_text(encoding="utf-8"))["codings"].items()}  # fmt: skip


def observations(vector):
    return [
        entry["resource"]
        for entry in vector.fhir["entry"]
        if entry["resource"]["resourceType"] == "Observation"
    ]


def test_the_codings_are_those_that_are_read():
    assert CODINGS["pnfh"] == codes.PNFH
    assert CODINGS["antibody"] in codes.ANTIBODIES
    assert CODINGS["csf"] in codes.CSF_SPECIMENS
    assert not {CODINGS["serum"], CODINGS["plasma"]} & codes.CSF_SPECIMENS


@pytest.mark.parametrize("vector", [v for v in NATIVE if "pnfh" in v.native], ids=named)
def test_both_dialects_tell_the_same_level(vector):
    level = vector.native["pnfh"]
    told = [
        {
            "value": one["valueQuantity"].get("value"),
            "unit": one["valueQuantity"].get("code"),
            "comparator": one["valueQuantity"].get("comparator"),
            "collected_at": one.get("effectiveDateTime"),
        }
        for one in observations(vector)
    ]
    assert {name: level.get(name) for name in told[0]} in told


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_every_observation_is_of_the_patient_who_was_sent(vector):
    patient, *others = vector.fhir["entry"]
    assert patient["resource"] == {"resourceType": "Patient"}
    assert {one["resource"]["subject"]["reference"] for one in others} == {patient["fullUrl"]}
    assert len({one["fullUrl"] for one in vector.fhir["entry"]}) == 1 + len(others)
