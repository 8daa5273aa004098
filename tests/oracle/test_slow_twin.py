"""The science agrees with its slow twin, on the published evidence and on any other."""

from dataclasses import dataclass
from math import exp, log, sqrt

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.survival.continuous import ContinuousModel
from app.survival.curve import GroupCurves
from app.survival.encals import EncalsPatient
from app.survival.interval import Z
from app.survival.pair import pair_arms
from app.survival.proportion import newcombe_difference
from app.survival.stratum import membership
from app.survival.study import Shape
from tests.builders import LIBRARY, MIROCALS, STRATA, a_ratio
from tests.oracle import slow_twin as twin

SIDES = ("control", "treated")
few = settings(max_examples=30)


def agree(found, expected, rel=1e-9, near=1e-12):
    assert found == pytest.approx(expected, rel=rel, abs=near)


@dataclass(frozen=True)
class Case:
    """Evidence of one group, as the science and as the twin see it."""

    curves: GroupCurves
    pairs: list

    @classmethod
    def of(cls, baselines, participants, ratio, shape, horizon):
        value, lower, upper = ratio
        known = a_ratio(value, lower, upper)
        pairs = tuple(pair_arms(s, participants, known, horizon) for s in baselines)
        twins = [twin.pair_of(s, participants, *ratio, horizon) for s in baselines]
        return cls(GroupCurves(pairs, shape, horizon), twins)

    def arms(self, side):
        return [getattr(pair, side) for pair in self.pairs]

    @property
    def shape(self):
        return self.curves.shape


def of_published(group):
    baseline, ratio = group.baseline, group.hazard_ratio
    ends = [baseline.value, *({baseline.lower, baseline.upper} - {None})]
    known = (ratio.value, ratio.lower, ratio.upper)
    return Case.of(ends, group.participants.value, known, MIROCALS.shape, 640.0)


PUBLISHED = [
    pytest.param(of_published(group), id=group.id)
    for group in (STRATA["low"].group, STRATA["high"].group, MIROCALS.whole_trial)
]


@st.composite
def cases(draw):
    """Any evidence: one baseline or a range of them, a ratio with an interval that is possible."""
    baselines = draw(st.lists(st.floats(0.03, 0.97), min_size=1, max_size=3))
    participants = draw(st.integers(10, 2000))
    v0 = max((1 - s) / (participants * s * log(s) ** 2) for s in baselines)
    width = Z * sqrt(v0 + draw(st.floats(1e-4, 1.0)))
    value = draw(st.floats(0.1, 5.0))
    low, high = draw(st.floats(0.6, 1.4)), draw(st.floats(1.6, 3.0))
    shape = Shape(draw(st.floats(low, high)), low, high)
    horizon = draw(st.sampled_from([360.0, 640.0, 1000.0]))
    ratio = (value, value * exp(-width), value * exp(width))
    return Case.of(baselines, participants, ratio, shape, horizon)


any_case = pytest.mark.parametrize("case", PUBLISHED)
fractions = st.floats(0.001, 1.0)


def check_survival(case, day, since=0.0):
    for side in SIDES:
        arms, k = case.arms(side), case.shape.value
        found = case.curves.survival_at(side, day, since)
        bands = [arm.band(day, k, since) for arm in arms]
        agree(found.survival, arms[0].survival(day, k, since))
        agree(found.lower, min(low for low, _ in bands))
        agree(found.upper, max(high for _, high in bands))


@any_case
@pytest.mark.parametrize("day", [0.5, 180, 365, 540, 640, 730, 960])
def test_survival_of_the_published_groups(case, day):
    check_survival(case, day)


@given(cases(), fractions, fractions)
def test_survival_and_its_band(case, late, early):
    day = late * case.curves.horizon
    check_survival(case, day, since=0.0)
    check_survival(case, day, since=early * day)


def check_shape_sensitivity(case, day, since):
    shape = case.shape
    for side in SIDES:
        arms = case.arms(side)
        outer = case.curves.survival_at(side, day, since).shape_sensitivity
        points = twin.extremes(
            lambda k, arm=arms[0]: arm.survival(day, k, since), shape.lower, shape.upper, 101
        )
        bands = [
            twin.extremes(
                lambda k, arm=arm, end=end: arm.band(day, k, since)[end],
                shape.lower, shape.upper, 101,
            )[end]
            for arm in arms for end in (0, 1)
        ]  # fmt: skip
        agree((outer.lower, outer.upper), points, near=1e-9)
        agree((outer.band_lower, outer.band_upper), (min(bands), max(bands)), near=1e-9)


