"""What a picture of a cohort says in words: who was counted, who was not, how each group did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.answers.lettering import cleaned, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_GROUPS: Final = 12
"""So many curves can be told apart; more groups are counted, not drawn."""

NARROW_SPACE: Final = "\N{NARROW NO-BREAK SPACE}"
_LONGEST_VALUE, _LONGEST_NAME, _LONGEST_CAPTION_NAME = 200, 300, 80
"""Characters."""


def drawn_groups(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give the groups that have a curve and are among the first that can be drawn."""
    return _shown(answer)[:MOST_GROUPS]


def name_pieces(group: Mapping[str, Any]) -> list[str]:
    """Name a group as R's `survfit` does, in pieces: `arm=`, `il2ld`, `, stratum=`, `low`."""
    pieces: list[str] = []
    for name, value in group["group"].items():
        pieces += [f", {name}=" if pieces else f"{name}=", _value(value)]
    return pieces or ["all patients"]


def name_of(group: Mapping[str, Any], longest: int = _LONGEST_NAME) -> str:
    """Name a group in one line of at most so many characters."""
    return shortened("".join(name_pieces(group)), longest)


def size_of(group: Mapping[str, Any]) -> str:
    """Say how many patients and events a group has."""
    return f"{_counted(group['n'], 'patient')}, {_counted(group['events'], 'event')}"


def median_of(group: Mapping[str, Any], level: float) -> str:
    """Say a group's median survival with its interval."""
    median = group.get("median") or {}
    value, lower, upper = (_day(median.get(name)) for name in ("value", "lower", "upper"))
    told = "not reached" if value is None else f"{value} days"
    if lower is None and upper is None:
        return f"median {told} (no {percent(level)} CI)"
    within = f"{lower or 'not reached'} to {upper or 'not reached'}"
    return f"median {told} ({percent(level)} CI {within})"


def captions(answer: Mapping[str, Any]) -> list[str]:
    """Say what a reader must know of the curves: exclusions, test, what is not shown."""
    told = [used(answer), _log_rank(answer), _suppressed(answer), _left_out(answer)]
    told += [_emptied(group) for group in drawn_groups(answer)]
    return [sentence for sentence in told if sentence]


def how_to_read(answer: Mapping[str, Any]) -> str:
    """Explain the bands and the table."""
    method = f" ({answer['ci_method']})" if answer.get("ci_method") else ""
    return (
        f"Bands: pointwise {percent(answer['level'])} confidence intervals{method}. "
        "At risk: just before the day. Events and censored: up to and including the day."
    )


def used(answer: Mapping[str, Any]) -> str:
    """Say how many of all patients were used and why the others were not."""
    if answer["n_used"] is None:
        return "Too few patients to say how many they are."
    told = f"{count(answer['n_used'])} of {_counted(answer['n_total'], 'patient')} used."
    left = [one for one in answer.get("excluded") or () if one["n"]]
    reasons = "; ".join(f"{one['reason'].replace('_', ' ')} ({count(one['n'])})" for one in left)
    return f"{told} Excluded: {reasons}." if reasons else f"{told} Nobody was excluded."


def event_free(answer: Mapping[str, Any]) -> str:
    """Name what the curves are the probability of."""
    if answer.get("endpoint") == "death_or_ventilation":
        return "Survival without tracheostomy or NIV"
    return "Survival"


def notices(answer: Mapping[str, Any]) -> list[str]:
    """Give what must be read before the curves, such as that the data are synthetic."""
    return [notice["text"] for notice in answer.get("notices") or ()]


def nothing_drawn(answer: Mapping[str, Any]) -> str:
    """Say why there is no curve."""
    if any(group.get("suppressed") for group in answer["groups"]):
        return "Every group is suppressed, so there is no curve to show."
    return "No patient of this cohort can be used, so there is no curve to show."


def percent(level: float) -> str:
    """Write a confidence level: `95 %`."""
    return f"{100 * level:g} %"


def count(number: int) -> str:
    """Write a count; from 10 000 on its thousands stand apart."""
    return f"{number:,}".replace(",", NARROW_SPACE if number >= 10_000 else "")


def _value(value: object) -> str:
    if value is None:
        return "not stated"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return shortened(cleaned(str(value)).strip(), _LONGEST_VALUE) or "(blank)"


def _counted(number: int, noun: str) -> str:
    return f"{count(number)} {noun}" if number == 1 else f"{count(number)} {noun}s"


def _day(day: float | None) -> str | None:
    return None if day is None else f"{day:.1f}".removesuffix(".0")


def _log_rank(answer: Mapping[str, Any]) -> str:
    test = answer.get("log_rank") or {}
    p_value = test.get("p_value")
    if p_value is None:
        return ""
    probability = f"p = {p_value:.3f}" if p_value >= 0.001 else "p < 0.001"
    freedom = f"chi-squared {test['statistic']:.2f} on {test['degrees_of_freedom']} df"
    strata = ", ".join(test.get("stratified_by") or ())
    return f"Log-rank test{f' stratified by {strata}' if strata else ''}: {freedom}, {probability}."


def _suppressed(answer: Mapping[str, Any]) -> str:
    groups = [group for group in answer["groups"] if group.get("suppressed")]
    fewest = answer.get("minimum_group")
    why = f"fewer than {fewest} patients" if fewest else "too few patients"
    names = _listed([name_of(group, _LONGEST_CAPTION_NAME) for group in groups])
    return names and f"Suppressed: {why}, or hidden to protect such a group: {names}."


def _emptied(group: Mapping[str, Any]) -> str:
    """With delayed entry the risk set may be empty for a while; what follows is of others."""
    if group.get("emptied_at") is None:
        return ""
    name = name_of(group, _LONGEST_CAPTION_NAME)
    return f"{name}: after day {_day(group['emptied_at'])} nobody was left; others entered later."


def _listed(names: Sequence[str]) -> str:
    more = [f"and {len(names) - MOST_GROUPS} more"] if len(names) > MOST_GROUPS else []
    return "; ".join([*names[:MOST_GROUPS], *more])


def _left_out(answer: Mapping[str, Any]) -> str:
    more = len(_shown(answer)) - MOST_GROUPS
    return (
        f"Only the first {MOST_GROUPS} groups are drawn; {more} more are not." if more > 0 else ""
    )


def _shown(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [
        group for group in answer["groups"] if group.get("curve") and not group.get("suppressed")
    ]
