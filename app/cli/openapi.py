"""`openapi`: the contract as a document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from app.main import create_app
from app.settings import Settings


def openapi(
    out: Annotated[
        Path | None, typer.Option(help="file to write; standard output if unset")
    ] = None,
) -> None:
    """Write the OpenAPI 3.1 document."""
    text = json.dumps(create_app(Settings()).openapi(), indent=2, ensure_ascii=False) + "\n"
    if out is None:
        print(text, end="")
    else:
        out.write_text(text, encoding="utf-8")