@any_case
@pytest.mark.parametrize(("day", "since"), [(180, 0), (365, 0), (365, 200), (640, 200), (639, 400)])
def test_survival_of_the_published_groups_over_the_shapes(case, day, since):
    check_shape_sensitivity(case, day, since)


@few
@given(cases(), fractions, st.floats(0.0, 0.999))
def test_survival_over_the_shapes(case, late, early):
    day = late * case.curves.horizon
    check_shape_sensitivity(case, day, early * day)


def check_difference(case, day):
    shape, found = case.shape, case.curves.difference_at(day)
    limits = [pair.survival_difference_limits(day, shape.value) for pair in case.pairs]
    lower, upper = min(low for low, _ in limits), max(high for _, high in limits)
    agree(found.value, case.pairs[0].survival_difference(day, shape.value))
    agree((found.lower, found.upper), (lower, upper))
    needed = found.number_needed_to_treat
    agree(needed.value * found.value, 1.0 if needed.type == "benefit" else -1.0)
    assert needed.through_infinity == (lower <= 0 <= upper)


@any_case
@pytest.mark.parametrize("day", [180, 365, 540, 640])
def test_differences_of_the_published_groups(case, day):
    check_difference(case, day)


@given(cases(), fractions)
def test_differences_of_survival(case, late):
    assume(abs(case.pairs[0].survival_difference(late * case.curves.horizon, 1.5)) > 1e-6)
    check_difference(case, late * case.curves.horizon)


def check_difference_over_shapes(case, day):
    shape, outer = case.shape, case.curves.difference_at(day).shape_sensitivity
    points = twin.extremes(
        lambda k: case.pairs[0].survival_difference(day, k), shape.lower, shape.upper, 101
    )
    bands = [
        twin.extremes(
            lambda k, pair=pair, end=end: pair.survival_difference_limits(day, k)[end],
            shape.lower, shape.upper, 101,
        )[end]
        for pair in case.pairs for end in (0, 1)
    ]  # fmt: skip
    agree((outer.lower, outer.upper), points, near=1e-8)
    agree((outer.band_lower, outer.band_upper), (min(bands), max(bands)), near=1e-8)


@any_case
@pytest.mark.parametrize("day", [180, 365, 540, 640])
def test_differences_of_the_published_groups_over_the_shapes(case, day):
    check_difference_over_shapes(case, day)


@few
@given(cases(), fractions)
def test_differences_over_the_shapes(case, late):
    check_difference_over_shapes(case, late * case.curves.horizon)


def check_means(case):
    k = case.shape.value
    for side in SIDES:
        arms, found = case.arms(side), case.curves.restricted_mean(side)
        means = [(arm.restricted_mean(k), abs(arm.restricted_mean_slope(k))) for arm in arms]
        errors = [Z * sqrt(arm.log_variance) for arm in arms]
        widths = [size * error for (_, size), error in zip(means, errors, strict=True)]
        limits = [(mean - w, mean + w) for (mean, _), w in zip(means, widths, strict=True)]
        agree(found.value, means[0][0])
        agree(found.lower, min(low for low, _ in limits), near=1e-7)
        agree(found.upper, max(high for _, high in limits), near=1e-7)


def check_mean_difference(case):
    found, k = case.curves.mean_difference(), case.shape.value
    limits = [pair.mean_difference_limits(k) for pair in case.pairs]
    agree(found.value, case.pairs[0].mean_difference(k), near=1e-7)
    agree(found.lower, min(low for low, _ in limits), near=1e-7)
    agree(found.upper, max(high for _, high in limits), near=1e-7)


@any_case
def test_restricted_means_of_the_published_groups(case):
    check_means(case)
    check_mean_difference(case)


@few
@given(cases())
def test_restricted_means(case):
    check_means(case)
    check_mean_difference(case)


def check_mean_difference_over_shapes(case):
    shape, outer = case.shape, case.curves.mean_difference_over_shapes()
    expected = twin.extremes(case.pairs[0].mean_difference, shape.lower, shape.upper, 21)
    agree((outer.lower, outer.upper), expected, near=1e-6)


@any_case
def test_restricted_means_of_the_published_groups_over_the_shapes(case):
    check_mean_difference_over_shapes(case)


