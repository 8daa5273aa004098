"""`evidence …`: the evidence files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.evidence.library import SHELF, open_library

evidence = typer.Typer(help="Check the evidence files.", no_args_is_help=True)


@evidence.callback()
def _group() -> None:
    """Check the evidence files."""


@evidence.command("check")
def check(
    shelf: Annotated[Path, typer.Argument(help="folder of the files")] = SHELF,
) -> None:
    """Check every evidence file strictly; the first fault is told with its line and reason."""
    for key, entry in open_library(shelf).entries.items():
        print(f"{key} version {entry.file.version}: good, {entry.digest}")
