"""From a checked fitted file to the study that the science works with.

Each arm's uncertainty was fitted, so it is taken as it stands: none has to be found from a hazard
ratio's interval, as for a publication.
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

from app.evidence.build_study import StudyBuilder
from app.survival.arm import Arm
from app.survival.pair import Pair
from app.survival.study import Group, Observed

if TYPE_CHECKING:
    from app.evidence.file_format import StratumEntry
    from app.evidence.fitted_format import FittedEffectEntry, FittedFile, FittedStratumEntry
    from app.survival.hazard import HazardRatio


class FittedStudyBuilder(StudyBuilder):
    """Builds the study of one fitted file."""

    def __init__(self, file: FittedFile) -> None:
        super().__init__(file)
        self.fitted = file

    def group(self, position: int, entry: StratumEntry, ratio: HazardRatio) -> Group:
        """The stratum's patients, with the curves of both arms."""
        return self._group(entry.id, self.fitted.strata[position], ratio)

    def whole_trial(self) -> Group:
        """The whole cohort, which stands beside every answer."""
        entry = self.fitted.whole_trial
        return self._group("whole_trial", entry, self.hazard_ratio(entry.hazard_ratio))

    def _group(
        self, name: str, entry: FittedStratumEntry | FittedEffectEntry, ratio: HazardRatio
    ) -> Group:
        survival, size = entry.control_survival, entry.control_participants
        variances, seen = entry.log_variances, entry.observed
        if survival is None or size is None or variances is None or seen is None:
            return Group(name, ratio, Observed())
        figures = (self.figure(part) for part in (seen.control, seen.treated, seen.difference))
        hazard, horizon = -log(survival.value), self.file.clock.horizon.value
        pair = Pair(
            Arm(hazard, variances.control.value, horizon),
            Arm(hazard * ratio.value, variances.treated.value, horizon),
        )
        baseline, patients = self.figure(survival), self.figure(size)
        return Group(name, ratio, Observed(*figures), baseline, patients, (pair,))
