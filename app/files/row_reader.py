"""A row of a file becomes a patient and perhaps a level, judged by every rule, ready to be kept.

What is ready is a line of tab-separated text in the order of STAGED_COLUMNS, as PostgreSQL's COPY
reads it. Cells repeat themselves: what was found of one is remembered by its text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from operator import getitem, itemgetter
from typing import Any, Final, Generic, TypeVar

import orjson
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from app.errors import Fault, InvalidInput
from app.files.cells import CellFault
from app.files.columns import (
    COVARIATE,
    IDENTIFIER,
    LEVEL_MAKERS,
    MOST_COLUMNS,
    PATIENT_COLUMNS,
    Kind,
    check_columns,
    covariate_of,
    fault_at,
    kind_of_column,
)
from app.files.row_rules import (
    MOST,
    Stated,
    cell_judge,
    comparing_rules,
    level_faults,
    patient_faults,
)
from app.survival.level import parse_level

STAGED_COLUMNS: Final = (
    "line",
    *PATIENT_COLUMNS,
    "covariates",
    "value",
    "unit",
    "specimen",
    "comparator",
    "assay",
    "collected_date",
    "collected_at",
)
"""The order of what a row is staged as."""

NOTHING: Final = "\\N"
"""How COPY writes that there is no value."""

MOST_REMEMBERED: Final = 4096
"""Texts remembered of one column."""

MOST_OF_ALL: Final = 64 * MOST_REMEMBERED
"""Texts remembered of all columns: the memory of an import is bounded."""

_NO_DATE: Final = f"{NOTHING}\t{NOTHING}"
_NO_LEVEL: Final = "\t".join([NOTHING] * 7)
_LEVEL_ORDER: Final = (
    "pnfh", "pnfh_unit", "pnfh_specimen", "pnfh_comparator", "pnfh_assay", "pnfh_date",
)  # fmt: skip
_ABSENT: Final = ({"": (None, _NO_DATE)}, {"": (None, NOTHING)})
_NOTHING_STATED: Final = (None,) * len(LEVEL_MAKERS)
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

Cell = TypeVar("Cell")
Found = tuple[Any, str]
"""What was found of a cell: its value, and how it is staged."""

ReadCell = Callable[[Cell, Kind], Any]
"""Gives a cell's plain value, as JSON would carry it, or None. May raise CellFault."""


_OBJECTIONS: Final = (ValidationError, PydanticCustomError, CellFault, InvalidInput)


class Memory(dict[Any, Found], Generic[Cell]):
    """What is known of one column's cells, by their text. Unreadable ones are not remembered."""

    def __init__(self, column: str, reader: RowReader[Cell]) -> None:
        super().__init__()
        self._reader = reader
        self._read = reader.read_cell
        self._kind = kind_of_column(column)
        self._judge = cell_judge(column)
        self._stage = _stager(column)
        self._absent = _NO_DATE if column == "pnfh_date" else NOTHING

    def __missing__(self, cell: Cell) -> Found:
        """Read the cell and remember it. Raises what _OBJECTIONS names."""
        plain = self._read(cell, self._kind)
        if plain is None:
            found: Found = (None, self._absent)
        else:
            value = self._judge(plain)
            found = (value, self._stage(value))
        if len(self) < MOST_REMEMBERED and self._reader.room > 0:
            self._reader.room -= 1
            self[cell] = found
        return found


class RowReader(Generic[Cell]):
    """Reads rows whose cells are of one kind: texts of a CSV file, or values as JSON has them."""

    def __init__(self, read: ReadCell[Cell]) -> None:
        self.read_cell = read
        self.room = MOST_OF_ALL
        self._memories: dict[str, Memory[Cell]] = {}
        self.plan = lru_cache(maxsize=64)(self._plan)

    def _plan(self, names: tuple[str, ...]) -> RowPlan[Cell]:
        check_columns(names)
        return RowPlan(self, names)

    def memory(self, column: str) -> Memory[Cell]:
        """Give the memory of a column. So many that no file has them at once are forgotten."""
        if column not in self._memories:
            if len(self._memories) >= MOST_COLUMNS:
                self._forget()
            self._memories[column] = Memory(column, self)
        return self._memories[column]

    def _forget(self) -> None:
        self._memories.clear()
        self.plan.cache_clear()
        self.room = MOST_OF_ALL


