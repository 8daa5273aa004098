"""A slow second implementation of the science that does almost everything differently.

Means are integrated numerically, slopes are taken by a complex step, limits are found as roots and
extremes on a dense grid. Only the definitions are shared: S0(t) = S0^((t/h)^k), S1 = S0^HR,
Cov(ln H0, ln HR) = -v0, and the normal quantile to the printed digits.
"""

from dataclasses import dataclass
from math import exp, inf, log, sqrt

import numpy as np
from scipy import integrate, optimize, special, stats

Z = round(stats.norm.ppf(0.975), 6)
TINY_STEP = 1e-30


def slope(function, x):
    """Give the derivative at x, exact to rounding (Squire and Trapp, SIAM Rev 1998;40:110)."""
    return np.imag(function(x + 1j * TINY_STEP)) / TINY_STEP


def root(function, low, high):
    return optimize.brentq(function, low, high, xtol=1e-300, rtol=9e-16, maxiter=500)


def integral(function, end):
    return integrate.quad(function, 0, end, epsabs=0, epsrel=1e-12, limit=500)[0]


@dataclass(frozen=True)
class TwinArm:
    """An arm by its survival at the horizon and the variance of ln(-ln S)."""

    survival_at_horizon: float
    log_variance: float
    horizon: float

    def survival(self, day, shape, since=0.0):
        return self._from(0.0, day, shape) / self._from(0.0, since, shape)

    def band(self, day, shape, since=0.0):
        limits = [self._from(side * Z * sqrt(self.log_variance), day, shape) for side in (+1, -1)]
        starts = [self._from(side * Z * sqrt(self.log_variance), since, shape) for side in (+1, -1)]
        return tuple(limit / start for limit, start in zip(limits, starts, strict=True))

    def restricted_mean(self, shape):
        return integral(lambda day: self._from(0.0, day, shape), self.horizon)

    def restricted_mean_slope(self, shape):
        return integral(
            lambda day: slope(lambda shift: self._from(shift, day, shape), 0.0), self.horizon
        )

    def survival_slope(self, day, shape):
        return slope(lambda shift: self._from(shift, day, shape), 0.0)

    def day_of_half(self, shift, shape):
        """Find the day on which the curve with ln H moved by `shift` reaches one half."""
        return exp(root(lambda ln_day: self._from(shift, exp(ln_day), shape).real - 0.5, -60, 60))

    def _from(self, shift, day, shape):
        """Survival at a day with ln H moved by `shift`."""
        return np.exp(
            np.log(self.survival_at_horizon) * np.exp(shift) * (day / self.horizon) ** shape
        )


@dataclass(frozen=True)
class TwinPair:
    """Both arms of a trial."""

    control: TwinArm
    treated: TwinArm

    def survival_difference(self, day, shape):
        return self.treated.survival(day, shape) - self.control.survival(day, shape)

    def survival_difference_limits(self, day, shape):
        slopes = [arm.survival_slope(day, shape) for arm in (self.control, self.treated)]
        return self._limits(self.survival_difference(day, shape), slopes)

    def mean_difference(self, shape):
        return self.treated.restricted_mean(shape) - self.control.restricted_mean(shape)

    def mean_difference_limits(self, shape):
        slopes = [arm.restricted_mean_slope(shape) for arm in (self.control, self.treated)]
        return self._limits(self.mean_difference(shape), slopes)

    def _limits(self, value, slopes):
        """Error propagation with a whole covariance matrix, here diagonal: the arms are apart."""
        gradient = np.stack([-slopes[0], slopes[1]])
        covariance = np.diag([self.control.log_variance, self.treated.log_variance])
        error = np.sqrt(np.einsum("i...,ij,j...->...", gradient, covariance, gradient))
        return value - Z * error, value + Z * error


def pair_of(control_survival, participants, value, lower, upper, horizon):
    """Rebuild both arms from the joint covariance of (ln H0, ln HR)."""
    proportion_variance = control_survival * (1 - control_survival) / participants
    v0 = slope(lambda s: np.log(-np.log(s)), control_survival) ** 2 * proportion_variance
    error = root(lambda se: log(lower) + 2 * Z * se - log(upper), 0.0, 100.0)
    covariance = np.array([[v0, -v0], [-v0, error**2]])
    both = np.array([1.0, 1.0])  # ln H1 = ln H0 + ln HR
    return TwinPair(
        TwinArm(control_survival, v0, horizon),
        TwinArm(control_survival**value, both @ covariance @ both, horizon),
    )


