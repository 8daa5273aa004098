"""Audit chains to test with."""

from datetime import UTC, datetime

from app.clinic.audit import Deed, Head
from app.db.audit import AuditRepository, audit_chain, audit_event
from app.db.transaction import clinic_transaction
from app.use_cases.audit.account_for import account_for
from app.use_cases.audit.verify_chain import verify_chain

KEY = b"k" * 32
PATIENT = "6f1c9c9e-6a2e-4d0f-9f0b-3d1f5a9f7c11"
RECORD = "4c2f5a38-93a5-4a2b-8a76-0b8f7f3d9f10"


def a_deed(**told):
    stated = {
        "principal": "key:1", "role": "editor", "action": "get_patient", "request_id": "r-1",
        "status": 200, "patient_id": PATIENT, "record_id": RECORD, "count": 3,
    }  # fmt: skip
    return Deed(**stated | told)


async def account(engine, clinic, *deeds, key=KEY):
    """Append deeds, in one transaction."""
    async with clinic_transaction(engine, clinic, writes=True) as connection:
        audit = AuditRepository(connection, clinic)
        return [await account_for(deed, audit=audit, key=key) for deed in deeds]


async def verify(engine, clinic, *, checkpoints=(), key=KEY):
    return await verify_chain(clinic, checkpoints=checkpoints, engine=engine, key=key)


async def faults(engine, clinic, **options):
    report = await verify(engine, clinic, **options)
    return [(fault.sequence, fault.code) for fault in report.faults]


def of(clinic, sequence=None):
    """The condition for the events of a clinic, or for one of them."""
    ours = audit_event.c.clinic_id == clinic
    return ours if sequence is None else ours & (audit_event.c.sequence == sequence)


def of_head(clinic):
    """The condition for the head of a clinic's chain."""
    return audit_chain.c.clinic_id == clinic


def restamped(events, key, clinic):
    """Give the rows of a chain with the same deeds, sealed by another key; and its head."""
    head, rows = Head(clinic_id=clinic), []
    for event in events:
        head, fresh = head.append(event.deed, event.at, key)
        rows.append({"sequence": fresh.sequence, "digest": fresh.digest})
    return head, rows


def now():
    return datetime.now(UTC)
