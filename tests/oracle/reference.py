"""Reads `data/science_reference.yaml`: what to ask, where to look, and what must stand there."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

PRINTED = Path(__file__).parent / "data" / "science_reference.yaml"
WORDS = {"null": None, "true": True, "false": False}
FLOAT_NOISE = 1e-12


@dataclass(frozen=True)
class Row:
    """One printed fact: what to ask of GET /v1/estimate, where to look, what stands there."""

    name: str
    query: dict[str, str]
    path: tuple[str, ...]
    expected: Any
    tolerance: float

    def holds(self, found: Any) -> bool:
        if isinstance(self.expected, float):
            return isinstance(found, int | float) and abs(found - self.expected) <= self.tolerance
        return found == self.expected


def read_rows() -> list[Row]:
    blocks = yaml.load(PRINTED.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # digits stay
    return [row for block in blocks for row in _rows(block)]


def find(document: Any, path: tuple[str, ...]) -> Any:
    """Follow a path; an item of a list is named by its id, code or time. Absent items are None."""
    for step in path:
        if isinstance(document, list):
            document = next((item for item in document if step in _names(item)), None)
        elif document is not None:
            document = document[step]
    return document


def _rows(block):
    for place, printed in block["rows"].items():
        path = [*_steps(block.get("at", "")), *_steps(place)]
        if "columns" not in block:
            yield _row(block, path, printed)
            continue
        for column, number in zip(block["columns"], printed, strict=True):
            yield _row(block, [*path, *_steps(column)], number)


def _row(block, path, printed):
    expected, tolerance = _read(printed)
    if "exact" in block:
        tolerance = FLOAT_NOISE
    return Row(
        f"{block['about']}: {'.'.join(path)}", block["query"], tuple(path), expected, tolerance
    )


def _read(printed):
    """A number with half a unit of its last digit; any other word or list as it is."""
    if isinstance(printed, list) or printed in WORDS:
        return (printed if isinstance(printed, list) else WORDS[printed]), 0.0
    try:
        number = float(Fraction(printed))
    except ValueError:
        return printed, 0.0
    decimals = len(printed.partition(".")[2])
    return number, 0.5 * 10.0**-decimals + FLOAT_NOISE


def _steps(path):
    return path.split(".") if path else []


def _names(item):
    return {f"{item[key]}" for key in ("id", "code", "time") if key in item}
