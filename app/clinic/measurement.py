"""A biomarker level that a laboratory measured in a patient."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from app.errors import Fault

PNFH: Final = "pnfh"
CSF: Final = "csf"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementFacts:
    """What the laboratory reports: the number exactly as it was written, and its unit."""

    biomarker: str
    value: Decimal
    unit: str
    specimen: str
    comparator: str | None = None
    assay: str | None = None
    collected_at: date | datetime | None = None

    @property
    def collected_date(self) -> date | None:
        """The day of collection: the UTC day, if an instant is known."""
        if isinstance(self.collected_at, datetime):
            return self.collected_at.astimezone(UTC).date()
        return self.collected_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A measurement of one patient, as the service keeps it. It never changes but by deletion."""

    id: str
    patient_id: str
    facts: MeasurementFacts
    created_at: datetime
    deleted_at: datetime | None = None


def biomarker_faults(biomarker: str) -> list[Fault]:
    """Find fault with any biomarker but pNFH: no other has an effect published for it."""
    if biomarker == PNFH:
        return []
    detail = "The evidence is about pNFH alone, written pnfh. NfL is another protein."
    return [Fault("/biomarker", "biomarker_not_supported", detail)]
