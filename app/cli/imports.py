"""`import`: patients from a file, straight into the database."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.clinics import open_database, sealing_key, the_clinic
from app.clinic.import_run import ImportRun, Mode, OnDuplicate
from app.errors import InvalidInput
from app.settings import Settings, read_settings
from app.use_cases.audit.act_for_operator import OPERATOR, take_turn
from app.use_cases.transfer.import_patients import import_patients
from app.use_cases.transfer.stage_file import FileStager

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.errors import Fault

REPORTED_ROWS = 100_000


def import_file(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CSV, NDJSON or Parquet; gzip too")
    ],
    clinic: Annotated[
        str | None, typer.Option(help="name of the clinic; the only one there is if unset")
    ] = None,
    mode: Annotated[
        Mode, typer.Option(help="whether a faulty row refuses the file, or is left out")
    ] = Mode.ALL_OR_NOTHING,
    on_duplicate: Annotated[
        OnDuplicate, typer.Option(help="whether a patient who is there is a fault, or is updated")
    ] = OnDuplicate.REJECT,
) -> None:
    """Import patients from a file, and tell every fault by line and column."""
    settings = read_settings()
    stager = FileStager(file.open("rb"), None, settings.max_import_expanded_bytes)
    try:
        _stage(stager)
        run = asyncio.run(_import(stager, clinic, mode, on_duplicate, settings))
    except InvalidInput as error:
        _tell(error.faults)
        raise
    finally:
        stager.close()
    _tell(run.errors)
    print(
        f"rows: {run.rows_total} read, {run.rows_accepted} accepted, {run.rows_rejected} rejected\n"
        f"patients: {run.patients_added} added, {run.patients_changed} changed\n"
        f"measurements: {run.measurements_added} added"
    )


async def _import(
    stager: FileStager,
    clinic: str | None,
    mode: Mode,
    on_duplicate: OnDuplicate,
    settings: Settings,
) -> ImportRun:
    key = sealing_key(settings)
    async with open_database(settings) as engine:
        clinic_id = await the_clinic(engine, clinic)
        async with take_turn(engine, clinic_id, key) as turn:
            run = await import_patients(
                stager.staged,
                mode,
                on_duplicate,
                connection=turn.connection,
                clinic_id=clinic_id,
                moment=turn.moment,
                by=OPERATOR,
            )
            await turn.account("create_import", count=run.rows_accepted)
    return run


def _stage(stager: FileStager) -> None:
    """Read the whole file, and show how far it is: a bar on a terminal, else lines."""
    from rich.console import Console
    from rich.progress import Progress

    console, told = Console(stderr=True), 0
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("reading", total=1.0)
        while stager.step():
            bar.update(task, completed=stager.progress())
            rows = stager.staged.rows_total
            if not console.is_terminal and rows - told >= REPORTED_ROWS:
                told = rows
                print(f"{rows} rows read", file=sys.stderr)


def _tell(faults: Iterable[Fault]) -> None:
    for fault in faults:
        row = "" if fault.row is None else f"line {fault.row}"
        place = row + (f", column {fault.column}" if fault.column else "")
        print(f"{place}: {fault.detail} ({fault.code})".removeprefix(": "), file=sys.stderr)
