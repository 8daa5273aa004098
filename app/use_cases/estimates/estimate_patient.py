"""Give an estimate for a stored patient: the latest level, the facts on record, nothing stored."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from app.errors import Conflict, Fault
from app.survival.applicability import Facts
from app.survival.estimate import Question, Wishes
from app.survival.level import parse_level
from app.use_cases.estimates.give_estimate import give_estimate
from app.use_cases.records.read_patient import latest_pnfh

if TYPE_CHECKING:
    from app.answers.answer import Answer, Answers, Manner
    from app.clinic.measurement import Measurement, MeasurementFacts
    from app.clinic.patient import Patient, PatientFacts
    from app.db.measurements import MeasurementRepository
    from app.evidence.library import Library


async def estimate_patient(
    patient: Patient,
    wishes: Wishes,
    assay_cv: float | None,
    evidence_id: str,
    manner: Manner,
    *,
    measurements: MeasurementRepository,
    library: Library,
    answers: Answers,
) -> Answer:
    """Answer from the patient's latest CSF pNFH. Raises Conflict while there is none."""
    measured = await latest_level(patient, measurements=measurements)
    question = question_on_record(patient, measured, wishes, assay_cv)
    return give_estimate(question, evidence_id, manner, library=library, answers=answers)


async def latest_level(patient: Patient, *, measurements: MeasurementRepository) -> Measurement:
    """Give the patient's latest CSF pNFH. Raises Conflict while there is none."""
    measured = await latest_pnfh(patient, measurements=measurements)
    if measured is None:
        detail = "The patient has no CSF pNFH measurement yet: record one first."
        raise Conflict(detail, [Fault("/measurements", "missing", detail)])
    return measured


def question_on_record(
    patient: Patient, measured: Measurement, wishes: Wishes, assay_cv: float | None
) -> Question:
    """Put the question that the record asks: this level, and the facts as they are now."""
    level = measured.facts
    return Question(
        parse_level(level.value, level.unit, level.comparator, level.specimen),
        assay_cv=assay_cv,
        facts=facts_on_record(patient.facts, level),
        wishes=wishes,
    )


def facts_on_record(facts: PatientFacts, level: MeasurementFacts) -> Facts:
    """What the record tells about the trial's entry criteria; what it does not stays unknown."""
    return Facts(
        age=_number(facts.age_at_baseline),
        birth_year=facts.birth_year,
        el_escorial=facts.el_escorial,
        onset_date=facts.onset_date,
        svc_percent=_number(facts.svc_percent),
        riluzole_start=facts.riluzole_start,
        baseline_date=facts.baseline_date,
        collected_date=level.collected_date,
    )


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
