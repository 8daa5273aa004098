"""What the picture of a calibration says in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from app.answers.cohort.words import count, name_pieces, notices, percent, used

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Key: TypeAlias = tuple[Any, ...]

KEYS: Final = ("stratum", "arm")
MOST_ROWS: Final = 24
LEVEL: Final = 0.95
NOTHING: Final = "There is nothing to compare."


def key_of(row: Mapping[str, Any]) -> Key:
    """Give the stratum and arm that a row or a point belongs to."""
    return tuple(row.get(name) for name in KEYS)


def keys_of(answer: Mapping[str, Any]) -> list[Key]:
    """Give every stratum and arm of the answer once, in order."""
    return list(dict.fromkeys(key_of(one) for one in [*answer["rows"], *answer.get("plot", ())]))


def shown_rows(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give the rows that find a place on the picture."""
    return list(answer["rows"][:MOST_ROWS])


def level_of(answer: Mapping[str, Any]) -> float:
    """Give the confidence level of the intervals."""
    return float(answer.get("level", LEVEL))


def pieces_of(row: Mapping[str, Any]) -> list[str]:
    """Name the stratum and arm of a row, in pieces that can be shortened; none given means all."""
    values = {name: "all" if row.get(name) is None else row[name] for name in KEYS}
    return name_pieces({"group": values})


def cells_of(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Give a row's patients, observed and expected deaths, and its ratio or why there is none."""
    numbers = (row.get("n"), row.get("observed"))
    patients, observed = ("" if number is None else count(number) for number in numbers)
    return patients, observed, _expected(row), _ratio(row)


def days_of(points: Sequence[Mapping[str, Any]]) -> dict[Key, str]:
    """Say on which days each stratum and arm is compared."""
    days: dict[Key, list[str]] = {}
    for point in points:
        days.setdefault(key_of(point), []).append(f"{point['time']:g}")
    return {key: f"day {', '.join(times)}" for key, times in days.items()}


def captions(answer: Mapping[str, Any]) -> list[str]:
    """Say how the picture is read, and who was counted."""
    level = percent(level_of(answer))
    told = [f"O/E: observed over expected deaths with its exact {level} confidence interval."]
    told += _reasons(answer)
    if answer.get("plot"):
        told.append(
            f"Points below: observed survival with its {level} confidence interval against the "
            "expected one; on the diagonal they agree."
        )
    if len(answer["rows"]) > MOST_ROWS:
        told.append(f"{len(answer['rows']) - MOST_ROWS} more rows are not drawn.")
    return told + ([used(answer)] if "n_used" in answer else [])


def sentences(answer: Mapping[str, Any]) -> list[str]:
    """Tell the picture to who cannot see it."""
    rows = [_sentence(row) for row in shown_rows(answer)] or [NOTHING]
    return [*notices(answer), *rows, *captions(answer)]


def _sentence(row: Mapping[str, Any]) -> str:
    patients, observed, expected, ratio = cells_of(row)
    name = "".join(pieces_of(row))
    counts = {"patients": patients, "deaths observed": observed, "expected": expected}
    told = [f"{number} {what}" for what, number in counts.items() if number]
    return f"{name}: {', '.join([*told, f'ratio {ratio}'])}."


def _expected(row: Mapping[str, Any]) -> str:
    expected = row.get("expected")
    return "" if expected is None else f"{expected:.1f}"


def _ratio(row: Mapping[str, Any]) -> str:
    ratio, lower, upper = (row.get(name) for name in ("ratio", "lower", "upper"))
    if ratio is None:
        return "none"
    known = lower is not None and upper is not None
    return f"{ratio:.2f} ({f'{lower:.2f} to {upper:.2f}' if known else 'no interval'})"


def _reasons(answer: Mapping[str, Any]) -> list[str]:
    """Say why rows have no ratio or no interval, once for each reason."""
    without: dict[str, list[str]] = {}
    for row in shown_rows(answer):
        if row.get("reason"):
            told = str(row["reason"]).replace("_", " ").rstrip(".")
            without.setdefault(told, []).append("".join(pieces_of(row)))
    return [f"No ratio or interval ({why}): {'; '.join(rows)}." for why, rows in without.items()]
