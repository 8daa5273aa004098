"""The audit chain of one clinic: its events, and its head, which one writer at a time holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Uuid,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.audit import Deed, Event, Head
from app.db.insert import insert_unless_there
from app.db.metadata import metadata
from app.db.types import Instant
from app.errors import Unavailable

audit_chain = Table(
    "audit_chain",
    metadata,
    Column("clinic_id", Uuid(as_uuid=False), ForeignKey("clinic.id"), primary_key=True),
    Column("first_sequence", BigInteger, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),
    Column("base_digest", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("seal", String(64), nullable=False),
    Column("changed_digest", String(64)),
)
"""`changed_digest`: of the last event that may have changed a patient or a level; none, if no
event did since the column is there. It names the state of the clinic's cohort."""

audit_event = Table(
    "audit_event",
    metadata,
    Column("clinic_id", Uuid(as_uuid=False), ForeignKey("clinic.id"), primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("principal", String(240), nullable=False),
    Column("role", String(16), nullable=False),
    Column("action", String(64), nullable=False),
    Column("patient_id", Uuid(as_uuid=False)),
    Column("record_id", Uuid(as_uuid=False)),
    Column("request_id", String(128), nullable=False),
    Column("status", Integer, nullable=False),
    Column("count", Integer),
    Column("digest", String(64), nullable=False),
    Index(None, "clinic_id", "patient_id"),
)

_DEED = [field.name for field in fields(Deed)]
_HEAD = [field.name for field in fields(Head) if field.name != "clinic_id"]

# Made once: these run for every request about a record.
_OF_CLINIC = audit_chain.c.clinic_id == bindparam("of_clinic")
HEAD_COLUMNS: Final = [audit_chain.c[field.name] for field in fields(Head)]
_HOLD = select(*HEAD_COLUMNS).where(_OF_CLINIC).with_for_update()
_MOVE = update(audit_chain).where(_OF_CLINIC).values({name: bindparam(name) for name in _HEAD})
_MOVE_CHANGED = _MOVE.values(changed_digest=bindparam("digest"))
_ADD = insert(audit_event).values(
    {column.name: bindparam(f"event_{column.name}") for column in audit_event.c}
)
_ADD_AND_MOVE = _MOVE.add_cte(_ADD.cte("added"))
_ADD_AND_MOVE_CHANGED = _MOVE_CHANGED.add_cte(_ADD.cte("added"))
"""Both in one statement, which SQLite does not know."""


NO_ACCOUNT: Final = "The access cannot be accounted for, so it is not given. Please try again."
NOT_SEALED: Final = (
    "The account of accesses cannot be continued: the key that seals it is another one, or it was "
    "changed. The operator's `audit verify` says more."
)


class AuditRepository:
    """The chain of one clinic."""

    def __init__(self, connection: AsyncConnection, clinic_id: str) -> None:
        self._connection = connection
        self._clinic_id = clinic_id

    async def hold(self, key: bytes) -> Head:
        """Give the chain's head; until the transaction ends, nobody else of the clinic gets it.

        Raises Unavailable if this key did not seal it: to go on would hide what was changed.
        """
        with _no_answer_without_account():
            held = await self._head_or_new(key)
        if held is None or not held.is_sealed(key):
            raise Unavailable(NOT_SEALED)
        return held

    async def append(self, head: Head, event: Event, *, changes: bool = False) -> None:
        """Keep an event, and the head that now ends with it. Raises Unavailable.

        `changes`: whether patients or levels may have changed by what the event tells of.
        """
        moved = _moved(head)
        added = {f"event_{name}": getattr(event.deed, name) for name in _DEED} | {
            "event_clinic_id": event.clinic_id,
            "event_sequence": event.sequence,
            "event_at": event.at,
            "event_digest": event.digest,
        }
        with _no_answer_without_account():
            if self._connection.dialect.name == "postgresql":
                both = _ADD_AND_MOVE_CHANGED if changes else _ADD_AND_MOVE
                await self._connection.execute(both, moved | added)
            else:
                await self._connection.execute(_ADD, added)
                await self._connection.execute(_MOVE_CHANGED if changes else _MOVE, moved)

    async def let_go(self, head: Head) -> int:
        """Remove the events before the first one that the head still keeps; say how many."""
        await self._connection.execute(_MOVE, _moved(head))
        ours = audit_event.c.clinic_id == self._clinic_id
        statement = delete(audit_event).where(ours, audit_event.c.sequence < head.first_sequence)
        return (await self._connection.execute(statement)).rowcount

    async def put(self, head: Head) -> None:
        """Put this head in the place of the one there is, or of none."""
        await insert_unless_there(
            self._connection, audit_chain, asdict(head), unique=("clinic_id",)
        )
        await self._connection.execute(_MOVE, _moved(head))

    async def about(self, patient_id: str) -> list[Event]:
        """Give all events about a patient, in order."""
        query = (
            select(audit_event)
            .where(audit_event.c.clinic_id == self._clinic_id)
            .where(audit_event.c.patient_id == patient_id)
            .order_by(audit_event.c.sequence)
        )
        return [event_of(row) for row in (await self._connection.execute(query)).mappings()]

    async def _head_or_new(self, key: bytes) -> Head | None:
        held = await self._head()
        if held is None:
            new = Head(clinic_id=self._clinic_id).sealed(key)
            await insert_unless_there(
                self._connection, audit_chain, asdict(new), unique=("clinic_id",)
            )
            held = await self._head()
        return held

    async def _head(self) -> Head | None:
        found = await self._connection.execute(_HOLD, {"of_clinic": self._clinic_id})
        row = found.mappings().first()
        return None if row is None else Head(**row)


@contextmanager
def _no_answer_without_account() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise Unavailable(NO_ACCOUNT) from error


def _moved(head: Head) -> dict[str, Any]:
    return {name: getattr(head, name) for name in _HEAD} | {"of_clinic": head.clinic_id}


def event_of(row: RowMapping) -> Event:
    """Read an event from its row."""
    deed: dict[str, Any] = {name: row[name] for name in _DEED}
    return Event(
        clinic_id=row["clinic_id"],
        sequence=row["sequence"],
        at=row["at"],
        deed=Deed(**deed),
        digest=row["digest"],
    )
