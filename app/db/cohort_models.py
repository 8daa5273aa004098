"""Fitted models: kept when they are asked for, finished once, read by their clinic alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    RowMapping,
    String,
    Table,
    Text,
    Uuid,
    and_,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.cohort_model import CohortModel, Status
from app.db.metadata import metadata
from app.db.types import Instant

cohort_model: Final = Table(
    "cohort_model",
    metadata,
    Column("clinic_id", Uuid(as_uuid=False), ForeignKey("clinic.id"), primary_key=True),
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(240), nullable=False),
    Column("cohort_version", String(64), nullable=False),
    Column("question", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("document", Text),
    Column("alive_until", Instant),
    CheckConstraint("status IN ('running', 'done', 'failed')", name="status"),
    Index(None, "clinic_id", "created_at", "id"),
)

_KEPT = [field.name for field in fields(CohortModel)]


class CohortModelRepository:
    """The fitted models of one clinic."""

    def __init__(self, connection: AsyncConnection, clinic_id: str) -> None:
        self._connection = connection
        self._clinic_id = clinic_id

    async def add(self, new: CohortModel) -> None:
        """Keep a fit, done or still running."""
        row = asdict(new) | {
            "clinic_id": self._clinic_id,
            "question": _written(new.question),
            "document": None if new.document is None else _written(new.document),
        }
        await self._connection.execute(insert(cohort_model), row)

    async def find(self, model_id: str) -> CohortModel | None:
        """Give the clinic's fit of this id, if there is one."""
        query = select(cohort_model).where(self._this(model_id))
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else _model(row)

    async def finish(
        self, model_id: str, status: Status, document: Mapping[str, Any], version: str
    ) -> None:
        """Say how a running fit ended. One that is not running any more stays as it is."""
        ended = {
            "status": status,
            "document": _written(document),
            "cohort_version": version,
            "alive_until": None,
        }
        await self._change(model_id, ended)

    async def is_alive(self, model_id: str, until: datetime) -> None:
        """Say that a running fit is still worked on."""
        await self._change(model_id, {"alive_until": until})

    async def _change(self, model_id: str, values: Mapping[str, Any]) -> None:
        this = and_(self._this(model_id), cohort_model.c.status == "running")
        await self._connection.execute(update(cohort_model).where(this).values(**values))

    def _this(self, model_id: str) -> Any:
        return and_(cohort_model.c.clinic_id == self._clinic_id, cohort_model.c.id == model_id)


def _written(document: Mapping[str, Any]) -> str:
    return orjson.dumps(document, default=str, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def _model(row: RowMapping) -> CohortModel:
    kept: dict[str, Any] = {name: row[name] for name in _KEPT}
    kept["question"] = json.loads(row["question"])
    kept["document"] = None if row["document"] is None else json.loads(row["document"])
    return CohortModel(**kept)
