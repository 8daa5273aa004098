"""The estimate in sentences and in a small table, from unrounded numbers, for two readers.

Benefit and harm use the same sentences. Survival before the horizon is told over the outer band:
the 95 % band alone holds its promise only at the day that was published.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.answers.numbers import number
from app.survival.curve import months

if TYPE_CHECKING:
    from app.answers.phrases import Phrases
    from app.survival.curve import DifferenceAt, RestrictedMean, SurvivalAt
    from app.survival.estimate import ArmEstimate, ModelledEffect, SurvivalEstimate
    from app.survival.hazard import HazardRatio
    from app.survival.needed import Limit, NumberNeeded
    from app.survival.study import Group


def presentation(
    estimate: SurvivalEstimate, phrases: Phrases, *, sizes: bool = True
) -> dict[str, Any]:
    """Sentences for a clinician and for a lay reader, and a table; without `sizes`, no numbers."""
    if not sizes:
        words = _group_words(estimate, phrases)
        return {"clinician": words, "lay": words, "table": []}
    return {
        "clinician": _clinician(estimate, phrases),
        "lay": _lay(estimate, phrases),
        "table": _table(estimate, phrases),
    }


def _group_words(estimate: SurvivalEstimate, phrases: Phrases) -> list[str]:
    name = _stratum_name(estimate, phrases)
    group = estimate.group
    key = group.group.hazard_ratio.direction if group else estimate.status
    return [phrases.say("group", key, stratum=name), phrases.say("group", "whole_trial")]


def _clinician(estimate: SurvivalEstimate, phrases: Phrases) -> list[str]:
    if estimate.group is None:
        opening = [_silence(estimate, phrases)]
    else:
        opening = _effect(estimate.group.group, phrases, _stratum_name(estimate, phrases))
        if estimate.group.modelled:
            opening += _absolute(estimate.group.modelled, phrases)
        if estimate.reading.kind.silence is None:
            opening.append(phrases.say("clinician", "one_ratio"))
    return opening + _beside(estimate, phrases)


def _silence(estimate: SurvivalEstimate, phrases: Phrases) -> str:
    """Why there is no estimate; after the stratum's name the reason goes on in small letters."""
    name, reason = _stratum_name(estimate, phrases), phrases.reason(estimate.reason or "")
    told = reason[:1].lower() + reason[1:] if name else reason
    return phrases.say("clinician", estimate.status, stratum=name, reason=told)


def _effect(group: Group, phrases: Phrases, name: str) -> list[str]:
    ratio = group.hazard_ratio
    value, interval = phrases.decimal(ratio.value, 2), phrases.ratio_interval(ratio, tested=True)
    told = "without_interval" if ratio.lower is None else ratio.direction
    sentences = [
        phrases.say(
            "clinician", "effect",
            stratum=name, ratio=value, interval=interval, change=_change(ratio, phrases),
        ),
        phrases.say("clinician", f"direction_{told}"),
    ]  # fmt: skip
    if ratio.p_value is not None and ratio.direction != "uncertain":
        p = phrases.p_value(ratio.p_value)
        sentences.append(phrases.say("clinician", "chance", p=p))
    return sentences


def _change(ratio: HazardRatio, phrases: Phrases) -> str:
    """The change of the rate of death with its interval: the ratio's own limits in per cent."""
    size = _change_size(ratio, phrases)
    if ratio.lower is None or ratio.upper is None or ratio.level is None:
        return f"{size} {phrases.say('words', 'no_interval')}"
    lower, upper = (
        _change_size(replace(ratio, value=limit), phrases) for limit in (ratio.lower, ratio.upper)
    )
    level = phrases.per_cent(ratio.level)
    interval = phrases.say("words", "change_limits", level=level, lower=lower, upper=upper)
    return f"{size} {interval}"


def _change_size(ratio: HazardRatio, phrases: Phrases) -> str:
    way = "lower" if ratio.value < 1 else "higher"
    return phrases.say("words", way, size=abs(ratio.risk_change_percent))


