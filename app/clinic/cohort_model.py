"""A model that was fitted to a clinic's own cohort, and what it was fitted to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

Status = Literal["running", "done", "failed"]

LEASE: Final = timedelta(seconds=30)
"""How long a fit counts as running after its process last said so."""

INTERRUPTED: Final[Mapping[str, Any]] = {
    "situation": "Unavailable",
    "detail": "The service stopped while it fitted this model. Please ask for it again.",
    "errors": [],
}
"""How a fit ended whose process is gone: a situation by its name, and what is told of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortModel:
    """A fit. `document` is its answer once it is done, or the problem if it failed.

    `cohort_version` names the state of the cohort that it was fitted to; `alive_until` is when a
    running one is given up unless its process says that it still works.
    """

    id: str
    created_at: datetime
    created_by: str
    cohort_version: str
    question: Mapping[str, Any] = field(repr=False)
    status: Status
    document: Mapping[str, Any] | None = field(default=None, repr=False)
    alive_until: datetime | None = None

    def seen_at(self, now: datetime) -> CohortModel:
        """The fit as it stands: one whose process fell silent has failed."""
        if self.status != "running" or (self.alive_until is not None and now < self.alive_until):
            return self
        return replace(self, status="failed", document=INTERRUPTED, alive_until=None)
