"""`export`: all patients of a clinic, straight out of the database."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, Annotated

import typer

from app.cli.clinics import open_database, sealing_key, the_clinic
from app.errors import Conflict
from app.files.file_format import FileFormat
from app.settings import Settings, read_settings
from app.use_cases.audit.act_for_operator import take_turn
from app.use_cases.transfer.export_patients import export_patients

OWNER_ONLY = 0o600
THERE = "The file is there already: --force writes over it."


def export(
    clinic: Annotated[
        str | None, typer.Option(help="name of the clinic; the only one there is if unset")
    ] = None,
    file_format: Annotated[
        FileFormat, typer.Option("--format", help="format of the file")
    ] = FileFormat.CSV,
    out: Annotated[Path | None, typer.Option(help="file to write; the terminal if unset")] = None,
    force: Annotated[bool, typer.Option(help="write over a file that is there")] = False,
) -> None:
    """Export a clinic's patients as a file that `import` reads back."""
    if out is not None:
        _check_place(out, force=force)
    with TemporaryFile(prefix="neurostrata-") as made:
        rows = asyncio.run(_export(made, clinic, file_format, read_settings()))
        made.seek(0)
        _deliver(made, out, force=force)
    print(f"{rows} rows", file=sys.stderr)


async def _export(made: IO[bytes], clinic: str | None, form: FileFormat, settings: Settings) -> int:
    key = sealing_key(settings)
    async with open_database(settings) as engine:
        clinic_id = await the_clinic(engine, clinic)
        rows = await export_patients(made, form, engine=engine, clinic_id=clinic_id)
        # Accounted for before anybody can read it.
        async with take_turn(engine, clinic_id, key) as turn:
            await turn.account("export_all_patients", count=rows, changes=False)
    return rows


def _check_place(out: Path, *, force: bool) -> None:
    """Refuse before anything is exported. Raises Conflict and OSError."""
    if out.is_dir():
        raise _fault_of(out, errno.EISDIR)
    if not out.parent.is_dir():
        raise _fault_of(out, errno.ENOENT)
    if out.exists() and not force:
        raise Conflict(THERE)


def _fault_of(out: Path, number: int) -> OSError:
    return OSError(number, os.strerror(number), str(out))


def _deliver(made: IO[bytes], out: Path | None, *, force: bool) -> None:
    if out is None:
        copyfileobj(made, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    # Written whole beside its place: what was there is not lost if the disk is full.
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as written:
            copyfileobj(made, written)
            written.flush()
            os.fsync(written.fileno())
        if force:
            beside.replace(out)
        else:
            os.link(beside, out)
    except FileExistsError:
        raise Conflict(THERE) from None
    except OSError as error:
        # The name beside is ours: nobody else would know it.
        raise _fault_of(out, error.errno or errno.EIO) from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