def _absolute(modelled: ModelledEffect, phrases: Phrases) -> list[str]:
    control, treated = modelled.arms
    gap, mean = modelled.at_horizon, modelled.mean_difference
    day, outer = phrases.decimal(gap.time, 0), modelled.mean_difference_over_shapes
    here, there = (_deaths(arm, gap.time, phrases) for arm in (control, treated))
    limits = _points(gap.lower, phrases), _points(gap.upper, phrases)
    return [
        phrases.say(
            "clinician", "deaths", day=day,
            control=here[0], control_interval=phrases.interval(*here[1:]),
            treated=there[0], treated_interval=phrases.interval(*there[1:]),
            gap=_points(gap.value, phrases), interval=phrases.interval(*limits),
        ),
        phrases.say("clinician", "needed", value=_needed(gap.number_needed_to_treat, phrases)),
        *(
            _outer(one, other, phrases)
            for one, other in zip(control.survival_at, treated.survival_at, strict=True)
            if 0 < one.time < gap.time
        ),
        phrases.say(
            "clinician", "mean", day=day, gap=_signed(mean.value, phrases),
            lower=_signed(mean.lower, phrases), upper=_signed(mean.upper, phrases),
            outer_lower=_signed(outer.lower, phrases), outer_upper=_signed(outer.upper, phrases),
            level=phrases.per_cent(),
        ),
    ]  # fmt: skip


def _deaths(arm: ArmEstimate, day: float, phrases: Phrases) -> tuple[str, str, str]:
    """How many of 100 in an arm have died by a day of its curve, and the limits of that."""
    alive = _at(arm.curve, day)
    value, lower, upper = (
        _percent(1 - survival, phrases) for survival in (alive.survival, alive.upper, alive.lower)
    )
    return value, lower, upper


def _outer(control: SurvivalAt, treated: SurvivalAt, phrases: Phrases) -> str:
    one, other = control.shape_sensitivity, treated.shape_sensitivity
    return phrases.say(
        "clinician", "outer", day=phrases.printed(control.time),
        control_lower=_percent(one.band_lower, phrases),
        control_upper=_percent(one.band_upper, phrases),
        treated_lower=_percent(other.band_lower, phrases),
        treated_upper=_percent(other.band_upper, phrases), level=phrases.per_cent(),
    )  # fmt: skip


def primary_result(estimate: SurvivalEstimate, phrases: Phrases) -> str:
    """The sentence on the whole trial, which stands beside everything else."""
    ratio = estimate.whole_trial.group.hazard_ratio
    value, interval = phrases.decimal(ratio.value, 2), phrases.ratio_interval(ratio, tested=True)
    return phrases.say("clinician", "whole_trial", ratio=value, interval=interval)


def _beside(estimate: SurvivalEstimate, phrases: Phrases) -> list[str]:
    """The primary result, always; the pooled press figure where there is no estimate."""
    beside = [primary_result(estimate, phrases)]
    stratum, pool = estimate.reading.stratum(estimate.study), estimate.study.pool
    if pool and estimate.group is None and stratum and pool.range.holds_all_of(stratum.range):
        ratio = pool.hazard_ratio
        pooled, interval = phrases.decimal(ratio.value, 2), phrases.ratio_interval(ratio)
        beside.append(phrases.say("clinician", "pooled", ratio=pooled, interval=interval))
    return beside


def _lay(estimate: SurvivalEstimate, phrases: Phrases) -> list[str]:
    if estimate.group is None:
        opening = [phrases.say("lay", estimate.status)]
    elif estimate.group.modelled is None:
        opening = [phrases.say("lay", "no_curves")]
    else:
        opening = _lay_effect(estimate.group.modelled, phrases)
        direction = estimate.group.group.hazard_ratio.direction
        opening.append(phrases.say("lay", f"unsure_{direction}"))
    return [*opening, phrases.say("lay", "whole_trial"), phrases.say("lay", "not_approved")]


def _lay_effect(modelled: ModelledEffect, phrases: Phrases) -> list[str]:
    day = modelled.at_horizon.time
    control, treated = (_deaths(arm, day, phrases) for arm in modelled.arms)
    return [
        phrases.say(
            "lay", "effect", months=phrases.decimal(months(day), 0),
            control=control[0], control_lower=control[1], control_upper=control[2],
            treated=treated[0], treated_lower=treated[1], treated_upper=treated[2],
        )
    ]  # fmt: skip


def _table(estimate: SurvivalEstimate, phrases: Phrases) -> list[dict[str, Any]]:
    """Rows of ready-made words: ratios, survival at the times asked for, means, NNT."""
    whole = estimate.whole_trial.group.hazard_ratio
    rows = [_row(phrases.say("table", "whole_ratio"), difference=_ratio(whole, phrases))]
    group = estimate.group
    if group is None:
        return rows
    ratio = _row(
        phrases.say("table", "ratio"), difference=_ratio(group.group.hazard_ratio, phrases)
    )
    rows.insert(0, ratio)
    return rows + (_modelled_rows(group.modelled, phrases) if group.modelled else [])


