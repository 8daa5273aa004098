"""The yardstick for records: FastAPI and SQLAlchemy's ORM, as their own tutorials combine them.

It writes and reads the rows that the service does: a patient with a version, and an audit row for
each access, in one transaction. It has no keys, no roles, no rules for what is sent beyond its
model, no chain over its audit rows, no idempotency and no row policies.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import JSON, DateTime, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(
    os.environ.get("BENCH_DATABASE_URL", "postgresql+psycopg://").replace(
        "postgresql://", "postgresql+psycopg://"
    )
)
open_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    """All tables of the peer."""

    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012 (SQLAlchemy's form)


class PatientBody(BaseModel):
    """What is sent."""

    identifier: str
    sex: str | None = None
    birth_year: int | None = None
    age_at_baseline: float | None = None
    onset_date: date | None = None
    onset_site: str | None = None
    diagnosis_date: date | None = None
    el_escorial: str | None = None
    riluzole_start: date | None = None
    alsfrs_r: int | None = None
    svc_percent: float | None = None
    c9orf72: bool | None = None
    ftd: bool | None = None
    arm: str | None = None
    baseline_date: date | None = None
    entry_days: float | None = None
    follow_up_date: date | None = None
    follow_up_days: float | None = None
    vital_status: str | None = None
    event_type: str | None = None
    covariates: dict[str, float | str] = {}


class PatientAnswer(PatientBody):
    """What is answered."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    created_at: datetime
    updated_at: datetime


class Patient(Base):
    """A patient."""

    __tablename__ = "patient"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    identifier: Mapped[str] = mapped_column(unique=True)
    sex: Mapped[str | None]
    birth_year: Mapped[int | None]
    age_at_baseline: Mapped[float | None]
    onset_date: Mapped[date | None]
    onset_site: Mapped[str | None]
    diagnosis_date: Mapped[date | None]
    el_escorial: Mapped[str | None]
    riluzole_start: Mapped[date | None]
    alsfrs_r: Mapped[int | None]
    svc_percent: Mapped[float | None]
    c9orf72: Mapped[bool | None]
    ftd: Mapped[bool | None]
    arm: Mapped[str | None]
    baseline_date: Mapped[date | None]
    entry_days: Mapped[float | None]
    follow_up_date: Mapped[date | None]
    follow_up_days: Mapped[float | None]
    vital_status: Mapped[str | None]
    event_type: Mapped[str | None]
    covariates: Mapped[dict[str, float | str]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
    updated_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))


class AuditRow(Base):
    """Who did what, when."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
    principal: Mapped[str]
    action: Mapped[str]
    patient_id: Mapped[UUID]


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Make the tables."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan, telemetry={"tracing": False, "metrics": False, "logs": False})


async def session_of_request() -> AsyncIterator[AsyncSession]:
    """One request, one transaction."""
    async with open_session.begin() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(session_of_request, scope="function")]


@app.get("/hello")
async def hello() -> dict[str, str]:
    """Say that it is there."""
    return {"message": "hello"}


@app.post("/v1/patients", status_code=201)
async def create_patient(body: PatientBody, session: SessionDep) -> PatientAnswer:
    """Keep a patient."""
    patient = Patient(**body.model_dump())
    session.add(patient)
    await session.flush()
    session.add(AuditRow(principal="somebody", action="create", patient_id=patient.id))
    await session.flush()
    return PatientAnswer.model_validate(patient)


@app.get("/v1/patients/{patient_id}")
async def read_patient(patient_id: UUID, session: SessionDep) -> PatientAnswer:
    """Read a patient."""
    patient = await session.get(Patient, patient_id)
    if patient is None:
        raise HTTPException(404)
    session.add(AuditRow(principal="somebody", action="read", patient_id=patient.id))
    return PatientAnswer.model_validate(patient)


@app.post("/v1/imports", status_code=201)
async def import_patients(request: Request, session: SessionDep) -> dict[str, int]:
    """Read a CSV file the plain way: a dictionary, a model and an object for each row."""
    text = (await request.body()).decode()
    rows = csv.DictReader(io.StringIO(text))
    known = PatientBody.model_fields
    bodies = [
        PatientBody.model_validate(
            {name: cell for name, cell in row.items() if cell and name in known}
        )
        for row in rows
    ]
    session.add_all(Patient(**body.model_dump()) for body in bodies)
    session.add(AuditRow(principal="somebody", action="import", patient_id=uuid4()))
    return {"rows_accepted": len(bodies)}


@app.get("/v1/exports/patients")
async def export_patients(session: SessionDep) -> Response:
    """Write a CSV file the plain way."""
    out = io.StringIO()
    names = list(PatientBody.model_fields)
    writer = csv.writer(out)
    writer.writerow(names)
    for patient in await session.scalars(select(Patient).order_by(Patient.identifier)):
        writer.writerow([getattr(patient, name) for name in names])
    return Response(out.getvalue(), media_type="text/csv")
