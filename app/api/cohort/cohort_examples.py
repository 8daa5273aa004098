"""Answers about a cohort for the OpenAPI document: of the synthetic trial, computed here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

from app.answers.cohort.table import survival_csv
from app.api.cohort.cohort_route import JSON, write_numbers
from app.api.cohort.models import show_model
from app.api.cohort.survival import question_of as survival_of
from app.clinic.cohort_model import CohortModel
from app.cohort.cohort import ALIVE, DEAD, Cohort
from app.cohort.columns import CategoricalColumn, Column, NumericColumn
from app.cohort.disclosure import Disclosures
from app.cohort.follow_up import CENSORED
from app.cohort.simulate import simulate_trial
from app.schemas.audit import EVENT_EXAMPLE
from app.schemas.cohort_models import CohortModelRequest
from app.schemas.cohort_survival import CohortSurvivalRequest
from app.schemas.estimates import DEFAULT_EVIDENCE
from app.use_cases.cohort.cohorts import Gathered, Held
from app.use_cases.cohort.describe_survival import answer_survival
from app.use_cases.cohort.fit_model import answer_model
from app.use_cases.cohort.model_question import model_question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.cohort.simulate import SyntheticPatient
    from app.evidence.library import Library

DRAWING: Final = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 480" role="img"/>'
PICTURE: Final = "\u2026PNG\u2026"
MODEL_ID: Final = "0b1f4b0e-9a07-4c39-8c52-2c4f6d3f7a10"
ASKED: Final[dict[str, Any]] = {
    "terms": [
        {"variable": "arm", "reference": "placebo"},
        {"variable": "pnfh", "transform": "log"},
    ],
    "interactions": [["arm", "pnfh"]],
    "effect_at": [1000, 4000],
}


def show_cohort(openapi: dict[str, Any], library: Library) -> None:
    """Put an answer beside each operation, computed when the document is asked for."""
    gathered = _gather(library)
    curves = answer_survival(survival_of(CohortSurvivalRequest(group_by=["arm"])), gathered)
    shown = orjson.loads(write_numbers(curves))
    described = openapi["paths"]["/v1/cohort/survival"]["post"]["responses"]["200"]["content"]
    described[JSON]["example"] = _shortened(shown)
    described["text/csv"]["example"] = "\n".join(survival_csv(shown).splitlines()[:3]) + "\n"
    described["image/svg+xml"]["example"] = DRAWING
    described["image/png"]["example"] = PICTURE
    asked = model_question(CohortModelRequest.model_validate(ASKED))
    fitted = orjson.loads(write_numbers(answer_model(asked, gathered)))
    fit = openapi["paths"]["/v1/cohort/models"]["post"]["responses"]
    read = openapi["paths"]["/v1/cohort/models/{model_id}"]["get"]["responses"]["200"]["content"]
    done = _model(fitted, gathered.cohort.version)
    fit["200"]["content"][JSON]["example"] = read[JSON]["example"] = done
    fit["202"]["content"][JSON]["example"] = _model(None, "")


def _model(document: dict[str, Any] | None, version: str) -> Any:
    model = CohortModel(
        id=MODEL_ID,
        created_at=EVENT_EXAMPLE["at"],  # type: ignore[arg-type]
        created_by="",
        cohort_version=version,
        question=ASKED,
        status="done" if document else "running",
        document=document,
    )
    return orjson.loads(write_numbers(show_model(model)))


def _shortened(answer: dict[str, Any]) -> dict[str, Any]:
    """The same answer with the first, a middle and the last row of each curve."""
    for group in answer["groups"]:
        curve = group["curve"]
        rows = (0, len(curve["time"]) // 2, -1)
        for name, values in curve.items():
            if isinstance(values, list):
                curve[name] = [values[row] for row in rows]
    return answer


def _gather(library: Library) -> Gathered:
    """The synthetic trial as if it had been read from the database."""
    patients = simulate_trial(library.studies[DEFAULT_EVIDENCE])
    cohort = Cohort(
        version=str(EVENT_EXAMPLE["digest"]),
        keys=np.arange(len(patients), dtype=np.uint64),
        days=np.array([float(one.follow_up_days) for one in patients]),
        entry=np.zeros(len(patients)),
        vital=np.array(
            [DEAD if one.vital_status == "dead" else ALIVE for one in patients], np.int8
        ),
        ended_by=np.full(len(patients), CENSORED, np.int8),
        is_synthetic=np.ones(len(patients), dtype=bool),
        columns=_columns(patients),
    )
    everybody = np.ones(len(patients), dtype=bool)
    return Gathered(Held(cohort, Disclosures(10)), cohort, everybody)


def _columns(patients: Sequence[SyntheticPatient]) -> dict[str, Column]:
    arms = tuple(sorted({one.arm for one in patients}))
    codes = np.array([arms.index(one.arm) for one in patients], np.int32)
    levels = np.array([float(one.pnfh) for one in patients])
    return {"arm": CategoricalColumn(codes, arms), "pnfh": NumericColumn(levels)}
