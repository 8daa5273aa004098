"""What became of a clinic's cards: counts of those given, and the last word on each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    ForeignKey,
    Integer,
    String,
    Table,
    Uuid,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.card_feedback import OVERRIDDEN, CardFeedback, FeedbackSummary, ReasonGiven, Tallied
from app.db.metadata import metadata
from app.db.types import Instant

cds_feedback: Final = Table(
    "cds_feedback",
    metadata,
    Column("clinic_id", Uuid(as_uuid=False), ForeignKey("clinic.id"), primary_key=True),
    Column("card", Uuid(as_uuid=False), primary_key=True),
    Column("outcome", String(16), nullable=False),
    Column("outcome_at", Instant, nullable=False),
    Column("outcome_month", String(7), nullable=False),
    Column("reason_system", String(255)),
    Column("reason_code", String(64)),
    Column("has_comment", Boolean, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("received_from", String(240), nullable=False),
)

cds_card_count: Final = Table(
    "cds_card_count",
    metadata,
    Column("clinic_id", Uuid(as_uuid=False), ForeignKey("clinic.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("count", Integer, nullable=False),
)


class CdsFeedbackRepository:
    """What became of the cards of one clinic."""

    def __init__(self, connection: AsyncConnection, clinic_id: str) -> None:
        self._connection = connection
        self._clinic_id = clinic_id
        self._insert = (
            postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        )

    async def keep(self, feedback: CardFeedback) -> None:
        """Keep the last word on a card: an earlier one does not take the place of a later one."""
        month = {"outcome_month": f"{feedback.outcome_at.astimezone(UTC):%Y-%m}"}
        row = {"clinic_id": self._clinic_id} | asdict(feedback) | month
        new = self._insert(cds_feedback)
        changed = {name: new.excluded[name] for name in row.keys() - {"clinic_id", "card"}}
        await self._connection.execute(
            new.on_conflict_do_update(
                index_elements=["clinic_id", "card"],
                set_=changed,
                where=new.excluded.outcome_at >= cds_feedback.c.outcome_at,
            ),
            row,
        )

    async def count(self, counts: Mapping[tuple[date, str], int]) -> None:
        """Add to how many cards were given, by day and kind."""
        new = self._insert(cds_card_count)
        total = cds_card_count.c.count + new.excluded.count
        more = new.on_conflict_do_update(
            index_elements=["clinic_id", "day", "kind"], set_={"count": total}
        )
        rows = [
            {"clinic_id": self._clinic_id, "day": day, "kind": kind, "count": count}
            for (day, kind), count in counts.items()
        ]
        if rows:
            await self._connection.execute(more, rows)

    async def summarise(self, since: date | None, until: date | None) -> FeedbackSummary:
        """Sum up the cards given, and the last words said, from one day to another, included."""
        table = cds_feedback.c
        ours = [table.clinic_id == self._clinic_id, *_within(table.outcome_at, since, until)]
        outcomes = (
            select(table.outcome_month, table.outcome, func.count())
            .where(*ours)
            .group_by(table.outcome_month, table.outcome)
            .order_by(table.outcome_month, table.outcome)
        )
        reasons = (
            select(table.reason_system, table.reason_code, func.count().label("n"))
            .where(*ours, table.outcome == OVERRIDDEN)
            .group_by(table.reason_system, table.reason_code)
        )
        commented = select(func.count()).where(*ours, table.has_comment)
        return FeedbackSummary(
            await self._given(since, until),
            [Tallied(*row) for row in (await self._connection.execute(outcomes)).all()],
            _most_first(
                ReasonGiven(*row) for row in (await self._connection.execute(reasons)).all()
            ),
            int(await self._connection.scalar(commented) or 0),
        )

    async def _given(self, since: date | None, until: date | None) -> list[Tallied]:
        table = cds_card_count.c
        days = [table.day >= since] if since else []
        days += [table.day <= until] if until else []
        query = (
            select(table.day, table.kind, table.count)
            .where(table.clinic_id == self._clinic_id, *days)
            .order_by(table.day, table.kind)
        )
        by_month: dict[tuple[str, str], int] = {}
        for day, kind, count in (await self._connection.execute(query)).all():
            month = f"{day:%Y-%m}"
            by_month[month, kind] = by_month.get((month, kind), 0) + count
        return [Tallied(month, kind, count) for (month, kind), count in by_month.items()]


def _within(at: Column[Any], since: date | None, until: date | None) -> list[ColumnElement[bool]]:
    found = [at >= datetime.combine(since, time.min, UTC)] if since else []
    if until and until < date.max:
        found.append(at < datetime.combine(until + timedelta(days=1), time.min, UTC))
    return found


def _most_first(reasons: Iterable[ReasonGiven]) -> list[ReasonGiven]:
    return sorted(reasons, key=lambda one: (-one.count, one.system or "", one.code or ""))
