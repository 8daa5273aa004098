"""`backup` and `restore`: a copy of the SQLite database, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.db.audit_key import FILE
from app.db.backup import back_up
from app.db.backup import restore as put_back
from app.settings import read_settings


def backup(file: Annotated[Path, typer.Argument(help="new file to write")]) -> None:
    """Copy the SQLite database to a new file, while the service goes on writing."""
    settings = read_settings()
    back_up(settings, file)
    print(f"The database is copied to {file}, and the copy was checked.")
    if settings.audit_key is None:
        print(f"Keep {FILE} of the data folder too, somewhere else: it proves the audit chain.")


def restore(
    file: Annotated[Path, typer.Argument(help="a file that backup wrote")],
    force: Annotated[bool, typer.Option(help="replace the database that is there")] = False,
) -> None:
    """Put a backup in the place of the SQLite database; the service must be stopped."""
    must_be_migrated = put_back(read_settings(), file, force=force)
    print(f"The database is that of {file}.")
    if must_be_migrated:
        print("It is of an older release: run migrate before serve.")
