"""Two arms that share a published hazard ratio, and the differences between them.

The baseline is anchored in the control arm: S1(t) = S0(t)^HR, so ln H1 = ln H0 + ln HR. In a trial
with independent arms Cov(ln H0, ln HR) = -v0; hence Var ln H1 = se(ln HR)^2 - v0, and adding the
two variances instead would count the control arm twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt
from typing import TYPE_CHECKING

from app.survival.arm import Arm
from app.survival.interval import Interval, wald

if TYPE_CHECKING:
    from app.survival.hazard import HazardRatio


@dataclass(frozen=True, slots=True)
class Pair:
    """A control and a treated arm with independent log hazards."""

    control: Arm
    treated: Arm

    def survival_difference(self, day: float, shape: float) -> float:
        """Treated minus control at `day`; positive is benefit."""
        return self.treated.survival(day, shape) - self.control.survival(day, shape)

    def survival_difference_interval(self, day: float, shape: float) -> Interval:
        """95 % by the delta method: Var = (S0 H0)^2 v0 + (S1 H1)^2 v1."""
        variance = sum(
            (arm.survival(day, shape) * arm.cumulative_hazard(day, shape)) ** 2 * arm.log_variance
            for arm in (self.control, self.treated)
        )
        return wald(self.survival_difference(day, shape), sqrt(variance))

    def mean_difference(self, shape: float) -> float:
        """Restricted mean survival time, treated minus control, in days."""
        return self.treated.restricted_mean(shape) - self.control.restricted_mean(shape)

    def mean_difference_interval(self, shape: float) -> Interval:
        """95 % by the delta method, arms independent."""
        variance = sum(
            arm.restricted_mean_slope(shape) ** 2 * arm.log_variance
            for arm in (self.control, self.treated)
        )
        return wald(self.mean_difference(shape), sqrt(variance))


def pair_arms(
    control_survival: float, participants: float, ratio: HazardRatio, horizon: float
) -> Pair | None:
    """Both arms from the control arm's survival at the horizon, its size and the hazard ratio.

    The control's variance is Greenwood's for a binomial proportion on the log(-log) scale:
    v0 = (1 - S)/(n S (ln S)^2). None where the ratio has no interval, or a narrower one than the
    control arm alone allows (v1 <= 0): such evidence contradicts itself.
    """
    hazard = -log(control_survival)
    control_variance = (1 - control_survival) / (participants * control_survival * hazard**2)
    error = ratio.log_standard_error
    if error is None or error**2 <= control_variance:
        return None
    return Pair(
        Arm(hazard, control_variance, horizon),
        Arm(hazard * ratio.value, error**2 - control_variance, horizon),
    )
