"""Tables of figures, and whether each figure is what was aimed at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure of a row should be: at least, or at most."""

    key: str
    bound: float
    told: str
    at_most: bool = False

    def is_met(self, row: dict[str, Any]) -> bool:
        """Whether the row's figure keeps the bound."""
        figure = row[self.key]
        return bool(figure <= self.bound if self.at_most else figure >= self.bound)


@dataclass(frozen=True, slots=True)
class Column:
    """A figure of every row: where it is found, its heading, and its decimals."""

    key: str
    heading: str
    decimals: int = 0


@dataclass(slots=True)
class Table:
    """Rows that were measured in one run, so that they may be compared."""

    title: str
    columns: tuple[Column, ...]
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, case: str, figures: dict[str, Any], targets: tuple[Target, ...] = ()) -> None:
        """Add a row and judge it."""
        row = {"case": case, **{key: _rounded(figure) for key, figure in figures.items()}}
        row["target"] = ", ".join(target.told for target in targets) or None
        row["met"] = all(target.is_met(row) for target in targets) if targets else None
        self.rows.append(row)

    def shown(self) -> str:
        """The table in Markdown, aligned so that it reads as well on a terminal."""
        headings = ["case", *(column.heading for column in self.columns), "target", "met"]
        lines = [headings, *([*self._cells(row)] for row in self.rows)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(headings))]
        right = [0 < i <= len(self.columns) for i in range(len(headings))]
        rule = ["-" * (w - 1) + ":" if r else "-" * w for w, r in zip(widths, right, strict=True)]
        return "\n".join(_line(cells, widths, right) for cells in (headings, rule, *lines[1:]))

    def _cells(self, row: dict[str, Any]) -> list[str]:
        figures = [_text(row.get(column.key), column.decimals) for column in self.columns]
        met = {True: "yes", False: "**no**", None: "–"}[row["met"]]
        return [row["case"], *figures, row["target"] or "–", met]


def _rounded(figure: float | None) -> float | None:
    """Six digits: more than any of it is sure of."""
    return None if figure is None else float(f"{figure:.6g}")


def _text(figure: float | None, decimals: int) -> str:
    return "–" if figure is None else f"{figure:,.{decimals}f}"


def _line(cells: list[str], widths: list[int], right: list[bool]) -> str:
    padded = [
        cell.rjust(width) if to_right else cell.ljust(width)
        for cell, width, to_right in zip(cells, widths, right, strict=True)
    ]
    return f"| {' | '.join(padded)} |"
