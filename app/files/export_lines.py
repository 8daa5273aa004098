"""Rows of texts, as ExportRows gives them, written as CSV or NDJSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import orjson

from app.files.cells import write_cell, write_line
from app.files.columns import COVARIATE, FIXED_COLUMNS, Kind, kind_of_column

Texts = Sequence[str | None]
"""The texts of FIXED_COLUMNS, then the covariates as JSON."""

_KINDS: Final = tuple(map(kind_of_column, FIXED_COLUMNS))
_ASSAY: Final = FIXED_COLUMNS.index("pnfh_assay")
_AS_IT_IS: Final = {Kind.NUMBER, Kind.YES_NO}


def csv_header(columns: Sequence[str]) -> str:
    """Write the line that names the columns."""
    return write_line(list(columns))


def csv_line(texts: Texts, covariates: Sequence[str]) -> str:
    """Write a row as a line of CSV with these covariates."""
    cells = [text or "" for text in texts[:-1]]
    cells[_ASSAY] = write_cell(texts[_ASSAY], Kind.FREE_TEXT)
    known = read_covariates(texts[-1])
    cells += [write_cell(known.get(name), Kind.COVARIATE) for name in covariates]
    return write_line(cells)


def json_line(texts: Texts) -> str:
    """Write a row as a JSON object of what is known, numbers with the digits they have."""
    members = [
        f'"{name}":{text if kind in _AS_IT_IS else orjson.dumps(text).decode()}'
        for name, kind, text in zip(FIXED_COLUMNS, _KINDS, texts, strict=False)
        if text is not None
    ]
    for name, value in read_covariates(texts[-1]).items():
        shown = orjson.dumps(value).decode() if isinstance(value, str) else value
        members.append(f'"{COVARIATE}{name}":{shown}')
    return "{" + ",".join(members) + "}\n"


def read_covariates(text: str | None) -> dict[str, Decimal | str]:
    """Read covariates as they are kept, every number with its digits."""
    if text is None or text == "{}":
        return {}
    known: dict[str, Any] = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    return known
