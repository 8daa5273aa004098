"""The commands of `python -m app`: found by name, and read when they are asked for.

A command that lists keys needs no curves: reading every module took longer than most commands.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Final, Never

import typer

from app.errors import AppError

COMMANDS: Final = {
    "serve": "serve",
    "migrate": "migrate",
    "openapi": "openapi",
    "conformance": "conformance",
    "health": "health",
    "erase": "erase",
    "retention": "retention",
    "demo": "demo",
    "import": "imports",
    "export": "export",
    "fit": "fit",
    "backup": "backup",
    "restore": "backup",
}
"""Command -> module of this room that has it, as the function of its name."""

FUNCTIONS: Final = {"import": "import_file"}
"""What is called otherwise, as Python has that word for itself."""

GROUPS: Final = ("keys", "clients", "audit", "evidence")
"""Groups of commands: module and group have one name."""


def command_line(*wanted: str) -> typer.Typer:
    """Assemble the command line, with the commands named or with all."""
    app = typer.Typer(
        name="neurostrata",
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
        add_completion=False,
    )
    app.callback()(_group)
    for name, module in COMMANDS.items():
        if not wanted or name in wanted:
            app.command(name)(_found(module, FUNCTIONS.get(name, name)))
    for name in GROUPS:
        if not wanted or name in wanted:
            app.add_typer(_found(name, name), name=name)
    return app


def run() -> None:
    """Run a command; what can go wrong on purpose is one line on standard error and exit 1."""
    asked = sys.argv[1:2]
    try:
        command_line(*({*COMMANDS, *GROUPS} & {*asked}))()
    except AppError as error:
        _end(error.detail)
    except OSError as error:  # about a path that the operator gave
        place = f"{error.filename}: " if error.filename else ""
        _end(f"{place}{error.strerror or type(error).__name__}.")


def _group() -> None:
    """Biomarker-guided survival estimates in ALS."""


def _found(module: str, name: str) -> Any:
    return getattr(import_module(f"app.cli.{module}"), name)


def _end(told: str) -> Never:
    print(f"neurostrata: {told}", file=sys.stderr)
    sys.exit(1)
