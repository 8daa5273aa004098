"""STEPP: the effect of a treatment in overlapping windows along a biomarker.

Bonetti & Gelber, Stat Med 2000;19:2595 and Biostatistics 2004;5:465, sliding windows: each holds at
least `r2` patients, and shares at most `r1` with the one before. No shape is assumed; neighbours
share patients, so their points move together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from app.cohort.follow_up import DEATH, FollowUp
from app.cohort.models.cox import Coefficient, fit_cox
from app.cohort.models.design import Design
from app.cohort.models.refusal import FitRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.intp]

LEVEL: Final = 0.95
TREATED: Final = "treated"


@dataclass(frozen=True, slots=True)
class Window:
    """The treated against the others among patients with a biomarker from `lower` to `upper`.

    Where the model cannot be fitted the hazard ratio and its interval are None, and `code` says
    why: one of those of FitRefused.
    """

    lower: float
    upper: float
    median: float
    n: int
    events: int
    hazard_ratio: float | None
    ratio_lower: float | None
    ratio_upper: float | None
    code: str | None


def stepp(
    follow_up: FollowUp,
    is_treated: NDArray[np.bool_],
    biomarker: Floats,
    *,
    r1: int,
    r2: int,
    strata_codes: NDArray[np.integer] | None = None,
    level: float = LEVEL,
) -> tuple[Window, ...]:
    """The windows in ascending order, 0 <= r1 < r2; one alone where there are fewer than 2 r2 - r1.

    Patients of equal biomarker are never parted, so windows may be larger than r2.
    """
    order = np.argsort(biomarker, kind="stable")
    ordered = biomarker[order]
    windows = []
    for start, stop in window_edges(ordered, r1, r2):
        rows = order[start:stop]
        codes = None if strata_codes is None else strata_codes[rows]
        found = _effect(follow_up.of(rows), is_treated[rows], codes, level)
        windows.append(_window(follow_up.of(rows), ordered[start:stop], found))
    return tuple(windows)


def window_edges(ordered: Floats, r1: int, r2: int) -> tuple[tuple[int, int], ...]:
    """Where each window begins and ends in the ascending values; the last goes to the end."""
    if not 0 <= r1 < r2:
        raise ValueError("A window must be larger than what it shares with the next: 0 <= r1 < r2.")
    edges = np.concatenate((np.flatnonzero(np.diff(ordered, prepend=np.nan) != 0), [ordered.size]))
    found = [(0, _next_edge(edges, r2))]
    while found[-1][1] < ordered.size:
        start, stop = found[-1]
        following = max(_next_edge(edges, stop - r1), _next_edge(edges, start + 1))
        if following + r2 > ordered.size:
            found[-1] = (start, ordered.size)
        else:
            found.append((following, _next_edge(edges, following + r2)))
    return tuple(found)


def _next_edge(edges: Ints, position: int) -> int:
    """The first edge between different values at or after a position."""
    return int(edges[min(int(np.searchsorted(edges, position)), edges.size - 1)])


def _effect(
    follow_up: FollowUp,
    is_treated: NDArray[np.bool_],
    codes: NDArray[np.integer] | None,
    level: float,
) -> Coefficient | str:
    design = Design(is_treated[np.newaxis].astype(np.float64), (TREATED,), (1,))
    try:
        return fit_cox(design, follow_up, codes).table(level)[0]
    except FitRefused as refused:
        return refused.code


def _window(follow_up: FollowUp, values: Floats, found: Coefficient | str) -> Window:
    ratios = (
        (None, None, None, found)
        if isinstance(found, str)
        else (found.hazard_ratio, found.lower, found.upper, None)
    )
    return Window(
        float(values[0]),
        float(values[-1]),
        float(np.median(values)),
        len(follow_up),
        int(np.count_nonzero(follow_up.event == DEATH)),
        *ratios,
    )