def extremes(function, lower, upper, points):
    """Look everywhere on a grid, then refine around the best point."""
    grid = np.linspace(lower, upper, points)
    values = np.array([function(shape) for shape in grid])
    return _refined(function, grid, values), -_refined(lambda x: -function(x), grid, -values)


def _refined(function, grid, values):
    best = int(values.argmin())
    around = (grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)])
    found = optimize.minimize_scalar(function, bounds=around, options={"xatol": 1e-10})
    return min(float(found.fun), float(values[best]))


def membership(level, cuts, assay_cv):
    """Probabilities of the strata from the log-normal distribution of the true level."""
    spread = sqrt(log(1 + assay_cv**2))
    truth = stats.lognorm(spread, scale=level)
    return np.diff(truth.cdf([0.0, *cuts, inf]))


def wilson(events, total):
    """Find the two proportions that the data lie just Z standard errors from."""
    seen = events / total

    def distance(proportion):
        return (seen - proportion) ** 2 - Z**2 * proportion * (1 - proportion) / total

    # Where all or none were seen, the proportion seen is a root itself, and the other limit is
    # beyond it.
    middle = min(max(seen, 1e-12), 1 - 1e-12)
    return (
        root(distance, 0.0, middle) if seen > 0 else 0.0,
        root(distance, middle, 1.0) if seen < 1 else 1.0,
    )


def newcombe(a, a_total, b, b_total):
    p, q = a / a_total, b / b_total
    (p_low, p_high), (q_low, q_high) = wilson(a, a_total), wilson(b, b_total)
    return p - q - np.hypot(p - p_low, q_high - q), p - q + np.hypot(p_high - p, q - q_low)


def continuous(level, at_zero, per_unit, errors, correlation):
    """The hazard ratio at a level, its interval by the covariance matrix of the coefficients."""
    row = np.array([1.0, level])
    ratio = float(row @ np.log([at_zero, per_unit]))
    width = Z * sqrt(row @ _covariance(errors, correlation) @ row)
    return exp(ratio), exp(ratio - width), exp(ratio + width)


def crossing(at_zero, per_unit, errors, correlation):
    """Where the effect is 1, and both roots of (a + b x)^2 = z^2 Var(a + b x)."""
    covariance = _covariance(errors, correlation)
    a, b = log(at_zero), log(per_unit)

    def excess(level):
        row = np.array([1.0, level])
        return (a + b * level) ** 2 - Z**2 * (row @ covariance @ row)

    middle = root(lambda level: a + b * level, -1e9, 1e9)
    return middle, _root_beyond(excess, middle, -1.0), _root_beyond(excess, middle, +1.0)


def _root_beyond(excess, middle, step):
    """The first sign change on one side; there is one because the slope is significant."""
    while excess(middle + step) < 0:
        step *= 1.5
    return root(excess, *sorted((middle, middle + step)))


def _covariance(errors, correlation):
    product = correlation * errors[0] * errors[1]
    return np.array([[errors[0] ** 2, product], [product, errors[1] ** 2]])


def encals_log_odds(months, knots, spline):
    """The restricted cubic spline from its truncated powers, as a matrix product."""
    z = np.log(months)
    first, *inner, last = knots
    powers = np.clip(z - np.array([*inner, first, last]), 0, None) ** 3
    shares = [(last - knot) / (last - first) for knot in inner]
    weights = np.array([[1, 0, -shares[0], shares[0] - 1], [0, 1, -shares[1], shares[1] - 1]])
    return float(np.array(spline) @ np.array([1.0, z, *(weights @ powers)]))


def encals_survival(months, predictor, knots, spline):
    return special.expit(-(encals_log_odds(months, knots, spline) + predictor))


def encals_quantile(survival, predictor, knots, spline):
    return exp(
        root(lambda z: encals_survival(exp(z), predictor, knots, spline) - survival, -18, 18)
    )
