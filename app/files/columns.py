"""The columns of an imported or exported file: the patient's facts, a level, the covariates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum, auto
from typing import Final, get_args, get_type_hints

from app.clinic.patient import PatientFacts
from app.errors import Fault, InvalidInput
from app.schemas.covariates import COVARIATE_NAME, WHO_IT_IS, asks_who_it_is

IDENTIFIER: Final = "identifier"
PATIENT_COLUMNS: Final = tuple(f.name for f in fields(PatientFacts) if f.name != "covariates")
LEVEL_COLUMNS: Final = {
    "pnfh": "value",
    "pnfh_unit": "unit",
    "pnfh_specimen": "specimen",
    "pnfh_comparator": "comparator",
    "pnfh_assay": "assay",
    "pnfh_date": "collected_at",
}
"""Column -> field of a measurement."""

LEVEL_MAKERS: Final = ("pnfh", "pnfh_comparator", "pnfh_assay", "pnfh_date")
"""With one of these a row states a level. A unit and a specimen alone state nothing."""

FIXED_COLUMNS: Final = (*PATIENT_COLUMNS, *LEVEL_COLUMNS)
COVARIATE: Final = "x_"
MOST_COLUMNS: Final = 10_000
"""A header of so many, each as long as it may be, still is a line that is read."""

HEADER_ROW: Final = 1

_LONGEST_SHOWN: Final = 64
_NAME: Final = re.compile(COVARIATE_NAME)
_SHOWN: Final = re.compile(r"[\w .-]{1,64}", re.ASCII)


class Kind(Enum):
    """How a cell of a column is written."""

    TEXT = auto()
    FREE_TEXT = auto()  # may begin with what a spreadsheet takes for a formula
    NUMBER = auto()
    YES_NO = auto()
    DAY = auto()
    DAY_OR_INSTANT = auto()
    COVARIATE = auto()  # a number or a text, told apart by how it is written


def kind_of_column(name: str) -> Kind:
    """Say how a column's cells are written."""
    return _KINDS.get(name, Kind.COVARIATE)


def columns_of(covariates: Sequence[str]) -> tuple[str, ...]:
    """Give the columns of an export, in order, for patients who have these covariates."""
    return (*FIXED_COLUMNS, *(COVARIATE + name for name in sorted(covariates)))


def covariate_of(column: str) -> str:
    """Give the covariate's name of an `x_` column."""
    return column.removeprefix(COVARIATE)


def check_columns(names: Sequence[str], row: int = HEADER_ROW) -> None:
    """Refuse columns that are unknown or doubled, or a missing identifier, all at once."""
    if len(names) > MOST_COLUMNS:
        detail = f"A file may have at most {MOST_COLUMNS} columns; NDJSON may have any number."
        raise InvalidInput([fault_at(row, None, "too_many", detail)])
    faults = [_unknown(name, row) for name in names if not is_column(name)]
    for name, times in Counter(names).items():
        if times > 1 and is_column(name):
            detail = "This column stands in the file more than once."
            faults.append(fault_at(row, name, "repeated", detail))
    faults += [
        fault_at(row, name, *WHO_IT_IS)
        for name in names
        if name.startswith(COVARIATE) and asks_who_it_is(covariate_of(name))
    ]
    if IDENTIFIER not in names:
        faults.append(fault_at(row, IDENTIFIER, "missing", "This column is required."))
    if faults:
        raise InvalidInput(faults)


def is_column(name: str) -> bool:
    """Whether a file may have a column of this name."""
    return name in _KINDS or (
        name.startswith(COVARIATE) and _NAME.fullmatch(covariate_of(name)) is not None
    )


def fault_at(row: int, column: str | None, code: str, detail: str) -> Fault:
    """Make a fault of a place in a file. A column nobody knows is named only if it is plain."""
    shown = column if column and _SHOWN.fullmatch(column) else None
    return Fault(f"/{row}/{shown}" if shown else f"/{row}", code, detail, row, shown)


def _unknown(name: str, row: int) -> Fault:
    if name.startswith(COVARIATE):
        detail = (
            "A covariate's column is x_ and a letter, then letters, digits and _ . -, 65 at most."
        )
        return fault_at(row, name, "unknown_field", detail)
    if not name.strip():
        return fault_at(row, None, "unknown_field", "A column has no name.")
    meant = name[:_LONGEST_SHOWN].strip().lower()
    close = get_close_matches(meant, FIXED_COLUMNS, n=1, cutoff=0.6)
    close += [known for known in FIXED_COLUMNS if known.startswith(meant)]
    hint = f" Did you mean {close[0]}?" if close else " A covariate's column begins with x_."
    return fault_at(row, name, "unknown_field", f"There is no such column.{hint}")


def _kind(declared: object) -> Kind:
    types = get_args(declared) or (declared,)
    by_type = {bool: Kind.YES_NO, int: Kind.NUMBER, Decimal: Kind.NUMBER, date: Kind.DAY}
    return next((by_type[one] for one in types if one in by_type), Kind.TEXT)


_HINTS: Final = get_type_hints(PatientFacts)
_KINDS: Final = (
    {name: _kind(_HINTS[name]) for name in PATIENT_COLUMNS}
    | dict.fromkeys(LEVEL_COLUMNS, Kind.TEXT)
    | {"pnfh": Kind.NUMBER, "pnfh_assay": Kind.FREE_TEXT, "pnfh_date": Kind.DAY_OR_INSTANT}
)
