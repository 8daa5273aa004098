"""Keep evidence that was fitted from a clinic's own patients: a document that never changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from app.clinic.fitted_evidence import FittedEvidence
from app.errors import Conflict, Fault, InvalidInput
from app.evidence.file_format import TrialFile
from app.evidence.fitted_document import Fit, FittedDocument
from app.evidence.fitted_study import digest_of, write_document

if TYPE_CHECKING:
    from datetime import datetime

    from app.clinic.cohort_model import CohortModel
    from app.db.cohort_models import CohortModelRepository
    from app.db.fitted_evidence import FittedEvidenceRepository
    from app.evidence.library import Library
    from app.use_cases.cohort.fit_evidence import FittedEffects

STRATA_OF: Final = "mirocals-2025"
"""Whose cut points the strata have."""

VERSION: Final = "1"

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def find_model(model_id: str, now: datetime, *, models: CohortModelRepository) -> CohortModel:
    """Give the clinic's model that evidence can be made of.

    Raises InvalidInput if there is none of this id, Conflict while it is not done.
    """
    model = await models.find(model_id) if _UUID.fullmatch(model_id) else None
    if model is None:
        raise InvalidInput([Fault("/model_id", "unknown_model", "There is no such model.")])
    status = model.seen_at(now).status
    if status != "done":
        detail = f"Evidence can be made of a model that is done; this one is {status}."
        raise Conflict(detail, [Fault("/model_id", f"model_{status}", detail)])
    return model


async def keep_evidence(
    model: CohortModel,
    effects: FittedEffects,
    title: str | None,
    *,
    minimum: int,
    moment: datetime,
    by: str,
    library: Library,
    own: FittedEvidenceRepository,
) -> FittedEvidence:
    """Write the document and keep it, under an id of its own."""
    base = library.entry(STRATA_OF).file
    if not isinstance(base, TrialFile):
        raise TypeError(f"{STRATA_OF} is a trial")
    fit = Fit(
        evidence_id=f"fitted-{uuid4().hex[:8]}",
        title=title or f"Own cohort: {effects.treated} against {effects.control}, by CSF pNFH",
        model_id=model.id,
        cohort_version=model.cohort_version,
        fitted_date=moment.date().isoformat(),
        treatment=effects.treated,
        control=effects.control,
        endpoint=str(model.question.get("endpoint", "death")),
        adjustment=effects.adjustment,
        minimum=minimum,
        is_coarse=effects.is_coarse,
        is_synthetic=effects.is_synthetic,
    )
    content = write_document(FittedDocument(fit, effects.groups, base).document())
    kept = FittedEvidence(
        id=fit.evidence_id,
        version=VERSION,
        created_at=moment,
        created_by=by,
        model_id=model.id,
        cohort_version=model.cohort_version,
        digest=digest_of(content),
        content=content,
    )
    await own.add(kept)
    return kept
