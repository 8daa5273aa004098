"""The ENCALS prognosis: a personal baseline without treatment (Westeneng, Lancet Neurol 2018).

A Royston-Parmar model with proportional odds on ln(months since onset). Its clock starts at
symptom onset and its event is death, tracheostomy or ventilation for more than 23 hours a day, so
it is never mixed with a trial that counts death from randomisation. No covariance was published:
the quartiles are the spread of outcomes, not an interval of confidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class EncalsPatient:
    """The eight predictors. Slope in points lost a month (positive), delay in months."""

    age_at_onset: float
    alsfrs_r_slope: float
    diagnostic_delay_months: float
    fvc_percent: float
    bulbar_onset: bool
    definite_als: bool
    ftd: bool
    c9orf72: bool


@dataclass(frozen=True, slots=True)
class EncalsModel:
    """Coefficients by predictor, and the baseline spline: s(t) = a + b z + c1 v1 + c2 v2."""

    coefficients: Mapping[str, float]
    knots: tuple[float, float, float, float]
    spline: tuple[float, float, float, float]

    def linear_predictor(self, patient: EncalsPatient) -> float:
        """The log odds that the patient adds; higher is worse."""
        delay = patient.diagnostic_delay_months / 10
        capacity = patient.fvc_percent / 100
        terms = {
            "slope": 1 / sqrt(patient.alsfrs_r_slope + 0.1),
            "delay": 1 / sqrt(delay) + log(delay),
            "age": (patient.age_at_onset / 100) ** -2,
            "fvc": 1 / capacity + 1 / sqrt(capacity),
            "bulbar": float(patient.bulbar_onset),
            "definite": float(patient.definite_als),
            "ftd": float(patient.ftd),
            "c9orf72": float(patient.c9orf72),
        }
        return sum(self.coefficients[name] * term for name, term in terms.items())

    def log_odds(self, months: float) -> float:
        """s(t), the baseline log odds of the event by `months` since onset."""
        z = log(months)
        first, *inner, last = self.knots
        value = self.spline[0] + self.spline[1] * z
        for weight, knot in zip(self.spline[2:], inner, strict=True):
            share = (last - knot) / (last - first)
            bend = _cube(z - knot) - share * _cube(z - first) - (1 - share) * _cube(z - last)
            value += weight * bend
        return value

    def survival(self, months: float, predictor: float) -> float:
        """S(t) since onset; 1 at 0."""
        if months <= 0:
            return 1.0
        odds = self.log_odds(months) + predictor
        return 1 / (1 + exp(odds)) if odds < 0 else exp(-odds) / (1 + exp(-odds))

    def quantile(self, survival: float, predictor: float) -> float:
        """The month since onset at which survival falls to the given proportion.

        s is strictly increasing, so the root is bracketed and halved on ln t.
        """
        target = log((1 - survival) / survival) - predictor
        low, high = -20.0, 20.0
        for _ in range(100):
            middle = (low + high) / 2
            if self.log_odds(exp(middle)) < target:
                low = middle
            else:
                high = middle
        return exp((low + high) / 2)


def _cube(value: float) -> float:
    return value**3 if value > 0 else 0.0
