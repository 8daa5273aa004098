"""One arm's survival, from its survival at the horizon and an assumed Weibull shape.

S(t) = exp(-H (t/h)^k): H is the cumulative hazard at the horizon h, k the shape. Uncertainty is
a variance v of ln H, so a band multiplies H by exp(+-z sqrt v): symmetric on log(-log S).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt

from app.survival.interval import Interval, Z, wald


@dataclass(frozen=True, slots=True)
class Arm:
    """Cumulative hazard at the horizon, the variance of its log, and the horizon in days."""

    hazard: float
    log_variance: float
    horizon: float

    def cumulative_hazard(self, day: float, shape: float, since: float = 0.0) -> float:
        """The hazard gathered from day `since` to `day`."""
        elapsed = (day / self.horizon) ** shape - (since / self.horizon) ** shape
        return float(self.hazard * elapsed)

    def survival(self, day: float, shape: float, since: float = 0.0) -> float:
        """The probability to be alive at `day` for somebody alive at `since`."""
        return exp(-self.cumulative_hazard(day, shape, since))

    def band(self, day: float, shape: float, since: float = 0.0) -> Interval:
        """The pointwise 95 % interval of `survival`; (1, 1) where nothing has happened yet."""
        hazard = self.cumulative_hazard(day, shape, since)
        factor = exp(Z * sqrt(self.log_variance))
        return Interval(exp(-hazard * factor), exp(-hazard / factor))

    def restricted_mean(self, shape: float) -> float:
        """The area under the curve to the horizon, in days.

        With u = H (t/h)^k the integral is (h/k) H^(-1/k) g(1/k, H), g the lower incomplete gamma
        function, here by its series e^-H sum H^n / (a (a+1) ... (a+n)), a = 1/k.
        """
        a = 1 / shape
        term = total = 1 / a
        n = 1
        while term > total * 1e-17:
            term *= self.hazard / (a + n)
            total += term
            n += 1
        return self.horizon / shape * exp(-self.hazard) * total

    def restricted_mean_slope(self, shape: float) -> float:
        """d RMST / d ln H = (tau S(tau) - RMST)/k, in days; the delta method needs its size."""
        end = self.horizon * self.survival(self.horizon, shape)
        return (end - self.restricted_mean(shape)) / shape

    def restricted_mean_interval(self, shape: float) -> Interval:
        """The 95 % Wald interval of `restricted_mean`."""
        error = abs(self.restricted_mean_slope(shape)) * sqrt(self.log_variance)
        return wald(self.restricted_mean(shape), error)

    def median(self, shape: float) -> tuple[float, float, float]:
        """The days on which the curve and its band's lower and upper limit reach one half."""
        factor = exp(Z * sqrt(self.log_variance))
        days = [self._day_of_half(self.hazard * f, shape) for f in (1.0, factor, 1 / factor)]
        return days[0], days[1], days[2]

    def _day_of_half(self, hazard: float, shape: float) -> float:
        return float(self.horizon * (log(2) / hazard) ** (1 / shape))
