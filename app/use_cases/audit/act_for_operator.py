"""Do something to a clinic's records for the operator's terminal, and account for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.clinic.access import Role
from app.clinic.audit import Deed, Head
from app.db.audit import AuditRepository
from app.db.transaction import clinic_transaction, give_time
from app.use_cases.audit.account_for import account_for

OPERATOR: Final = "command"


@dataclass(slots=True)
class Turn:
    """The one transaction of a command in a clinic, which holds the head of its audit chain.

    Whoever moves the head puts the new one here.
    """

    connection: AsyncConnection
    clinic_id: str
    audit: AuditRepository
    key: bytes
    head: Head
    moment: datetime

    async def account(
        self,
        action: str,
        *,
        patient_id: str | None = None,
        count: int | None = None,
        changes: bool = True,
    ) -> None:
        """Append to the chain that the operator did this. Once a turn.

        `changes`: whether patients or levels may have changed by it.
        """
        deed = Deed(
            principal=OPERATOR,
            role=Role.ADMIN,
            action=action,
            request_id=uuid4().hex,
            status=200,
            patient_id=patient_id,
            count=count,
        )
        await account_for(deed, audit=self.audit, key=self.key, held=self.head, changes=changes)


@asynccontextmanager
async def take_turn(engine: AsyncEngine, clinic_id: str, key: bytes) -> AsyncIterator[Turn]:
    """Wait for the turn among the writers of the clinic. Raises Unavailable."""
    async with clinic_transaction(engine, clinic_id, writes=True) as connection:
        give_time(connection)
        audit = AuditRepository(connection, clinic_id)
        head = await audit.hold(key)
        moment = head.moment(datetime.now(UTC))
        yield Turn(connection, clinic_id, audit, key, head, moment)