def _modelled_rows(modelled: ModelledEffect, phrases: Phrases) -> list[dict[str, Any]]:
    control, treated = modelled.arms
    mean = modelled.mean_difference
    rows = [
        _row(
            phrases.say("table", "survival", months=phrases.decimal(one.months, 1)),
            time=one.time, placebo=_alive(one, phrases), il2ld=_alive(other, phrases),
            difference=_difference(gap, phrases),
        )
        for one, other, gap in zip(
            control.survival_at, treated.survival_at, modelled.differences, strict=True
        )
    ]  # fmt: skip
    days = [_signed(value, phrases) for value in (mean.value, mean.lower, mean.upper)]
    means = [_mean(arm.restricted_mean, phrases) for arm in (control, treated)]
    needed = _needed(modelled.at_horizon.number_needed_to_treat, phrases)
    return [
        *rows,
        _row(
            phrases.say("table", "mean"), time=mean.tau, placebo=means[0], il2ld=means[1],
            difference=f"{days[0]} ({days[1]} {phrases.say('words', 'to')} {days[2]})",
        ),
        _row(phrases.say("table", "needed"), time=mean.tau, difference=needed),
    ]  # fmt: skip


def _row(
    label: str, time: float | None = None, placebo: str = "", il2ld: str = "", difference: str = ""
) -> dict[str, Any]:
    return {
        "label": label,
        "time": None if time is None else number(time),
        "placebo": placebo,
        "il2ld": il2ld,
        "difference": difference,
    }


def _ratio(ratio: HazardRatio, phrases: Phrases) -> str:
    value, interval = phrases.decimal(ratio.value, 2), phrases.ratio_interval(ratio, tested=True)
    return f"{value} {interval}"


def _needed(needed: NumberNeeded, phrases: Phrases) -> str:
    """The number with its interval; where infinity lies between, each is told with its kind."""
    numbers = (needed, needed.lower, needed.upper)
    if not needed.through_infinity:
        value, lower, upper = (_count(number, phrases) for number in numbers)
        interval = phrases.interval(lower, upper)
        return phrases.say("clinician", f"needed_{needed.type}", value=value, interval=interval)
    value, lower, upper = (_count(number, phrases, named=True) for number in numbers)
    return phrases.say(
        "clinician", "needed_open", value=value, lower=lower, upper=upper, level=phrases.per_cent()
    )


def _count(number: Limit | NumberNeeded, phrases: Phrases, *, named: bool = False) -> str:
    if number.value is None or number.type is None:
        return phrases.say("words", "infinity")
    text = phrases.decimal(number.value, 1)
    return f"{text} ({phrases.say('words', number.type)})" if named else text


def _mean(mean: RestrictedMean, phrases: Phrases) -> str:
    value, lower, upper = (
        phrases.decimal(days, 0) for days in (mean.value, mean.lower, mean.upper)
    )
    return f"{value} ({lower}-{upper})"


def _alive(row: SurvivalAt, phrases: Phrases) -> str:
    outer = row.shape_sensitivity
    limits = f"{_percent(outer.band_lower, phrases)}-{_percent(outer.band_upper, phrases)}"
    return f"{_percent(row.survival, phrases)} % ({limits})"


def _difference(gap: DifferenceAt, phrases: Phrases) -> str:
    outer = gap.shape_sensitivity
    lower, upper = _points(outer.band_lower, phrases), _points(outer.band_upper, phrases)
    return f"{_points(gap.value, phrases)} ({lower} {phrases.say('words', 'to')} {upper})"


def _at(curve: tuple[SurvivalAt, ...], day: float) -> SurvivalAt:
    return next(point for point in curve if point.time == day)


def _percent(value: float, phrases: Phrases) -> str:
    return phrases.decimal(100 * value, 0)


def _points(value: float, phrases: Phrases) -> str:
    return _signed(100 * value, phrases)


def _signed(value: float, phrases: Phrases) -> str:
    text = phrases.decimal(value, 0)
    return text if text.startswith("-") or text == "0" else f"+{text}"


def _stratum_name(estimate: SurvivalEstimate, phrases: Phrases) -> str:
    stratum = estimate.reading.stratum(estimate.study)
    return phrases.stratum(stratum) if stratum else ""
