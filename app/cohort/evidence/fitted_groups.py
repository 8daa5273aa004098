"""A clinic's own effect of one arm against another, stratum by stratum and over the whole cohort.

The strata share one Cox model (Efron) in which each has a baseline hazard and an effect of its
own, while whatever else is adjusted for acts alike in all: without adjustment that is a model for
each stratum alone. Curves rest on the control arm's Kaplan-Meier survival at a horizon that both
arms reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from app.cohort.evidence.two_arms import ArmSeen, TwoArms, common_horizon, seen_by, treated_share
from app.cohort.evidence.weibull_shape import FittedShape, weibull_shape
from app.cohort.models.cox import fit_cox
from app.cohort.models.design import Design
from app.cohort.models.refusal import INFINITE, FitRefused
from app.survival.interval import Z, normal_tail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from app.cohort.models.cox import CoxFit

TooFew: TypeAlias = Literal["too_few_patients", "too_few_deaths"]

LARGEST: Final = 700.0
"""The largest log hazard ratio whose ratio a computer can write down."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A hazard ratio with its 95 % Wald interval and two-sided p value."""

    value: float
    lower: float
    upper: float
    p_value: float


@dataclass(frozen=True, slots=True)
class FittedGroup:
    """Some patients: what was seen in both arms, and the effect or the reason for none.

    `log_variances` are those of ln H at the horizon, of the control and of the treated arm.
    """

    id: str
    control: ArmSeen
    treated: ArmSeen
    effect: Effect | None
    refusal: TooFew | None
    log_variances: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class FittedInteraction:
    """How the hazard ratio changes with the level: at level 0, and its factor per pg/mL.

    `correlation` is that of the two log coefficients. `lowest` and `highest` (pg/mL) are the 5th
    and 95th percentiles of the levels.
    """

    at_zero: Effect
    per_unit: Effect
    correlation: float
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class FittedGroups:
    """All that is needed of a cohort to make evidence of it. Days are since baseline."""

    horizon: int
    strata: tuple[FittedGroup, ...]
    whole: FittedGroup
    shape: FittedShape
    interaction: FittedInteraction | None


def fit_groups(arms: TwoArms, minimum: int) -> FittedGroups:
    """Fit every stratum and the whole cohort; a stratum with fewer than `minimum` in an arm is not.

    Raises FitRefused where the whole cohort allows no estimate, or a model cannot be fitted.
    """
    horizon = common_horizon(arms)
    if horizon is None:
        detail = "Both arms need at least 10 patients who were followed for 5 days or more."
        raise FitRefused("too_few_patients", "arm", detail)
    seen = seen_by(arms, horizon)
    reason = _too_few(seen, minimum)
    shape = weibull_shape(arms.follow_up.of(~arms.is_treated), horizon)
    if reason or shape is None:
        raise FitRefused(reason or "too_few_deaths", "arm", _WORDS[reason or "too_few_deaths"])
    return FittedGroups(
        horizon,
        _strata(arms, horizon, minimum),
        _group("whole_trial", arms, horizon, seen, _whole_effect(arms)),
        shape,
        _interaction(arms),
    )


_WORDS = {
    "too_few_patients": "There are too few patients in an arm, or none is left at the horizon.",
    "too_few_deaths": "There are too few deaths in an arm to estimate anything from.",
}


def _strata(arms: TwoArms, horizon: int, minimum: int) -> tuple[FittedGroup, ...]:
    names = arms.stratum.categories
    seen = [seen_by(arms.of(arms.stratum.codes == i), horizon) for i in range(len(names))]
    reasons = [_too_few(both, minimum) for both in seen]
    told = [i for i, reason in enumerate(reasons) if reason is None]
    effects = dict(zip(told, _stratum_effects(arms, told), strict=True))
    return tuple(
        _group(names[i], arms.of(arms.stratum.codes == i), horizon, seen[i], effects[i])
        if i in effects
        else FittedGroup(names[i], *seen[i], None, reasons[i])
        for i in range(len(names))
    )


