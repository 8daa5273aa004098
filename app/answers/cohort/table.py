"""The curves of a cohort as a long table that R and a spreadsheet read at once."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any, Final

from app.files.cells import write_cell, write_line
from app.files.columns import kind_of_column

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Row = dict[str, str]

COLUMNS: Final = ("time", "at_risk", "events", "censored", "survival", "lower", "upper")
CAUSES: Final = ("death", "competing")
INCIDENCE: Final = ("probability", "lower", "upper")


def survival_csv(answer: Mapping[str, Any]) -> str:
    """One line for each group and time, unrounded; the header alone when there is no curve.

    First the variables that the groups are made by, then days, counts, survival and its bounds;
    `death_…` and `competing_…` where cumulative incidence was asked for. What is not known is an
    empty cell. A suppressed group has no lines.
    """
    groups = [one for one in answer["groups"] if one.get("curve") and not one.get("suppressed")]
    named = (name for group in answer["groups"] for name in group["group"])
    variables = list(dict.fromkeys([*answer.get("group_by", ()), *named]))
    columns = [*COLUMNS, *_cause_columns(groups)]
    lines = [write_line([*variables, *columns])]
    for group in groups:
        cells = (write_cell(group["group"].get(name), kind_of_column(name)) for name in variables)
        start = write_line(list(cells)).removesuffix("\n") + "," if variables else ""
        lines += [start + ",".join(row) + "\n" for row in _rows(group, columns)]
    return "".join(lines)


def _cause_columns(groups: Iterable[Mapping[str, Any]]) -> list[str]:
    known = {cause for group in groups for cause in group.get("cumulative_incidence") or ()}
    return [f"{cause}_{name}" for cause in CAUSES if cause in known for name in INCIDENCE]


def _rows(group: Mapping[str, Any], columns: Sequence[str]) -> Iterable[list[str]]:
    """The rows of a group in the order of time; curves of other times share no row."""
    by_time: dict[float, Row] = {}
    _enter(by_time, group["curve"], {name: name for name in COLUMNS})
    incidence = group.get("cumulative_incidence") or {}
    for cause in CAUSES:
        if cause in incidence:
            _enter(by_time, incidence[cause], {name: f"{cause}_{name}" for name in INCIDENCE})
    for time in sorted(by_time):
        row = by_time[time] | {"time": _cell(time)}
        yield [row.get(name, "") for name in columns]


def _enter(by_time: dict[float, Row], curve: Mapping[str, Any], names: Mapping[str, str]) -> None:
    for place, time in enumerate(curve["time"]):
        row = by_time.setdefault(time, {})
        row.update({column: _cell(curve[name][place]) for name, column in names.items()})


def _cell(number: float | None) -> str:
    if number is None or isnan(number):
        return ""
    return str(int(number)) if number == int(number) else str(number)
