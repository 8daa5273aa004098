"""The commands of `python -m app`, assembled."""

from __future__ import annotations

import sys
from typing import Never

import typer

from app.cli.audit import audit
from app.cli.backup import backup, restore
from app.cli.clients import clients
from app.cli.conformance import conformance
from app.cli.demo import demo
from app.cli.erase import erase
from app.cli.evidence import evidence
from app.cli.export import export
from app.cli.fit import fit
from app.cli.health import health
from app.cli.imports import import_file
from app.cli.keys import keys
from app.cli.migrate import migrate
from app.cli.openapi import openapi
from app.cli.retention import retention
from app.cli.serve import serve
from app.errors import AppError

app = typer.Typer(
    name="neurostrata",
    help="Biomarker-guided survival estimates in ALS.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    add_completion=False,
)
app.command()(serve)
app.command()(migrate)
app.command()(openapi)
app.command()(conformance)
app.command()(health)
app.command()(erase)
app.command()(retention)
app.command()(demo)
app.command("import")(import_file)
app.command()(export)
app.command()(fit)
app.command()(backup)
app.command()(restore)
app.add_typer(keys, name="keys")
app.add_typer(clients, name="clients")
app.add_typer(audit, name="audit")
app.add_typer(evidence, name="evidence")


def run() -> None:
    """Run a command; what can go wrong on purpose is one line on standard error and exit 1."""
    try:
        app()
    except AppError as error:
        _end(error.detail)
    except OSError as error:  # about a path that the operator gave
        place = f"{error.filename}: " if error.filename else ""
        _end(f"{place}{error.strerror or type(error).__name__}.")


def _end(told: str) -> Never:
    print(f"neurostrata: {told}", file=sys.stderr)
    sys.exit(1)
