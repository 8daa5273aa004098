"""`erase`: remove a patient for good."""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from app.cli.clinics import list_clinics, open_database, the_clinic
from app.clinic.erasure import Erasure
from app.db.audit_key import find_audit_key
from app.db.erasures import overwrite_erased
from app.db.patients import PatientRepository
from app.db.transaction import clinic_transaction
from app.db.vacuum import clear_erased
from app.errors import NotFound
from app.settings import Settings, read_settings
from app.use_cases.audit.act_for_operator import OPERATOR, take_turn
from app.use_cases.records.erase_patient import erase_patient
from app.use_cases.records.read_patient import read_even_deleted

ACTION = "erase"
NOBODY = "No clinic that was asked has a patient of this id."


def erase(
    patient: Annotated[str, typer.Argument(help="the patient's id")],
    clinic: Annotated[str | None, typer.Option(help="name of the clinic; all if left out")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask again")] = False,
) -> None:
    """Erase a patient: every version, measurement, estimate and remembered answer.

    A tombstone and the account of accesses stay; they hold no value of the patient. It cannot be
    undone. Backups made before still hold the patient.
    """
    settings = read_settings()
    patient_id, name = asyncio.run(_whose(settings, patient, clinic))
    if (
        not yes
        and typer.prompt(f"{name} loses this patient for good. Type the id again") != patient
    ):
        print("Nothing was erased.")
        raise typer.Exit(1)
    done = asyncio.run(_erase(settings, patient_id, name))
    print(f"The patient is erased; a tombstone of {done.erased_at:%Y-%m-%d %H:%M} UTC stays.")


def _read_id(written: str) -> str:
    try:
        return str(UUID(written))
    except ValueError:
        raise NotFound(NOBODY) from None


async def _whose(settings: Settings, patient: str, clinic: str | None) -> tuple[str, str]:
    """Give the patient's id as it is kept, and the name of the clinic."""
    async with open_database(settings) as engine:
        patient_id = _read_id(patient)
        for clinic_id, name in await list_clinics(engine, clinic):
            if await _has(engine, clinic_id, patient_id):
                return patient_id, name
    raise NotFound(NOBODY)


async def _has(engine: AsyncEngine, clinic_id: str, patient_id: str) -> bool:
    async with clinic_transaction(engine, clinic_id, writes=False) as connection:
        found = await PatientRepository(connection, clinic_id).find_even_deleted(patient_id)
    return found is not None


async def _erase(settings: Settings, patient_id: str, clinic: str) -> Erasure:
    key = find_audit_key(settings)
    async with open_database(settings) as engine:
        clinic_id = await the_clinic(engine, clinic)
        async with take_turn(engine, clinic_id, key) as turn:
            patients = PatientRepository(turn.connection, clinic_id)
            done = await erase_patient(
                await read_even_deleted(patient_id, patients=patients),
                clinic_id=clinic_id,
                moment=turn.moment,
                by=OPERATOR,
                connection=turn.connection,
            )
            await turn.account(ACTION, patient_id=patient_id)
        await overwrite_erased(engine)
        await asyncio.to_thread(clear_erased, settings)
    return done
