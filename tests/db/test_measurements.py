"""Measurements in the database, and which of them is the latest."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.db.measurements import MeasurementRepository
from app.db.patients import PatientRepository
from app.db.transaction import clinic_transaction
from tests.db.rows import NOON, a_clinic, a_measurement, a_patient

MORNING = datetime(2026, 2, 1, 8, tzinfo=UTC)
LATER = NOON + timedelta(seconds=1)


@pytest.fixture
async def kept():
    return a_patient()


@pytest.fixture
async def levels(engine, kept):
    clinic_id = await a_clinic(engine)
    async with clinic_transaction(engine, clinic_id, writes=True) as connection:
        await PatientRepository(connection, clinic_id).add(kept)
        yield MeasurementRepository(connection, clinic_id)


@pytest.mark.parametrize("collected_at", [None, date(2026, 2, 1), MORNING])
async def test_a_measurement_comes_back_as_it_was_written(levels, kept, collected_at):
    stated = {"unit": "ng/mL", "comparator": ">=", "assay": "lot 7"}
    new = a_measurement(kept, "3.7000001000", collected_at=collected_at, **stated)
    await levels.add(new)
    found = await levels.find(kept.id, new.id)
    assert repr(found) == repr(new)


async def test_a_measurement_is_found_under_its_own_patient_alone(levels, kept):
    new = a_measurement(kept)
    await levels.add(new)
    assert await levels.find(a_patient().id, new.id) is None


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ({"collected_at": None}, {"collected_at": date(1990, 1, 1)}),
        ({"collected_at": date(2026, 1, 31)}, {"collected_at": date(2026, 2, 1)}),
        ({"collected_at": date(2026, 2, 1)}, {"collected_at": MORNING}),
        ({"collected_at": MORNING}, {"collected_at": date(2026, 2, 2)}),
        ({"collected_at": MORNING}, {"collected_at": MORNING + timedelta(microseconds=1)}),
        ({"collected_at": None, "created_at": NOON}, {"collected_at": None, "created_at": LATER}),
        (
            {"collected_at": date(2026, 2, 1), "created_at": NOON},
            {"collected_at": date(2026, 2, 1), "created_at": LATER},
        ),
    ],
)
async def test_the_latest_is_the_one_collected_last(levels, kept, older, newer):
    old, new = a_measurement(kept, "1", **older), a_measurement(kept, "2", **newer)
    for one in (new, old):
        await levels.add(one)
    assert await levels.latest(kept.id, "pnfh", "csf") == new


async def test_the_latest_is_of_the_biomarker_and_specimen_asked_for(levels, kept):
    wanted = a_measurement(kept, collected_at=date(2026, 1, 1))
    await levels.add(wanted)
    for other in ({"biomarker": "nfl"}, {"specimen": "serum"}):
        await levels.add(a_measurement(kept, collected_at=date(2026, 2, 1), **other))
    assert await levels.latest(kept.id, "pnfh", "csf") == wanted


async def test_a_patient_without_measurements_has_no_latest_one(levels, kept):
    assert await levels.latest(kept.id, "pnfh", "csf") is None
