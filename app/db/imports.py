"""Imports that were carried out: every statement is about one clinic."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    RowMapping,
    String,
    Table,
    Text,
    Uuid,
    insert,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.import_run import ImportRun, Mode, OnDuplicate
from app.db.metadata import metadata
from app.db.types import Instant
from app.errors import Fault

import_run = Table(
    "import_run",
    metadata,
    Column("clinic_id", Uuid(as_uuid=False), ForeignKey("clinic.id"), primary_key=True),
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(240), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("on_duplicate", String(16), nullable=False),
    Column("rows_total", BigInteger, nullable=False),
    Column("rows_accepted", BigInteger, nullable=False),
    Column("rows_rejected", BigInteger, nullable=False),
    Column("patients_added", BigInteger, nullable=False),
    Column("patients_changed", BigInteger, nullable=False),
    Column("measurements_added", BigInteger, nullable=False),
    Column("errors", Text, nullable=False),
)

_KEPT = [field.name for field in fields(ImportRun)]


class ImportRepository:
    """The imports of one clinic."""

    def __init__(self, connection: AsyncConnection, clinic_id: str) -> None:
        self._connection = connection
        self._clinic_id = clinic_id

    async def add(self, run: ImportRun) -> None:
        """Keep how an import went."""
        errors = orjson.dumps([asdict(fault) for fault in run.errors]).decode()
        row = {name: getattr(run, name) for name in _KEPT} | {"errors": errors}
        await self._connection.execute(insert(import_run), row | {"clinic_id": self._clinic_id})

    async def find(self, import_id: str) -> ImportRun | None:
        """Give the clinic's import of this id, if there is one."""
        ours = import_run.c.clinic_id == self._clinic_id
        query = select(import_run).where(ours, import_run.c.id == import_id)
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else _run(row)


def _run(row: RowMapping) -> ImportRun:
    kept: dict[str, Any] = {name: row[name] for name in _KEPT}
    kept["mode"], kept["on_duplicate"] = Mode(row["mode"]), OnDuplicate(row["on_duplicate"])
    kept["errors"] = tuple(Fault(**fault) for fault in orjson.loads(row["errors"]))
    return ImportRun(**kept)
