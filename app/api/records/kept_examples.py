"""What is kept, for the OpenAPI document: a real estimate, replayed; a patient and their past."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from app.answers.answer import Manner
from app.api.records.kept_estimates import show_replay
from app.api.records.patient_estimates import show_item
from app.api.records.reply import show_kept_estimate, write_json
from app.clinic.kept_estimate import KeptEstimate, digest_of
from app.clinic.kept_question import write_question
from app.schemas import measurements, patients
from app.schemas.kept_estimates import GROUNDS
from app.survival.estimate import Question
from app.survival.level import CANONICAL_UNIT, parse_level
from app.use_cases.records.replay_estimate import replay_estimate

if TYPE_CHECKING:
    from app.answers.answer import Answers
    from app.evidence.library import Library

ALL = "/v1/patients/{patient_id}/estimates"
ONE = "/v1/estimates/{estimate_id}"


def show_kept(openapi: dict[str, Any], library: Library, answers: Answers, evidence: str) -> None:
    """Put one kept estimate beside every operation that answers it."""
    kept = _an_estimate(library, answers, evidence)
    shown = show_kept_estimate(kept)
    replay = replay_estimate(kept, library=library, answers=answers)
    for method, path, status, example in (
        ("post", ALL, "201", shown),
        ("get", ONE, "200", shown),
        ("get", ALL, "200", {"items": [show_item(kept)], "next_cursor": None}),
        ("post", f"{ONE}/replay", "200", show_replay(kept, replay)),
    ):
        answer = openapi["paths"][path][method]["responses"][status]
        answer["content"]["application/json"]["example"] = orjson.loads(write_json(example))


def show_past(openapi: dict[str, Any]) -> None:
    """Put a patient as they were and are beside the operations that change and tell them."""
    one, by = "/v1/patients/{patient_id}", GROUNDS["created_by"]
    then = patients.KEPT_EXAMPLE
    now = then | {"vital_status": "alive", "updated_at": "2024-06-01T08:00:00Z"}
    versions = [
        _version(1, "created", then, by),
        _version(2, "updated", now, by),
    ]
    accesses = [
        {
            "sequence": number,
            "at": version["changed_at"],
            "principal": by,
            "action": action,
            "outcome": "success",
        }
        for number, version, action in (
            (1, versions[0], "create_patient"),
            (2, versions[1], "patch_patient"),
        )
    ]
    held = {
        "patient_id": then["id"],
        "versions": versions,
        "measurements": [measurements.KEPT_EXAMPLE | {"deleted_at": None}],
        "estimates": [],
        "accesses": accesses,
    }
    for method, path, example in (
        ("put", one, now),
        ("patch", one, now),
        ("get", f"{one}/history", {"items": versions, "next_cursor": None}),
        ("get", f"{one}/export", held),
    ):
        answer = openapi["paths"][path][method]["responses"]["200"]
        answer["content"]["application/json"]["example"] = example


def _version(number: int, change: str, patient: dict[str, Any], by: str) -> dict[str, Any]:
    at = patient["updated_at"]
    made = {"version": number, "change": change, "changed_at": at, "changed_by": by}
    return made | {"patient": patient}


def _an_estimate(library: Library, answers: Answers, evidence: str) -> KeptEstimate:
    question = Question(parse_level("1500", CANONICAL_UNIT))
    study = library.studies[evidence]
    body = answers.give(question, study, Manner(detail="summary")).body
    return KeptEstimate(
        **GROUNDS,
        created_at=datetime(2024, 3, 5, 9, 32, tzinfo=UTC),
        evidence_id=study.id,
        evidence_version=study.version,
        evidence_digest=study.digest,
        service_version=answers.version,
        question=write_question(question) | {"detail": "summary", "language": "en"},
        body=body,
        body_digest=digest_of(body),
    )
