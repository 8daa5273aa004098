"""`demo`: a synthetic trial in a clinic of its own, to have something to see at once."""

from __future__ import annotations

import asyncio
import csv
import shlex
from dataclasses import asdict, fields
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app.cli.clinics import open_database, sealing_key
from app.clinic.filter import Filter
from app.clinic.import_run import Mode, OnDuplicate
from app.cohort.simulate import SEED, SyntheticPatient, simulate_trial
from app.db.clinics import ClinicRepository
from app.db.patients import PatientRepository
from app.db.transaction import transaction
from app.errors import Conflict
from app.evidence.library import open_library
from app.files.file_format import FileFormat
from app.settings import Settings, read_settings
from app.use_cases.access.create_key import checked_name
from app.use_cases.audit.act_for_operator import OPERATOR, Turn, take_turn
from app.use_cases.transfer.import_patients import import_patients
from app.use_cases.transfer.stage_file import FileStager, StagedFile

if TYPE_CHECKING:
    from collections.abc import Sequence

EVIDENCE: Final = "mirocals-2025"
CLINIC: Final = "Demo (synthetic)"
REAL: Final = Filter.of({"x_synthetic": {"exists": False}})
"""Patients without the mark that every row of the demo carries."""

SURVIVAL: Final = '{"group_by": ["arm", "stratum"]}'
MODEL: Final = (
    '{"terms": [{"variable": "arm", "reference": "placebo"},'
    ' {"variable": "pnfh", "transform": "log"}], "interactions": [["arm", "pnfh"]]}'
)


def demo(
    clinic: Annotated[str, typer.Option(help="name of the clinic; it is added if new")] = CLINIC,
) -> None:
    """Load a synthetic trial of 220 patients into a clinic of its own. None of them is real."""
    settings, name = read_settings(), checked_name(clinic)
    patients = simulate_trial(open_library().studies[EVIDENCE])
    stager = FileStager(_file_of(patients), FileFormat.CSV, settings.max_import_expanded_bytes)
    try:
        while stager.step():
            pass
        is_new = asyncio.run(_load(stager.staged, name, settings))
    finally:
        stager.close()
    print(_loaded(patients, name) if is_new else f'The synthetic trial is in "{name}" already.')
    print(_what_to_try(name, settings))


async def _load(staged: StagedFile, clinic: str, settings: Settings) -> bool:
    """Import the rows; says False, and changes nothing, if they are there. Raises Conflict."""
    key = sealing_key(settings)
    async with open_database(settings) as engine:
        async with transaction(engine, writes=True) as connection:
            clinic_id = await ClinicRepository(connection).enrol(clinic)
        async with take_turn(engine, clinic_id, key) as turn:
            if await _is_there(turn, clinic):
                return False
            await _import(staged, turn)
    return True


async def _is_there(turn: Turn, clinic: str) -> bool:
    patients = PatientRepository(turn.connection, turn.clinic_id)
    if await patients.page(None, 1, wanted=REAL):
        detail = f'"{clinic}" has patients of its own. The demo needs a clinic for itself: '
        raise Conflict(detail + "name another one with --clinic.")
    return bool(await patients.page(None, 1))


async def _import(staged: StagedFile, turn: Turn) -> None:
    run = await import_patients(
        staged,
        Mode.ALL_OR_NOTHING,
        OnDuplicate.REJECT,
        connection=turn.connection,
        clinic_id=turn.clinic_id,
        moment=turn.moment,
        by=OPERATOR,
    )
    await turn.account("create_import", count=run.rows_accepted)


def _file_of(patients: Sequence[SyntheticPatient]) -> BytesIO:
    text = StringIO(newline="")
    rows = csv.DictWriter(text, [field.name for field in fields(SyntheticPatient)])
    rows.writeheader()
    rows.writerows(asdict(patient) for patient in patients)
    return BytesIO(text.getvalue().encode())


def _loaded(patients: Sequence[SyntheticPatient], clinic: str) -> str:
    deaths = sum(patient.vital_status == "dead" for patient in patients)
    return f"""\
"{clinic}" now has a synthetic trial: {len(patients)} patients, {deaths} deaths, two arms.
Nobody in it is real. Levels, survival and treatment effect are drawn (seed {SEED}) from the
evidence {EVIDENCE}. Below 750 pg/mL nothing was published: the hazard ratio there is 1. All other
facts are made up and do not bear on survival. Every row says so in its covariate `synthetic`."""


def _what_to_try(clinic: str, settings: Settings) -> str:
    scheme = "https" if settings.tls_certificate else "http"
    cohort = f"{scheme}://localhost:{settings.port}/v1/cohort"
    return f"""
Make a key (it is printed once), start the service, and ask:

  python -m app keys create --clinic {shlex.quote(clinic)} --role viewer
  KEY=nst_...

  {_curl(f"{cohort}/survival", SURVIVAL)}

  {_curl(f"{cohort}/models", MODEL)}"""


def _curl(address: str, body: str) -> str:
    head = f'curl -s {address} -H "Authorization: Bearer $KEY"'
    return f"{head} \\\n    -H 'Content-Type: application/json' -d '{body}'"
