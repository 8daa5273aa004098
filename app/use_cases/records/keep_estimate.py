"""Give an estimate for a stored patient and keep it: the question, the bytes, the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from app.clinic.kept_estimate import KeptEstimate, digest_of
from app.clinic.kept_question import write_question
from app.errors import Fault, InvalidInput, NotFound
from app.use_cases.estimates.estimate_patient import latest_level, question_on_record
from app.use_cases.estimates.give_estimate import find_study, judge_wishes
from app.use_cases.records.read_patient import read_measurement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from app.answers.answer import Answers, Manner
    from app.clinic.measurement import Measurement
    from app.clinic.patient import Patient
    from app.db.estimates import EstimateRepository
    from app.db.measurements import MeasurementRepository
    from app.evidence.library import Library
    from app.survival.estimate import Wishes
    from app.survival.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of the record, and what is wrong with it so far.

    Without a `measurement_id` it is about the patient's latest CSF pNFH.
    """

    measurement_id: str | None
    wishes: Wishes
    assay_cv: float | None
    evidence_id: str
    manner: Manner
    faults: Sequence[Fault] = ()


async def keep_estimate(
    patient: Patient,
    asked: Asked,
    *,
    moment: datetime,
    by: str,
    measurements: MeasurementRepository,
    estimates: EstimateRepository,
    library: Library,
    answers: Answers,
) -> KeptEstimate:
    """Answer from the record and keep the answer for ever.

    Raises InvalidInput with every fault, and Conflict while the patient has no level.
    """
    measured, study = await _found(patient, asked, measurements=measurements, library=library)
    question = question_on_record(patient, measured, asked.wishes, asked.assay_cv)
    body = answers.give(question, study, asked.manner).body
    kept = KeptEstimate(
        id=str(uuid4()),
        patient_id=patient.id,
        measurement_id=measured.id,
        patient_version=patient.version,
        created_at=moment,
        created_by=by,
        evidence_id=asked.evidence_id,
        evidence_version=study.version,
        evidence_digest=study.digest,
        service_version=answers.version,
        question=write_question(question) | _written(asked.manner),
        body=body,
        body_digest=digest_of(body),
    )
    await estimates.add(kept)
    return kept


async def _found(
    patient: Patient, asked: Asked, *, measurements: MeasurementRepository, library: Library
) -> tuple[Measurement, Study]:
    faults, study, measured = list(asked.faults), None, None
    try:
        study = find_study(asked.evidence_id, library)
        faults += judge_wishes(asked.wishes, study)
    except InvalidInput as error:
        faults += error.faults
    if asked.measurement_id is not None:
        try:
            measured = await read_measurement(
                patient, asked.measurement_id, measurements=measurements
            )
        except NotFound as error:
            faults.append(Fault("/measurement_id", "unknown_measurement", error.detail))
    if faults or study is None:
        raise InvalidInput(faults)
    return measured or await latest_level(patient, measurements=measurements), study


def _written(manner: Manner) -> dict[str, Any]:
    return {"detail": manner.detail, "language": manner.language}
