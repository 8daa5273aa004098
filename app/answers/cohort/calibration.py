"""The calibration of evidence, as its answer shows it. What few patients stand behind is null."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.answers.document import evidence
from app.answers.numbers import number
from app.cohort.evidence.calibration import totals_of
from app.survival.interval import LEVEL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.cohort.cohort import Selection
    from app.cohort.evidence.calibration import Calibration, CalibrationRow
    from app.cohort.evidence.calibration_plot import CalibrationPoint
    from app.survival.study import Study

SMALL: Final = "small_group"
"""Why a row holds no numbers: too few patients stand behind it, or behind its difference."""


@dataclass(frozen=True, slots=True)
class Told:
    """What may be told: anything at all, which strata and arms, and which sums of them.

    `arms` is for the arms of the whole trial, `unknown` for how many have no level.
    """

    anything: bool
    cells: Mapping[tuple[str, str], bool]
    arms: bool
    unknown: bool

    def has(self, stratum: str | None, side: str | None) -> bool:
        """Whether the cell may be told."""
        return self.cells.get((stratum or "", side or ""), False)


def show_calibration(
    study: Study,
    found: Calibration,
    points: Iterable[CalibrationPoint],
    selection: Selection,
    told: Told,
) -> dict[str, Any]:
    """The whole answer but for the state of the cohort and the notices."""
    shown = [row for row in found.rows if told.has(row.stratum, row.side)]
    rows = [_row(row, study, is_shown=told.has(row.stratum, row.side)) for row in found.rows]
    totals = [_row(row, study, is_shown=bool(shown)) for row in totals_of(shown)]
    whole = [
        _row(row, study, is_shown=told.anything and (told.arms or row.side is None))
        for row in found.whole
    ]
    return {
        "kind": "fitted",
        "evidence": evidence(study),
        "endpoint": study.endpoint,
        "time_unit": "day",
        "time_origin": "baseline_date",
        "horizon": study.horizon,
        "level": LEVEL,
        "ci_method": "exact Poisson (Garwood)",
        "n_total": int(selection.meant.size) if told.anything else None,
        "n_used": found.patients if told.anything else None,
        "excluded": _excluded(found, selection, told),
        "arms": {"control": study.control, "treated": study.treatment},
        "rows": rows + totals,
        "whole_trial": whole,
        "plot": [_point(point, study) for point in points if told.has(point.stratum, point.side)],
    }


def _excluded(found: Calibration, selection: Selection, told: Told) -> list[dict[str, Any]]:
    if not told.anything:
        return []
    counts = {one.reason: one.n for one in selection.excluded} | dict(found.excluded)
    if not told.unknown:
        del counts["level_unknown"]
    return [{"reason": reason, "n": n} for reason, n in counts.items()]


def _row(row: CalibrationRow, study: Study, *, is_shown: bool) -> dict[str, Any]:
    head = {"stratum": row.stratum, "arm": _arm(row.side, study)}
    names = ("n", "observed", "expected", "expected_range", "ratio", "lower", "upper", "p_value")
    if not is_shown:
        return head | dict.fromkeys(names) | {"reason": SMALL}
    expected, ratio = row.expected, row.ratio
    return head | {
        "n": row.patients,
        "observed": row.observed,
        "expected": expected.value if expected else None,
        "expected_range": {"lower": expected.lower, "upper": expected.upper} if expected else None,
        "ratio": ratio.value if ratio else None,
        "lower": ratio.lower if ratio else None,
        "upper": ratio.upper if ratio else None,
        "p_value": ratio.p_value if ratio else None,
        "reason": row.reason or (None if ratio else "nobody_watched"),
    }


def _point(point: CalibrationPoint, study: Study) -> dict[str, Any]:
    expected, observed = point.expected, point.observed
    outer = expected.shape_sensitivity
    return {
        "stratum": point.stratum,
        "arm": _arm(point.side, study),
        "time": number(observed.time),
        "expected_survival": expected.survival,
        "expected_lower": expected.lower,
        "expected_upper": expected.upper,
        "shape_sensitivity": {
            "lower": outer.lower,
            "upper": outer.upper,
            "band_lower": outer.band_lower,
            "band_upper": outer.band_upper,
        },
        "observed_survival": observed.survival,
        "lower": observed.lower,
        "upper": observed.upper,
        "at_risk": observed.at_risk,
    }


def _arm(side: str | None, study: Study) -> str | None:
    return {"control": study.control, "treated": study.treatment}.get(side or "")
