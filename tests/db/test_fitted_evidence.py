"""A clinic's own evidence: kept as it is, read by its clinic alone, changed by nobody."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.clinic.fitted_evidence import FittedEvidence, is_own_id
from app.db.fitted_evidence import FittedEvidenceRepository
from app.db.transaction import clinic_transaction
from tests.db.rows import NOON, a_clinic


def some_evidence(**changes):
    told = {
        "id": f"fitted-{uuid4().hex[:8]}", "version": "1", "created_at": NOON,
        "created_by": "key:somebody", "model_id": str(uuid4()), "cohort_version": "0" * 64,
        "digest": "sha256:0", "content": b'{"id": "fitted"}',
    }  # fmt: skip
    return FittedEvidence(**told | changes)


async def kept(engine, clinic_id, *evidence):
    async with clinic_transaction(engine, clinic_id, writes=True) as connection:
        own = FittedEvidenceRepository(connection, clinic_id)
        for one in evidence:
            await own.add(one)


async def read(engine, clinic_id, evidence_id=None):
    async with clinic_transaction(engine, clinic_id, writes=False) as connection:
        own = FittedEvidenceRepository(connection, clinic_id)
        return await own.every() if evidence_id is None else await own.find(evidence_id)


async def test_what_is_read_is_what_was_kept(engine):
    clinic_id, evidence = await a_clinic(engine), some_evidence()
    await kept(engine, clinic_id, evidence)
    assert await read(engine, clinic_id, evidence.id) == evidence


async def test_another_clinic_finds_nothing(engine):
    north, south = await a_clinic(engine, "North"), await a_clinic(engine, "South")
    evidence = some_evidence()
    await kept(engine, north, evidence)
    assert await read(engine, south, evidence.id) is None
    assert await read(engine, south) == []


async def test_two_clinics_may_have_evidence_of_one_id(engine):
    north, south = await a_clinic(engine, "North"), await a_clinic(engine, "South")
    one, other = (some_evidence(id="fitted-00000001", digest=d) for d in ("sha256:a", "sha256:b"))
    await kept(engine, north, one)
    await kept(engine, south, other)
    assert await read(engine, north, one.id) == one
    assert await read(engine, south, one.id) == other


async def test_all_of_a_clinic_is_in_order_of_creation(engine):
    clinic_id = await a_clinic(engine)
    later, sooner = some_evidence(created_at=NOON + timedelta(days=1)), some_evidence()
    await kept(engine, clinic_id, later, sooner)
    assert await read(engine, clinic_id) == [sooner, later]


async def test_an_id_is_given_once_in_a_clinic(engine):
    clinic_id, evidence = await a_clinic(engine), some_evidence()
    await kept(engine, clinic_id, evidence)
    with pytest.raises(DBAPIError):
        await kept(engine, clinic_id, evidence)


async def test_postgresql_lets_nobody_change_or_remove_it(engine):
    if engine.dialect.name != "postgresql":
        return
    clinic_id, evidence = await a_clinic(engine), some_evidence()
    await kept(engine, clinic_id, evidence)
    for statement in ("UPDATE fitted_evidence SET version = '2'", "DELETE FROM fitted_evidence"):
        async with clinic_transaction(engine, clinic_id, writes=True) as connection:
            assert (await connection.execute(text(statement))).rowcount == 0
    assert await read(engine, clinic_id, evidence.id) == evidence


async def test_postgresql_keeps_a_row_out_of_another_clinic(engine):
    if engine.dialect.name != "postgresql":
        return
    north, south = await a_clinic(engine, "North"), await a_clinic(engine, "South")
    async with clinic_transaction(engine, north, writes=True) as connection:
        with pytest.raises(DBAPIError, match="row-level security"):
            await FittedEvidenceRepository(connection, south).add(some_evidence())


@pytest.mark.parametrize(
    ("evidence_id", "is_own"),
    [
        ("fitted-0a1b2c3d", True),
        ("fitted-0A1B2C3D", False),
        ("fitted-0a1b2c3", False),
        ("fitted-0a1b2c3d4", False),
        ("mirocals-2025", False),
        ("fitted-0a1b2c3d\n", False),
    ],
)
def test_own_evidence_is_known_by_its_id(evidence_id, is_own):
    assert is_own_id(evidence_id) is is_own