class RowPlan(Generic[Cell]):
    """How rows with these columns are read. Every row has a cell for each of them."""

    def __init__(self, reader: RowReader[Cell], names: tuple[str, ...]) -> None:
        self._read_cell = reader.read_cell
        self._names = names
        # What the file has no column for is found at the end of each row.
        self._memories = [*(reader.memory(name) for name in names), *_ABSENT]
        place = {"pnfh_date": -2} | {name: index for index, name in enumerate(names)}
        self._identifier = place[IDENTIFIER]
        self._facts = itemgetter(*(place.get(name, -1) for name in PATIENT_COLUMNS))
        named = sorted(name for name in names if name.startswith(COVARIATE))
        self._covariates = [place[name] for name in named]
        self._level = itemgetter(*(place.get(name, -1) for name in _LEVEL_ORDER))
        self._makers = itemgetter(*(place.get(name, -1) for name in LEVEL_MAKERS))
        rules = comparing_rules()
        self._rules = [(place[name], name, rule) for name, rule in rules if name in place]
        self._stated = Stated()

    def read(self, row: int, cells: list[Cell]) -> str:
        """Give the row as it is staged. Raises InvalidInput with every fault of the row."""
        try:
            return f"{row}\t{self._read(cells)}\n"
        except _OBJECTIONS:
            faults = self._faults(row, cells)
        raise InvalidInput(faults)

    def _read(self, cells: list[Cell]) -> str:
        values, texts = zip(*map(getitem, self._memories, [*cells, "", ""]), strict=True)
        if values[self._identifier] is None:
            raise CellFault(("missing", ""))
        stated = self._stated
        stated.data = dict(zip(self._names, values, strict=False))
        for place, name, rule in self._rules:
            if (value := values[place]) is not None:
                stated.field_name = name
                rule(value, stated)
        facts = "\t".join(self._facts(texts))
        covariates = [texts[place] for place in self._covariates]
        if NOTHING in covariates or len(covariates) > MOST:
            covariates = _stated_only(covariates)
        level = _NO_LEVEL
        if self._makers(values) != _NOTHING_STATED:
            _check_level(self._level(values))
            level = "\t".join(self._level(texts))
        return f"{facts}\t{{{','.join(covariates)}}}\t{level}"

    def _faults(self, row: int, cells: Sequence[Cell]) -> list[Fault]:
        plain: dict[str, Any] = {}
        unreadable: dict[str, Fault] = {}
        for name, cell in zip(self._names, cells, strict=True):
            try:
                value = self._read_cell(cell, kind_of_column(name))
            except CellFault as fault:
                unreadable[name] = fault_at(row, name, fault.code, fault.detail)
                continue
            if value is not None:
                plain[name] = value
        found = patient_faults(plain)
        if any(name in plain or name in unreadable for name in LEVEL_MAKERS):
            found += level_faults(plain)
        told = [fault_at(row, *one) for one in found if one[0] not in unreadable]
        return [*unreadable.values(), *told]


def _stated_only(covariates: list[str]) -> list[str]:
    stated = [text for text in covariates if text != NOTHING]
    if len(stated) > MOST:
        raise CellFault(("too_long", ""))
    return stated


def _check_level(stated: tuple[Any, ...]) -> None:
    value, unit, specimen, comparator, *_ = stated
    if value is None or unit is None or specimen is None:
        raise CellFault(("missing", ""))
    parse_level(value, unit, comparator, specimen)


def _stager(column: str) -> Callable[[Any], str]:
    """Give the function that stages a column's values."""
    if column == "pnfh_date":
        return _stage_collected
    if column.startswith(COVARIATE):
        name = covariate_of(column)
        return lambda value: _escaped(f'"{name}":{_as_json(value)}')
    return _stage_value


def _stage_value(value: Any) -> str:
    if isinstance(value, bool):
        return "t" if value else "f"
    return _escaped(value) if isinstance(value, str) else str(value)


def _stage_collected(value: date) -> str:
    if isinstance(value, datetime):
        instant = value.strftime("%Y-%m-%d %H:%M:%S.%f")
        return f"{value.date().isoformat()}\t{instant}"
    return f"{value.isoformat()}\t{NOTHING}"


def _as_json(value: Decimal | str) -> str:
    return orjson.dumps(value).decode() if isinstance(value, str) else str(value)


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES) if "\\" in text or not text.isprintable() else text
