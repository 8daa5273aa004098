"""A patient as the clinic tells of them, and as the service keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

Change = Literal["created", "imported", "updated", "deleted"]
"""What was done to a patient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientFacts:
    """What a clinic states about a patient. Only the pseudonym is certain to be there.

    Years and percent are as the names say; `entry_days` and `follow_up_days` count from
    `baseline_date`. Numbers are exact decimals: what was written is what is kept.
    """

    identifier: str
    sex: str | None = None
    birth_year: int | None = None
    age_at_baseline: Decimal | None = None
    onset_date: date | None = None
    onset_site: str | None = None
    diagnosis_date: date | None = None
    el_escorial: str | None = None
    riluzole_start: date | None = None
    alsfrs_r: int | None = None
    svc_percent: Decimal | None = None
    c9orf72: bool | None = None
    ftd: bool | None = None
    arm: str | None = None
    baseline_date: date | None = None
    entry_days: Decimal | None = None
    follow_up_date: date | None = None
    follow_up_days: Decimal | None = None
    vital_status: str | None = None
    event_type: str | None = None
    covariates: Mapping[str, Decimal | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A patient of one clinic, in one version. `version` counts the changes, from 1.

    `changed_by` is the principal who made this version (see Caller), `change` what they did.
    """

    id: str
    facts: PatientFacts
    version: int
    created_at: datetime
    updated_at: datetime
    changed_by: str
    change: Change
    deleted_at: datetime | None = None

    def changed(self, facts: PatientFacts, now: datetime, by: str) -> Patient:
        """The next version, with other facts."""
        return replace(self, facts=facts, **self._next(now, by), change="updated")

    def deleted(self, now: datetime, by: str) -> Patient:
        """The last version: nobody reads it as a patient any more, its past can be read."""
        return replace(self, **self._next(now, by), change="deleted", deleted_at=now)

    def _next(self, now: datetime, by: str) -> dict[str, Any]:
        return {"version": self.version + 1, "updated_at": now, "changed_by": by}
