"""Does the evidence speak about this patient? Each entry criterion: met, not met, or unknown.

Nothing is imputed: a fact that was not told stays unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from app.survival.provenance import Source

DAYS_PER_MONTH = 30.4375
DAYS_PER_WEEK = 7

CriterionStatus: TypeAlias = Literal["met", "not_met", "unknown"]
Grade: TypeAlias = Literal["applicable", "not_applicable", "undetermined"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a patient; None is unknown. Ages in years, durations as named."""

    age: float | None = None
    birth_year: int | None = None
    el_escorial: str | None = None
    onset_date: date | None = None
    symptom_months: float | None = None
    svc_percent: float | None = None
    riluzole_start: date | None = None
    riluzole_weeks: float | None = None
    baseline_date: date | None = None
    collected_date: date | None = None
    csf_after_run_in: bool | None = None
    excluded_condition: bool | None = None

    @property
    def reference_date(self) -> date | None:
        """The day the facts are judged on: the baseline, else the day of the sample."""
        return self.baseline_date or self.collected_date


@dataclass(frozen=True, slots=True)
class Criterion:
    """One entry criterion: which fact it looks at, what is allowed, and where it stands."""

    id: str
    rule: str
    source: Source
    least: float | None = None
    most: float | None = None
    below: float | None = None
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CriterionAnswer:
    """A criterion, answered for one patient."""

    id: str
    status: CriterionStatus
    rule: str
    source: Source


@dataclass(frozen=True, slots=True)
class Applicability:
    """All criteria answered, and the grade that follows from them."""

    grade: Grade
    criteria: tuple[CriterionAnswer, ...]


def judge_applicability(facts: Facts, criteria: Iterable[Criterion]) -> Applicability:
    """Answer every criterion from the facts alone."""
    answers = tuple(
        CriterionAnswer(c.id, CHECKS[c.id](facts, c), c.rule, c.source) for c in criteria
    )
    return Applicability(_grade([answer.status for answer in answers]), answers)


def _grade(statuses: list[CriterionStatus]) -> Grade:
    if "not_met" in statuses:
        return "not_applicable"
    return "undetermined" if "unknown" in statuses or not statuses else "applicable"


def _within(value: float | None, criterion: Criterion) -> CriterionStatus:
    if value is None:
        return "unknown"
    too_small = criterion.least is not None and value < criterion.least
    too_large = criterion.most is not None and value > criterion.most
    at_end = criterion.below is not None and value >= criterion.below
    return "not_met" if too_small or too_large or at_end else "met"


def _diagnosis(facts: Facts, criterion: Criterion) -> CriterionStatus:
    if facts.el_escorial is None:
        return "unknown"
    return "met" if facts.el_escorial in criterion.allowed else "not_met"


def _age(facts: Facts, criterion: Criterion) -> CriterionStatus:
    if facts.age is not None or facts.birth_year is None or facts.reference_date is None:
        return _within(facts.age, criterion)
    # A birth year leaves the age one year open: decided only if both ages agree.
    turned = facts.reference_date.year - facts.birth_year
    both = {_within(turned - 1, criterion), _within(turned, criterion)}
    return both.pop() if len(both) == 1 else "unknown"


def _symptom_duration(facts: Facts, criterion: Criterion) -> CriterionStatus:
    if facts.symptom_months is not None:
        return _within(facts.symptom_months, criterion)
    days = _days(facts.onset_date, facts.reference_date)
    return _within(None if days is None else days / DAYS_PER_MONTH, criterion)


def _vital_capacity(facts: Facts, criterion: Criterion) -> CriterionStatus:
    return _within(facts.svc_percent, criterion)


def _riluzole(facts: Facts, criterion: Criterion) -> CriterionStatus:
    if facts.riluzole_weeks is not None:
        return _within(facts.riluzole_weeks, criterion)
    days = _days(facts.riluzole_start, facts.reference_date)
    return _within(None if days is None else days / DAYS_PER_WEEK, criterion)


def _csf_timing(facts: Facts, criterion: Criterion) -> CriterionStatus:
    if facts.csf_after_run_in is not None:
        return "met" if facts.csf_after_run_in else "not_met"
    days = _days(facts.riluzole_start, facts.collected_date)
    return _within(None if days is None else days / DAYS_PER_WEEK, criterion)


def _exclusions(facts: Facts, _: Criterion) -> CriterionStatus:
    if facts.excluded_condition is None:
        return "unknown"
    return "not_met" if facts.excluded_condition else "met"


def _days(start: date | None, end: date | None) -> int | None:
    return None if start is None or end is None else (end - start).days


CHECKS: dict[str, Callable[[Facts, Criterion], CriterionStatus]] = {
    "diagnosis": _diagnosis,
    "age": _age,
    "symptom_duration": _symptom_duration,
    "slow_vital_capacity": _vital_capacity,
    "riluzole": _riluzole,
    "csf_timing": _csf_timing,
    "exclusions": _exclusions,
}
"""Criterion id -> how it is answered. Evidence may use these ids and no others."""
