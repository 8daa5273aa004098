"""The ENCALS model gives the numbers that a second implementation gives (R and Python)."""

from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.evidence.library import open_library
from app.survival.encals import EncalsPatient

MODEL = open_library().entry("encals-2018").prognosis
A = EncalsPatient(62, 0.6, 12, 90, *4 * [False])

months = st.floats(0.05, 600)
predictors = st.floats(-10, 3)


@pytest.mark.parametrize(
    ("month", "log_odds"),
    [
        (1, -6.409),
        (6, -1.501366),
        (12, 0.635862),
        (24, 3.010979),
        (36, 4.479710),
        (60, 6.164846),
        (120, 8.127988),
        (372, 10.885610),
        (500, 11.578741),
    ],
)
def test_the_baseline_has_its_printed_values(month, log_odds):
    assert MODEL.log_odds(month) == pytest.approx(log_odds, abs=5e-7)


def test_the_knots_give_the_printed_weights():
    first, *inner, last = MODEL.knots
    shares = [(last - knot) / (last - first) for knot in inner]
    assert shares == pytest.approx([0.481323, 0.390507], abs=5e-7)


@pytest.mark.parametrize(
    ("predictor", "median"),
    [(-1.934, 17.7), (-3.203, 25.3), (-4.081, 32.2), (-5.147, 43.7), (-7.381, 91.0)],
)
def test_the_baseline_and_the_published_medians_of_the_groups_fit(predictor, median):
    assert MODEL.quantile(0.5, predictor) == pytest.approx(median, abs=0.05)


def test_the_delay_term_turns_round_at_two_and_a_half_months():
    def term(delay):
        return MODEL.coefficients["delay"] * ((delay / 10) ** -0.5 + log(delay / 10))

    assert term(2.5) == pytest.approx(-1.457, abs=5e-4)
    assert term(1) == pytest.approx(-2.040, abs=5e-4)
    assert term(2.4) < term(2.5) > term(2.6)


def test_everybody_is_free_of_the_event_at_onset():
    assert MODEL.survival(0, MODEL.linear_predictor(A)) == 1


@given(months, predictors)
def test_survival_is_a_probability_that_odds_describe(month, predictor):
    survival = MODEL.survival(month, predictor)
    assert 0 <= survival <= 1
    odds = exp(MODEL.log_odds(month) + predictor)
    assert survival == pytest.approx(1 / (1 + odds), rel=1e-12)


@given(months, months, predictors)
def test_survival_never_rises(one, other, predictor):
    first, last = sorted((one, other))
    assert MODEL.survival(first, predictor) >= MODEL.survival(last, predictor)


@given(months, predictors, predictors)
def test_a_higher_predictor_never_helps(month, one, other):
    better, worse = sorted((one, other))
    assert MODEL.survival(month, better) >= MODEL.survival(month, worse)


@given(st.floats(0.02, 0.98), predictors)
def test_a_quantile_is_where_the_curve_has_that_height(survival, predictor):
    month = MODEL.quantile(survival, predictor)
    assert MODEL.survival(month, predictor) == pytest.approx(survival, rel=1e-9)


def test_the_far_future_overflows_nothing():
    assert MODEL.survival(1e300, 5) == pytest.approx(0, abs=1e-50)