@settings(max_examples=15)
@given(cases())
def test_restricted_means_over_the_shapes(case):
    check_mean_difference_over_shapes(case)


def check_medians(case):
    k = case.shape.value
    for side in SIDES:
        arms, found = case.arms(side), case.curves.median(side)
        shift = [Z * sqrt(arm.log_variance) for arm in arms]
        days = [
            arms[0].day_of_half(0.0, k),
            min(arm.day_of_half(+s, k) for arm, s in zip(arms, shift, strict=True)),
            max(arm.day_of_half(-s, k) for arm, s in zip(arms, shift, strict=True)),
        ]
        horizon = case.curves.horizon
        for limit, day in zip((found.value, found.lower, found.upper), days, strict=True):
            agree(horizon if limit is None else limit, min(day, horizon))  # None is past it


@any_case
def test_medians_of_the_published_groups(case):
    check_medians(case)


@given(cases())
def test_medians(case):
    check_medians(case)


@given(
    st.floats(1, 1e6),
    st.lists(st.floats(10, 1e5), min_size=1, max_size=4, unique=True),
    st.floats(0.01, 1),
)
def test_the_certainty_of_a_stratum(level, cuts, assay_cv):
    cuts.sort()
    found = membership(level, [log(cut) for cut in cuts], assay_cv)
    agree(found, list(twin.membership(level, cuts, assay_cv)))


@given(st.data())
def test_newcombe(data):
    a_total, b_total = data.draw(st.integers(1, 500)), data.draw(st.integers(1, 500))
    a, b = data.draw(st.integers(0, a_total)), data.draw(st.integers(0, b_total))
    found = newcombe_difference(a, a_total, b, b_total)
    agree((found.lower, found.upper), twin.newcombe(a, a_total, b, b_total), rel=1e-7, near=1e-9)


@st.composite
def models(draw):
    """A published interaction; its slope is significant, so that Fieller's interval is finite."""
    per_unit = 1 + draw(st.floats(1e-4, 1e-3))
    slope_error = log(per_unit) / draw(st.floats(2.1, 20))
    return ContinuousModel(
        draw(st.floats(0.1, 0.9)), draw(st.floats(0.05, 1)), 0.005,
        per_unit, slope_error, 0.00005,
        draw(st.floats(-0.95, 0.5)), 750, 6000,
    )  # fmt: skip


def parts(model):
    errors = (model.at_zero_error, model.per_unit_error)
    return model.at_zero, model.per_unit, errors, model.correlation


@pytest.mark.parametrize("level", [750, 1500, 3000, 5000, 6000])
def test_the_published_continuous_effect(level):
    model = MIROCALS.interaction.model
    found = model.effect(level)
    expected = twin.continuous(level, *parts(model))
    agree((found.hazard_ratio, found.lower, found.upper), expected)


@given(models(), st.floats(1, 10_000))
def test_the_continuous_effect(model, level):
    found = model.effect(level)
    expected = twin.continuous(level, *parts(model))
    agree((found.hazard_ratio, found.lower, found.upper), expected)


def check_crossing(model):
    middle, interval = model.crossing()
    expected = twin.crossing(*parts(model))
    agree((middle, interval.lower, interval.upper), expected, rel=1e-6)


def test_the_published_crossing():
    check_crossing(MIROCALS.interaction.model)


@given(models())
def test_the_crossing(model):
    check_crossing(model)


patients = st.builds(
    EncalsPatient,
    age_at_onset=st.floats(18, 100),
    alsfrs_r_slope=st.floats(0, 20),
    diagnostic_delay_months=st.floats(2.5, 240),
    fvc_percent=st.floats(10, 200),
    bulbar_onset=st.booleans(),
    definite_als=st.booleans(),
    ftd=st.booleans(),
    c9orf72=st.booleans(),
)
ENCALS = LIBRARY.entry("encals-2018").prognosis
BASELINE = (ENCALS.knots, ENCALS.spline)


@given(patients, st.floats(0.5, 600))
def test_encals_survival(patient, months):
    predictor = ENCALS.linear_predictor(patient)
    expected = twin.encals_survival(months, predictor, *BASELINE)
    agree(ENCALS.survival(months, predictor), expected)


@given(st.floats(-9, 0), st.floats(0.05, 0.95))
def test_encals_quantiles(predictor, survival):
    expected = twin.encals_quantile(survival, predictor, *BASELINE)
    agree(ENCALS.quantile(survival, predictor), expected)
