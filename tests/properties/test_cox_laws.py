"""What holds for every Cox model, whatever the patients."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.cohort.follow_up import FollowUp
from app.cohort.models.concordance import harrell
from app.cohort.models.cox import fit_cox
from app.cohort.models.design import Design
from app.cohort.models.proportional_hazards import check_proportional_hazards
from app.cohort.models.refusal import FitRefused
from tests.unit.cohort.slow_cox import slow_concordance, slow_likelihood


@st.composite
def cohorts(draw, most=40):
    """Patients with two covariates, tied days, perhaps entry and strata."""
    n = draw(st.integers(8, most))
    seed = draw(st.integers(0, 2**32 - 1))
    source = np.random.Generator(np.random.PCG64(seed))
    days = source.integers(1, draw(st.sampled_from([4, 20, 1000])), n).astype(float)
    entry = np.floor(days * source.random(n)) if draw(st.booleans()) else None
    event = (source.random(n) < draw(st.sampled_from([0.4, 0.9]))).astype(np.int8)
    strata = source.integers(0, 3, n) if draw(st.booleans()) else None
    columns = np.stack((source.integers(0, 2, n).astype(float), source.normal(size=n).round(1)))
    return Design(columns, ("arm", "x"), (1, 1)), FollowUp(days, event, entry), strata


def fitted(design, follow_up, strata=None):
    """The fit; what cannot be fitted is no example."""
    try:
        return fit_cox(design, follow_up, strata)
    except FitRefused:
        assume(False)


def same(first, second):
    np.testing.assert_allclose(first.coefficients, second.coefficients, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(first.covariance, second.covariance, rtol=1e-5, atol=1e-7)
    assert first.log_likelihood == pytest.approx(second.log_likelihood, abs=1e-8)


@given(cohorts())
def test_the_fit_is_the_slow_twins_maximum(cohort):
    fit = fitted(*cohort)
    value, score, information = slow_likelihood(fit.coefficients, *cohort)
    assert fit.log_likelihood == pytest.approx(value, abs=1e-8)
    np.testing.assert_allclose(score * fit.standard_errors, 0, atol=1e-6)
    np.testing.assert_allclose(fit.covariance @ information, np.eye(2), atol=1e-4)


@given(cohorts())
def test_concordance_counts_every_pair_once(cohort):
    fit = fitted(*cohort)
    expected = slow_concordance(linear(fit, cohort[0]), *cohort[1:])
    found = harrell(fit)
    if expected is None:
        assert found is None
    else:
        assert (found.value, found.standard_error) == pytest.approx(expected, abs=1e-12)


def linear(fit, design):
    """Column by column, so that equal patients have equal scores."""
    return sum(b * column for b, column in zip(fit.coefficients, design.columns, strict=True))


@given(cohorts(), st.randoms(use_true_random=False))
def test_the_order_of_the_patients_changes_nothing(cohort, random):
    design, follow_up, strata = cohort
    order = list(range(len(follow_up)))
    random.shuffle(order)
    rows = np.array(order)
    moved = None if strata is None else strata[rows]
    same(fitted(*cohort), fitted(design.of(rows), follow_up.of(rows), moved))


@given(cohorts(), st.sampled_from([1e-3, 0.5, 40.0]), st.sampled_from([-7.0, 0.0, 1000.0]))
def test_another_unit_of_a_covariate_scales_its_coefficient(cohort, factor, shift):
    design, follow_up, strata = cohort
    other = Design(
        np.stack((design.columns[0], design.columns[1] * factor + shift)), design.names, (1, 1)
    )
    first, second = fitted(*cohort), fitted(other, follow_up, strata)
    units = np.array([1.0, factor])
    np.testing.assert_allclose(second.coefficients * units, first.coefficients, atol=1e-6)
    assert second.log_likelihood == pytest.approx(first.log_likelihood, abs=1e-8)


@given(cohorts())
def test_a_stratum_of_one_changes_nothing(cohort):
    design, follow_up, strata = cohort
    strata = np.zeros(len(follow_up), int) if strata is None else strata
    lone = Design(np.hstack((design.columns, [[1.0], [3.0]])), design.names, (1, 1))
    entry = None if follow_up.entry is None else np.append(follow_up.entry, 0.0)
    more = FollowUp(np.append(follow_up.days, 5.0), np.append(follow_up.event, 1), entry)
    same(fitted(*cohort), fitted(lone, more, np.append(strata, 7)))


@given(cohorts())
def test_doubling_all_days_changes_nothing(cohort):
    design, follow_up, strata = cohort
    entry = None if follow_up.entry is None else follow_up.entry * 2
    slower = FollowUp(follow_up.days * 2, follow_up.event, entry)
    first, second = fitted(*cohort), fitted(design, slower, strata)
    same(first, second)
    for one, other in zip(
        check_proportional_hazards(first), check_proportional_hazards(second), strict=True
    ):
        assume(one.test is not None and other.test is not None)
        assert one.test.statistic == pytest.approx(other.test.statistic, rel=1e-4, abs=1e-4)


@given(cohorts())
def test_half_days_are_sorted_into_the_risk_sets_of_whole_days(cohort):
    design, follow_up, strata = cohort
    half = 0.5  # no whole number any more: the other way of sorting
    entry = None if follow_up.entry is None else follow_up.entry + half
    moved = FollowUp(follow_up.days + half, follow_up.event, entry)
    same(fitted(*cohort), fitted(design, moved, strata))


@given(cohorts())
def test_swapping_the_arms_inverts_the_hazard_ratio(cohort):
    design, follow_up, strata = cohort
    swapped = Design(np.stack((1 - design.columns[0], design.columns[1])), design.names, (1, 1))
    first, second = fitted(*cohort), fitted(swapped, follow_up, strata)
    assert first.coefficients[0] == pytest.approx(-second.coefficients[0], abs=1e-6)


@given(cohorts())
def test_a_wider_level_never_narrows_the_interval(cohort):
    fit = fitted(*cohort)
    for narrow, wide in zip(fit.table(0.8), fit.table(0.99), strict=True):
        assert wide.lower <= narrow.lower <= narrow.hazard_ratio <= narrow.upper <= wide.upper
