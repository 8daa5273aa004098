"""First answers: what a request with an idempotency key was told, for whoever sends it again.

A row belongs to one clinic, one principal and one route. It is written in the transaction of the
request itself, so it is there exactly if what the request did is there.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    RowMapping,
    String,
    Table,
    Text,
    Uuid,
    and_,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.first_answer import ERASED, FirstAnswer, Sending
from app.db.metadata import metadata
from app.db.types import Instant

first_answer: Final = Table(
    "first_answer",
    metadata,
    Column("clinic_id", Uuid(as_uuid=False), ForeignKey("clinic.id"), primary_key=True),
    Column("principal", String(240), primary_key=True),
    Column("route", String(200), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("patient_id", Uuid(as_uuid=False)),
    Column("status", Integer, nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index(None, "created_at"),
)

_EMPTIED: Final = {
    "fingerprint": ERASED, "patient_id": None, "status": 0, "headers": "{}", "body": b"",
}  # fmt: skip


class FirstAnswerRepository:
    """The first answers of one clinic. Who writes one holds the head of its audit chain."""

    def __init__(self, connection: AsyncConnection, clinic_id: str) -> None:
        self._connection = connection
        self._clinic_id = clinic_id

    async def find(self, sending: Sending) -> FirstAnswer | None:
        """Give the answer that this key was given, if it was used before."""
        query = select(first_answer).where(self._is(sending))
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else _answer(row)

    async def keep(self, sending: Sending, answer: FirstAnswer) -> None:
        """Keep the first answer to a key."""
        row = {
            "clinic_id": self._clinic_id,
            "principal": sending.principal,
            "route": sending.route,
            "key": sending.key,
            "fingerprint": answer.fingerprint,
            "created_at": answer.created_at,
            "patient_id": answer.patient_id,
            "status": answer.status,
            "headers": json.dumps(dict(answer.headers)),
            "body": answer.body,
        }
        await self._connection.execute(insert(first_answer), row)

    async def forget(self, sending: Sending) -> None:
        """Remove an answer whose time is over."""
        await self._connection.execute(delete(first_answer).where(self._is(sending)))

    async def forget_before(self, oldest: datetime) -> int:
        """Remove the answers that were given before; say how many."""
        ours = first_answer.c.clinic_id == self._clinic_id
        statement = delete(first_answer).where(ours, first_answer.c.created_at < oldest)
        return (await self._connection.execute(statement)).rowcount

    async def erase(self, patient_id: str) -> None:
        """Remove the answers that told of a patient. Of the one that made them, the key stays.

        It is known by its `location`, which ends with the patient; the key is spent, so that a
        request that arrives again brings nobody back.
        """
        told = and_(
            first_answer.c.clinic_id == self._clinic_id, first_answer.c.patient_id == patient_id
        )
        made = first_answer.c.headers.contains(f'/{patient_id}"')
        await self._connection.execute(update(first_answer).where(told, made).values(**_EMPTIED))
        await self._connection.execute(delete(first_answer).where(told))

    def _is(self, sending: Sending) -> ColumnElement[bool]:
        return and_(
            first_answer.c.clinic_id == self._clinic_id,
            first_answer.c.principal == sending.principal,
            first_answer.c.route == sending.route,
            first_answer.c.key == sending.key,
        )


def _answer(row: RowMapping) -> FirstAnswer:
    return FirstAnswer(
        fingerprint=row["fingerprint"],
        created_at=row["created_at"],
        patient_id=row["patient_id"],
        status=row["status"],
        headers=json.loads(row["headers"]),
        body=row["body"],
    )
