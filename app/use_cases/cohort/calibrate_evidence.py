"""Hold evidence against a clinic's own patients: deaths observed and expected, arm by arm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from app.answers.cohort.calibration import Told, show_calibration
from app.clinic.filter import Filter
from app.cohort.cohort import select
from app.cohort.columns import CategoricalColumn, NumericColumn
from app.cohort.evidence.calibration import SIDES, Calibration, Placed, calibrate, place
from app.cohort.evidence.calibration_plot import CalibrationPoint, calibration_points
from app.cohort.evidence.strata import stratify
from app.survival.estimate import DEFAULT_TIMES
from app.use_cases.cohort.cohort_notices import notices_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.cohort.cohort import Endpoint, Selection
    from app.cohort.disclosure import Verdict
    from app.survival.curve import Side
    from app.survival.study import Study
    from app.use_cases.cohort.cohorts import Cohorts, Gathered

NAMES: Final = ("arm", "stratum", "pnfh")


@dataclass(frozen=True, slots=True)
class CalibrationQuestion:
    """Whose deaths are compared, and which of their arms is which of the evidence's."""

    wanted: Filter
    arms: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Calibrated:
    """What was found, of whom, and what of it may be told."""

    selection: Selection
    verdict: Verdict
    told: Told
    found: Calibration
    points: tuple[CalibrationPoint, ...]


async def calibrate_evidence(
    asked: CalibrationQuestion, study: Study, clinic_id: str, *, cohorts: Cohorts
) -> dict[str, Any]:
    """Give the answer as CalibrationResponse describes it."""
    gathered = await cohorts.gather(clinic_id, asked.wanted, NAMES)
    done = await cohorts.compute(_calibrate, asked, study, gathered)
    return {
        **show_calibration(study, done.found, done.points, done.selection, done.told),
        "cohort_version": gathered.cohort.version,
        "minimum_group": gathered.held.disclosures.minimum,
        "notices": notices_of(gathered, done.selection, done.verdict),
    }


def _calibrate(asked: CalibrationQuestion, study: Study, gathered: Gathered) -> Calibrated:
    endpoint: Endpoint = "death" if study.endpoint == "death" else "death_or_ventilation"
    selection = select(gathered.cohort, gathered.meant, endpoint, ())
    arm = gathered.cohort.columns["arm"].of(selection.used)
    if not isinstance(arm, CategoricalColumn):
        raise TypeError("the arm is a category")
    stratum = _strata(study, gathered, selection)
    placed = place(selection.follow_up, arm, stratum, study, dict(asked.arms))
    verdict, told = _judge(asked, study, gathered, selection, placed)
    return Calibrated(
        selection,
        verdict,
        told,
        calibrate(placed, study),
        calibration_points(placed, study, DEFAULT_TIMES),
    )


def _strata(study: Study, gathered: Gathered, selection: Selection) -> CategoricalColumn:
    """The study's own strata: those of the records, or found anew where its cuts are others."""
    columns = gathered.cohort.columns
    stratum, level = columns["stratum"].of(selection.used), columns["pnfh"].of(selection.used)
    if isinstance(stratum, CategoricalColumn) and stratum.categories == tuple(study.ranges_by_id):
        return stratum
    if not isinstance(level, NumericColumn):
        raise TypeError("levels are numbers")
    return stratify(level, study.ranges_by_id)


def _judge(
    asked: CalibrationQuestion,
    study: Study,
    gathered: Gathered,
    selection: Selection,
    placed: Placed,
) -> tuple[Verdict, Told]:
    """Which strata and arms may be told of. Who has no level is a group as well."""
    cells: dict[tuple[str, Side], NDArray[np.bool_]] = {
        (stratum, side): placed.cell(side, stratum)
        for stratum in study.ranges_by_id
        for side in SIDES
    }
    unknown = [placed.cell(side) & ~placed.stratum.is_stated for side in SIDES]
    groups = [*cells.values(), *unknown]
    positions = selection.used[placed.rows]
    sizes = [int(np.count_nonzero(group)) for group in groups]
    masks = [
        _mask(positions[group], len(gathered.cohort))
        for group, size in zip(groups, sizes, strict=True)
        if size
    ]
    disclosures = gathered.held.disclosures
    question = ("calibration", asked, study.digest)
    verdict = disclosures.judge(question, gathered.meant, masks, [size for size in sizes if size])
    return verdict, _told(list(cells), sizes, verdict, disclosures.minimum)


def _told(cells: list[tuple[str, Side]], sizes: list[int], verdict: Verdict, minimum: int) -> Told:
    """What the verdict leaves to tell: no sum from which few patients would follow.

    That a cell is empty tells of nobody, and is told with the rest.
    """
    judged = iter(verdict.shown)
    shown = [next(judged) if size else verdict.is_allowed for size in sizes]
    hidden = [0 if is_shown else size for size, is_shown in zip(sizes, shown, strict=True)]
    by_side = [sum(hidden[place :: len(SIDES)]) for place in range(len(SIDES))]
    return Told(
        verdict.is_allowed,
        dict(zip(cells, shown, strict=False)),
        all(size == 0 or size >= minimum for size in by_side),
        not any(hidden[len(cells) :]),
    )


def _mask(positions: NDArray[np.intp], size: int) -> NDArray[np.bool_]:
    mask = np.zeros(size, dtype=bool)
    mask[positions] = True
    return mask