def _group(
    name: str, arms: TwoArms, horizon: int, seen: tuple[ArmSeen, ArmSeen], effect: Effect
) -> FittedGroup:
    """A group with an effect, and the variances of ln H0 and of ln H1 = ln H0 + ln HR.

    Var ln H1 = v0 + se^2 - 2 se^2 z, z the share of the hazard at risk that is treated, averaged
    over the steps of the control arm's H0. Where H0 is estimated as well as the model allows,
    that is se^2 - v0, as for a publication; Kaplan and Meier's is not, at the end of follow-up.
    """
    v0, error = seen[0].log_variance or 0.0, log_error(effect)
    v1 = v0 + error**2 * (1 - 2 * treated_share(arms, horizon, effect.value))
    least = (error - sqrt(v0)) ** 2  # that of a correlation of -1
    return FittedGroup(name, *seen, effect, None, (v0, max(v1, least)))


def _too_few(seen: tuple[ArmSeen, ArmSeen], minimum: int) -> TooFew | None:
    if any(arm.patients < minimum for arm in seen):
        return "too_few_patients"
    if any(arm.deaths == 0 for arm in seen):
        return "too_few_deaths"
    return "too_few_patients" if any(arm.survival is None for arm in seen) else None


def _stratum_effects(arms: TwoArms, told: Sequence[int]) -> list[Effect]:
    """The effect in each of some strata, by their codes, from one model of them all."""
    if not told:
        return []
    chosen = arms.of(np.isin(arms.stratum.codes, told))
    codes = chosen.stratum.codes
    columns = [chosen.is_treated & (codes == code) for code in told]
    names = [f"arm:{arms.stratum.categories[code]}" for code in told]
    fit = _fit(chosen, columns, names, _crossed(codes, chosen.baseline))
    return [_effect(fit, i) for i in range(len(told))]


def _whole_effect(arms: TwoArms) -> Effect:
    return _effect(_fit(arms, [arms.is_treated], ["arm"], arms.baseline), 0)


def _interaction(arms: TwoArms) -> FittedInteraction | None:
    level = arms.level
    if level is None:
        return None
    columns = [arms.is_treated, level, arms.is_treated * level]
    fit = _fit(arms, columns, ["arm", "pnfh", "arm:pnfh"], arms.baseline)
    covariance = float(fit.covariance[0, 2])
    spread = sqrt(float(fit.covariance[0, 0]) * float(fit.covariance[2, 2]))
    lowest, highest = np.quantile(level, (0.05, 0.95))
    return FittedInteraction(
        _effect(fit, 0), _effect(fit, 2), covariance / spread, float(lowest), float(highest)
    )


def _fit(
    arms: TwoArms,
    columns: Sequence[NDArray[np.generic]],
    names: Sequence[str],
    baseline: NDArray[np.int32] | None,
) -> CoxFit:
    own = np.stack([column.astype(np.float64) for column in columns])
    stacked = np.concatenate([own, arms.adjusted])
    every = (*names, *arms.names)
    design = Design(stacked, every, (1,) * len(every))
    return fit_cox(design, arms.follow_up, baseline)


def _crossed(codes: NDArray[np.int32], baseline: NDArray[np.int32] | None) -> NDArray[np.int32]:
    if baseline is None:
        return codes
    return codes * np.int32(baseline.max(initial=0) + 1) + baseline


def _effect(fit: CoxFit, position: int) -> Effect:
    value = float(fit.coefficients[position])
    error = sqrt(float(fit.covariance[position, position]))
    if abs(value) + Z * error > LARGEST:
        name = fit.names[position]
        raise FitRefused(INFINITE, name, f"The interval of {name} has no end.")
    return Effect(
        exp(value),
        exp(value - Z * error),
        exp(value + Z * error),
        2 * normal_tail(abs(value) / error),
    )


def log_error(effect: Effect) -> float:
    """The standard error of the log of a ratio, from its interval."""
    return float(np.log(effect.upper / effect.lower)) / (2 * Z)
