"""Own evidence and a calibration for the OpenAPI document: of invented patients, computed here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

from app.answers.cohort.calibration import Told, show_calibration
from app.api.cohort.cohort_route import write_numbers
from app.cohort.cohort import Selection
from app.cohort.columns import CategoricalColumn
from app.cohort.evidence.calibration import SIDES, calibrate, place
from app.cohort.evidence.calibration_plot import calibration_points
from app.cohort.evidence.fitted_groups import Effect, FittedGroup, FittedGroups
from app.cohort.evidence.two_arms import ArmSeen
from app.cohort.evidence.weibull_shape import FittedShape
from app.cohort.follow_up import FollowUp
from app.evidence.file_format import TrialFile
from app.evidence.fitted_document import Fit, FittedDocument
from app.evidence.fitted_study import read_entry, write_document
from app.schemas.estimates import DEFAULT_EVIDENCE
from app.schemas.fitted_evidence import EXAMPLE
from app.use_cases.cohort.cohort_notices import OBSERVATIONAL
from app.use_cases.estimates.read_evidence import read_evidence

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.evidence.library import Library
    from app.survival.study import Study

JSON: Final = "application/json"
VERSION: Final = "9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab"
DRAWING: Final = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 480" role="img"/>'

FIT: Final = Fit(
    evidence_id="fitted-5ce6532a",
    title="Own cohort: il2ld against none, by CSF pNFH",
    model_id=EXAMPLE["model_id"],
    cohort_version=VERSION,
    fitted_date="2026-03-02",
    treatment="il2ld",
    control="none",
    endpoint="death",
    adjustment="Cox model with age_at_baseline",
    minimum=10,
    is_coarse=False,
    is_synthetic=True,
)
LOW: Final = FittedGroup(
    "low",
    ArmSeen(154, 84, 0.41, 0.043, 0.0138),
    ArmSeen(121, 49, 0.56, 0.049, 0.0228),
    Effect(0.66, 0.46, 0.94, 0.021),
    None,
    (0.0138, 0.0229),
)
NOBODY: Final = ArmSeen(0, 0, None, None, None)


def show_own_evidence(
    openapi: dict[str, Any], library: Library, thin: Callable[[Any], Any]
) -> None:
    """Put an answer beside both operations. `thin` leaves out most of a curve's points."""
    made = openapi["paths"]["/v1/evidence"]["post"]["responses"]["201"]["content"]
    made[JSON]["example"] = thin(_evidence(library))
    compared = openapi["paths"]["/v1/cohort/calibration"]["post"]["responses"]["200"]["content"]
    compared[JSON]["example"] = _calibration(library.studies[DEFAULT_EVIDENCE])
    compared["image/svg+xml"]["example"] = DRAWING


def _evidence(library: Library) -> Any:
    base = library.entry(DEFAULT_EVIDENCE).file
    if not isinstance(base, TrialFile):
        raise TypeError(f"{DEFAULT_EVIDENCE} is a trial")
    groups = [
        LOW if one.id == LOW.id else FittedGroup(one.id, NOBODY, NOBODY, None, "too_few_patients")
        for one in base.strata
    ]
    found = FittedGroups(640, tuple(groups), LOW, FittedShape(1.42, 1.22, 1.63), None)
    entry = read_entry(write_document(FittedDocument(FIT, found, base).document()))
    document = read_evidence(FIT.evidence_id, library=library.with_entries([entry]))
    return orjson.loads(orjson.dumps(document))


def _calibration(study: Study) -> Any:
    """Twenty patients in each arm of the low stratum: nine and six of them died."""
    days = np.tile(np.arange(64.0, 641.0, 64.0), 4)
    everybody = np.arange(days.size)
    is_treated = everybody % 2
    event = (everybody // 2 < np.where(is_treated, 6, 9)).astype(np.int8)
    arm = CategoricalColumn(is_treated.astype(np.int32), (study.control, study.treatment))
    names = tuple(study.ranges_by_id)
    low = CategoricalColumn(np.full(days.size, names.index("low"), np.int32), names)
    placed = place(FollowUp(days, event), arm, low, study)
    cells: dict[tuple[str, str], bool] = {(name, side): True for name in names for side in SIDES}
    document = show_calibration(
        study,
        calibrate(placed, study),
        calibration_points(placed, study, [365.0, 640.0]),
        Selection(everybody, everybody, placed.follow_up, ()),
        Told(anything=True, cells=cells, arms=True, unknown=True),
    )
    state = {"cohort_version": VERSION, "minimum_group": FIT.minimum}
    return orjson.loads(write_numbers(document | state | {"notices": [OBSERVATIONAL]}))
