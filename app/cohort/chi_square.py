"""The result of a chi-square test."""

from __future__ import annotations

from dataclasses import dataclass

from app.cohort.tails import chi_square_tail


@dataclass(frozen=True, slots=True)
class ChiSquareTest:
    """A statistic that is chi-square distributed where there is no effect."""

    statistic: float
    degrees_of_freedom: int

    @property
    def p_value(self) -> float:
        """How often chance alone gives this much or more."""
        return chi_square_tail(self.statistic, self.degrees_of_freedom)
