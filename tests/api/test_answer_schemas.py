"""Every answer is just what its schema says, and the schema says no more than answers do."""

from datetime import date
from itertools import product
from typing import get_args

import orjson
import pytest

from app.answers.answer import Answers, Manner
from app.evidence.library import open_library
from app.schemas import answers as schemas
from app.schemas import numbers
from app.survival import applicability, caution, estimate, hazard, needed, provenance
from app.survival.applicability import Facts
from app.survival.estimate import Question, Wishes
from app.survival.level import parse_level
from tests.api.described import members_in, members_of, read, undescribed

MODELS = {
    "estimate": schemas.EstimateResponse,
    "stratum": schemas.StratumResponse,
    "treatment_effect": schemas.TreatmentEffectResponse,
    "survival_curves": schemas.SurvivalCurvesResponse,
}
MANNERS = [
    *(Manner("estimate", *how) for how in product(("full", "summary", "group"), ("en", "fr"))),
    *(Manner(part) for part in MODELS if part != "estimate"),
]
LEVELS = [
    ("500", "pg/mL", None),
    ("0.75", "ng/mL", None),
    ("1500", "ng/L", None),
    ("3.7000001", "ug/L", None),
    ("7000", "pg/mL", None),
    ("750", "pg/mL", "<"),
    ("800", "pg/mL", "<"),
    ("749.9", "pg/mL", "<="),
    ("10", "ng/mL", ">"),
    ("3700", "pg/mL", ">="),
]
WISHES = [
    Wishes(),
    Wishes(times=(0.0, 90.5, 640.0), alive_at=200.0),
    Wishes(times=(365.0, 730.0), extrapolate=True),
    Wishes(alive_at=0.0, extrapolate=True),
]
MET = Facts(
    age=61.0,
    el_escorial="probable",
    symptom_months=14.0,
    svc_percent=85.0,
    riluzole_weeks=14.0,
    csf_after_run_in=True,
    excluded_condition=False,
)
FACTS = [Facts(), MET, Facts(age=80.0, collected_date=date(2026, 3, 1))]
REST = [(False, None), (True, None), (False, 0.08)]


def annotation(model, name):
    return model.model_fields[name].annotation


@pytest.fixture(scope="module")
def documents():
    """Every answer of a grid, with its manner."""
    library, answers = open_library(), Answers("0")
    grid = product(library.studies.values(), LEVELS, WISHES, MANNERS)
    found = []
    for place, (study, level, wishes, manner) in enumerate(grid):
        assumed, spread = REST[place % len(REST)]
        # Out of step with the grid, so that facts meet every manner.
        facts = FACTS[place // 7 % len(FACTS)]
        question = Question(parse_level(*level), assumed, spread, facts, wishes)
        found.append((manner, answers.give(question, study, manner).body))
    return found


def test_every_answer_is_what_its_schema_says(documents):
    for manner, body in documents:
        answer = read(MODELS[manner.part], body)
        if manner.part == "estimate":
            expected = schemas.GroupResponse if manner.detail == "group" else schemas.FullResponse
            assert type(answer.root) is expected


def test_every_member_of_the_schemas_is_in_some_answer(documents):
    found = set()
    for manner, body in documents:
        answer = MODELS[manner.part].model_validate_json(body)
        found |= set(members_in(getattr(answer, "root", answer)))
    possible = members_of(*MODELS.values()) - {(schemas.EstimateResponse, "root")}
    assert possible - found == set()


def test_every_member_is_described():
    assert undescribed(*MODELS.values(), schemas.BatchResponse) == set()


CODES = {
    "kind": (numbers.Kind, provenance.Kind),
    "certainty": (numbers.Certainty, provenance.Certainty),
    "direction": (numbers.Direction, hazard.Direction),
    "gain": (numbers.Gain, needed.Gain),
    "status": (annotation(schemas.FullResponse, "status"), estimate.Status),
    "grade": (annotation(schemas.ApplicabilityResponse, "grade"), applicability.Grade),
    "criterion": (
        annotation(schemas.CriterionResponse, "status"),
        applicability.CriterionStatus,
    ),
    "severity": (annotation(schemas.WarningResponse, "severity"), caution.Severity),
}


@pytest.mark.parametrize("name", CODES)
def test_the_codes_of_the_schemas_are_those_of_the_science(name):
    told, computed = CODES[name]
    assert set(get_args(told)) == set(get_args(computed))


def test_a_batch_is_what_its_schema_says(client):
    level = {"value": 1500, "unit": "pg/mL"}
    for detail in ("full", "summary", "group"):
        items = [{"ref": "a", "pnfh": level}, {"pnfh": level}, {"ref": "c", "pnfh": {"value": 0}}]
        answer = client.post("/v1/estimates/batch", json={"items": items, "detail": detail})
        batch = read(schemas.BatchResponse, answer.content)
        kind = schemas.GroupItemResponse if detail == "group" else schemas.FullItemResponse
        assert [type(item) for item in batch.items] == [kind, kind, schemas.FailedItemResponse]
        assert [item.ref for item in batch.items] == ["a", None, "c"]


def test_an_absent_member_is_not_a_null_one():
    with pytest.raises(ValueError, match="possible_strata"):
        schemas.StratumResponse.model_validate_json(
            orjson.dumps({"status": "estimate", "reason": None, "possible_strata": None})
        )
