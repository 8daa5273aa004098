"""`audit …`: whether the account of accesses is whole."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from app.cli.clinics import list_clinics, open_database
from app.clinic.chain_check import ChainReport
from app.clinic.checkpoint import Checkpoint
from app.db.audit_key import find_audit_key
from app.db.checkpoint_file import CheckpointFile, Checkpoints
from app.errors import NotFound
from app.settings import Settings, read_settings
from app.use_cases.audit.resume_chain import resume_chain
from app.use_cases.audit.verify_chain import verify_chain

ClinicName = Annotated[str | None, typer.Option(help="name of the clinic; all if left out")]

audit = typer.Typer(no_args_is_help=True)


@audit.callback()
def _group() -> None:
    """Check the account of who did what with which record."""


@audit.command("verify")
def verify(
    clinic: ClinicName = None,
    checkpoints: Annotated[
        Path | None,
        typer.Option(help="further checkpoints: a copy of their file, or a log that tells them"),
    ] = None,
) -> None:
    """Verify the audit chains; exit 0 if all are whole, else 1. The service may be running."""
    if not asyncio.run(_verify(read_settings(), clinic, checkpoints)):
        raise typer.Exit(1)


@audit.command("resume")
def resume(clinic: Annotated[str, typer.Option(help="name of the clinic")]) -> None:
    """Let a chain go on whose key was lost or whose head was changed. Its faults stay visible."""
    asyncio.run(_resume(read_settings(), clinic))
    print(f"{clinic}: the chain goes on. What was wrong with it is still told by audit verify.")


async def _verify(settings: Settings, clinic: str | None, further: Path | None) -> bool:
    key = find_audit_key(settings)
    ours, others = CheckpointFile.in_folder(settings.data_dir, key).read(), Checkpoints(False)
    if further is not None:
        others = CheckpointFile(further, key).read()
        if not others.is_there:
            raise NotFound("The file of further checkpoints cannot be read.")
    _tell_checkpoints(ours)
    are_whole = True
    async with open_database(settings) as engine:
        clinics = await list_clinics(engine, clinic)
        if clinic is None:
            clinics += _gone(clinics, (*ours.read, *others.read))
        for clinic_id, name in clinics:
            known = [*ours.about(clinic_id), *others.about(clinic_id)]
            report = await verify_chain(clinic_id, checkpoints=known, engine=engine, key=key)
            _tell(name, report, known)
            are_whole = are_whole and report.is_valid
    return are_whole


def _gone(clinics: list[tuple[str, str]], known: Iterable[Checkpoint]) -> list[tuple[str, str]]:
    """The clinics that the database has no longer, if it ever had: checkpoints tell of them."""
    gone = {one.clinic_id for one in known} - {clinic_id for clinic_id, _ in clinics}
    return [(clinic_id, f"{clinic_id} (not in the database)") for clinic_id in sorted(gone)]


async def _resume(settings: Settings, clinic: str) -> None:
    key = find_audit_key(settings)
    async with open_database(settings) as engine:
        ((clinic_id, _),) = await list_clinics(engine, clinic)
        await resume_chain(clinic_id, engine=engine, key=key)


def _tell_checkpoints(file: Checkpoints) -> None:
    if not file.is_there:
        print("checkpoints: there is no file of them in NEUROSTRATA_DATA_DIR")
    elif file.damaged:
        print(f"checkpoints: {file.damaged} lines of their file are not as they were signed")


def _tell(name: str, report: ChainReport, known: list[Checkpoint]) -> None:
    span = f"events {report.first_sequence} to {report.last_sequence}"
    compared = f"{len(known)} checkpoints"
    if report.is_valid:
        print(f"{name}: whole, {span}, {compared}, ends with {report.head_digest}")
        return
    print(f"{name}: NOT WHOLE, {span}, {compared}, {report.faults_found} faults")
    for fault in report.faults:
        print(f"  event {fault.sequence}: {fault.code}: {fault.detail}")
    if report.faults_found > len(report.faults):
        print(f"  … and {report.faults_found - len(report.faults)} more")
