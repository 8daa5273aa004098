"""The survival of a cohort laid out as CohortSurvivalResponse describes it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from app.cohort.curves.cumulative_incidence import CauseCurve, CumulativeIncidence
    from app.cohort.curves.description import CohortSurvival, Contrast, GroupSurvival, Wishes
    from app.cohort.curves.kaplan_meier import SurvivalReading, SurvivalTable
    from app.cohort.curves.log_rank import LogRank
    from app.cohort.curves.quantiles import Quantile

MOST_ROWS: Final = 10_000
"""Rows of one curve. Of a longer one some are left out, evenly; their counts go to the next."""


def show_groups(
    found: CohortSurvival, labels: Sequence[dict[str, Any]], wishes: Wishes
) -> list[dict[str, Any]]:
    """Lay out every group; of one that is suppressed only what its patients have in common."""
    return [
        {"group": label, "suppressed": True}
        if group is None
        else {"group": label, "suppressed": False} | show_group(group, wishes)
        for group, label in zip(found.groups, labels, strict=True)
    ]


def show_group(group: GroupSurvival, wishes: Wishes) -> dict[str, Any]:
    """Lay out one group's numbers."""
    table = group.table
    shown = {
        "n": table.n,
        "events": int(table.events.sum()),
        "curve": show_curve(table),
        "median": show_median(group.median),
        "median_follow_up": show_median(group.follow_up),
        "survival_at": [show_reading(reading) for reading in group.at],
        "rmst": {
            name: getattr(group.mean, name)
            for name in ("tau", "value", "standard_error", "lower", "upper", "reason")
        },
        "last_follow_up": float(table.time[-1]),
    }
    if table.emptied_at is not None:
        shown["emptied_at"] = table.emptied_at
    if group.conditional is not None:
        rows = [show_reading(reading) for reading in group.conditional]
        shown["conditional"] = {"alive_at": wishes.alive_at, "survival_at": rows}
    if group.incidence is not None:
        shown["cumulative_incidence"] = show_incidence(group.incidence, wishes.times)
    return shown


def show_curve(table: SurvivalTable) -> dict[str, Any]:
    """Lay out a curve, column by column; limits that are not defined are null."""
    rows, thinned = kept_rows(table.time.size)
    return {
        "time": table.time[rows],
        "survival": table.survival[rows],
        "lower": table.lower[rows],
        "upper": table.upper[rows],
        "at_risk": table.at_risk[rows],
        "events": _counts(table.events, rows),
        "censored": _counts(table.censored, rows),
        "thinned": thinned,
    }


def kept_rows(size: int) -> tuple[NDArray[np.intp], bool]:
    """Which rows of a curve are shown, the first and the last always; and whether some are not."""
    if size <= MOST_ROWS:
        return np.arange(size), False
    return np.unique(np.linspace(0, size - 1, MOST_ROWS).round().astype(np.intp)), True


def show_median(found: Quantile) -> dict[str, Any]:
    """Lay out a median in days."""
    return {
        "value": found.value,
        "lower": found.lower,
        "upper": found.upper,
        "reached": found.is_reached,
    }


def show_reading(reading: SurvivalReading) -> dict[str, Any]:
    """Lay out survival at one day."""
    names = ("time", "survival", "lower", "upper", "at_risk")
    return {name: getattr(reading, name) for name in names}


def show_incidence(found: CumulativeIncidence, times: Sequence[float]) -> dict[str, Any]:
    """Lay out the probability that each cause has come first."""
    return {
        "death": _show_cause(found, found.death, times),
        "competing": _show_cause(found, found.competing, times),
    }


def show_log_rank(test: LogRank | None, stratified_by: Sequence[str]) -> dict[str, Any] | None:
    """Lay out the test; null with fewer than two groups."""
    if test is None:
        return None
    return {
        "statistic": test.statistic,
        "degrees_of_freedom": test.degrees_of_freedom,
        "p_value": test.p_value,
        "stratified_by": list(stratified_by),
    }


def show_contrasts(
    found: CohortSurvival, labels: Sequence[dict[str, Any]], wishes: Wishes
) -> list[dict[str, Any]]:
    """Lay out each other group against the reference."""
    if found.reference is None:
        return []
    reference = labels[found.reference]
    return [_show_contrast(one, found, labels, reference, wishes) for one in found.contrasts]


def _show_contrast(
    one: Contrast,
    found: CohortSurvival,
    labels: Sequence[dict[str, Any]],
    reference: dict[str, Any],
    wishes: Wishes,
) -> dict[str, Any]:
    group = found.groups[one.group]
    tau = group.mean.tau if group is not None else None
    at = [
        {"time": time} | asdict(difference)
        for time, difference in zip(wishes.times, one.at, strict=True)
    ]
    return {
        "group": labels[one.group],
        "reference": reference,
        "rmst_difference": {"tau": tau} | asdict(one.mean),
        "survival_difference": max(at, key=lambda row: float(row["time"] or 0)),
        "survival_differences": at,
    }


def _show_cause(
    found: CumulativeIncidence, cause: CauseCurve, times: Sequence[float]
) -> dict[str, Any]:
    rows, thinned = kept_rows(found.risk.time.size)
    readings = [asdict(reading) for reading in found.at(cause, times)]
    return {
        "events": int(cause.events.sum()),
        "time": found.risk.time[rows],
        "probability": cause.incidence[rows],
        "lower": cause.lower[rows],
        "upper": cause.upper[rows],
        "thinned": thinned,
        "probability_at": [
            {"probability" if name == "incidence" else name: x for name, x in row.items()}
            for row in readings
        ],
    }


def _counts(counts: NDArray[np.int64], rows: NDArray[np.intp]) -> NDArray[np.int64]:
    """The counts of the rows that are kept, those before each added to it."""
    return np.diff(np.cumsum(counts)[rows], prepend=0)
