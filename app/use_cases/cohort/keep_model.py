"""Keep a model that was fitted, or is being fitted, and read it again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from app.clinic.cohort_model import LEASE, CohortModel
from app.db.cohort_models import CohortModelRepository
from app.errors import NotFound
from app.use_cases.cohort.fits import Finished

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def keep_model(
    question: Mapping[str, Any],
    finished: Finished | None,
    *,
    moment: datetime,
    by: str,
    models: CohortModelRepository,
) -> CohortModel:
    """Keep the fit with its question; without an end it counts as running."""
    model = CohortModel(
        id=str(uuid4()),
        created_at=moment,
        created_by=by,
        cohort_version=finished.cohort_version if finished else "",
        question=question,
        status="done" if finished else "running",
        document=finished.document if finished else None,
        alive_until=None if finished else datetime.now(UTC) + LEASE,
    )
    await models.add(model)
    return model


async def read_model(model_id: str, *, models: CohortModelRepository) -> CohortModel:
    """Give the clinic's fit of this id, as it stands. Raises NotFound."""
    model = await models.find(model_id) if _UUID.fullmatch(model_id) else None
    if model is None:
        raise NotFound("There is no such model.")
    return model.seen_at(datetime.now(UTC))
