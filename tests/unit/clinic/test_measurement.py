"""When a sample was collected, and which biomarkers are known."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from app.clinic.measurement import MeasurementFacts, biomarker_faults

TOKYO = timezone(timedelta(hours=9))


@pytest.mark.parametrize(
    ("collected_at", "day"),
    [
        (None, None),
        (date(2026, 3, 1), date(2026, 3, 1)),
        (datetime(2026, 3, 1, 8, tzinfo=UTC), date(2026, 3, 1)),
        (datetime(2026, 3, 1, 8, tzinfo=TOKYO), date(2026, 2, 28)),
    ],
)
def test_the_day_of_collection_is_the_day_in_utc(collected_at, day):
    facts = MeasurementFacts(
        biomarker="pnfh",
        value=Decimal(1),
        unit="pg/mL",
        specimen="csf",
        collected_at=collected_at,
    )
    assert facts.collected_date == day


@pytest.mark.parametrize("biomarker", ["nfl", "PNFH", "pnfh ", ""])
def test_every_biomarker_but_pnfh_is_refused(biomarker):
    assert [fault.code for fault in biomarker_faults(biomarker)] == ["biomarker_not_supported"]


def test_pnfh_is_known():
    assert biomarker_faults("pnfh") == []
