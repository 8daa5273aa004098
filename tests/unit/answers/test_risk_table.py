"""What is read off a curve for its picture: counts at ticks, levels between times, the band."""

import math

import pytest

from app.answers.cohort.plot import MONTH_STEPS, ticks
from app.answers.cohort.risk_table import table_rows
from app.answers.cohort.steps import MOST_STEPS, steps_of
from tests.unit.answers.cohort_answers import CURVE


def test_at_risk_is_before_the_day_and_events_are_up_to_it():
    # R 4.2, survival 3.5: summary(survfit(Surv(c(2,4,4,5,7,9), c(1,1,0,0,1,0)) ~ 1),
    # times = c(0, 2, 4, 5, 8, 9, 10), extend = TRUE), counts summed
    at_risk, events, censored = table_rows(CURVE, [0, 2, 4, 5, 8, 9, 10])
    assert at_risk == list("6653110")
    assert events == list("0122333")
    assert censored == list("0012233")


def test_a_curve_without_its_beginning_counts_alike():
    bare = {name: values[1:] for name, values in CURVE.items()}
    assert table_rows(bare, [0, 2, 9]) == table_rows(CURVE, [0, 2, 9])


def test_nothing_is_counted_before_a_landmark():
    late = CURVE | {"time": [1, *CURVE["time"][1:]]}
    assert [row[0] for row in table_rows(late, [0, 2])] == ["–", "–", "–"]
    assert [row[1] for row in table_rows(late, [0, 2])] == ["6", "1", "0"]
    assert steps_of(late, "survival", 1).days[0] == 1


def test_many_patients_are_counted_in_thousands_that_stand_apart():
    curve = {name: values[:1] for name, values in CURVE.items()} | {"at_risk": [1234567]}
    assert table_rows(curve, [0])[0] == ["1\u202f234\u202f567"]


def test_a_curve_begins_at_1_on_day_0():
    bare = {name: values[1:] for name, values in CURVE.items()}
    assert steps_of(bare, "survival", 1).days == [0, 2, 4, 5, 7, 9]
    assert steps_of(bare, "survival", 1).levels == CURVE["survival"]


@pytest.mark.parametrize(
    ("day", "level"), [(0, 1), (1.9, 1), (2, 5 / 6), (6.9, 4 / 6), (99, 1 / 3)]
)
def test_a_level_holds_from_its_day_until_the_next(day, level):
    assert steps_of(CURVE, "survival", 1).at(day) == pytest.approx(level)


def test_the_band_is_level_between_times_and_ends_where_a_bound_is_unknown():
    days, lower, upper, known = steps_of(CURVE, "survival", 1).band()
    assert days == [0, 2, 2, 4, 4, 5, 5, 7, 7, 9, 9][: len(days)]
    assert lower[1:3] == [1.0, 0.27]
    assert upper[1:3] == [1.0, 0.97]
    assert known == [not math.isnan(one) for one in lower]
    assert known[-3:] == [True, True, False]


def test_a_curve_of_more_steps_than_can_be_seen_keeps_its_ends_and_its_course():
    size = 50 * MOST_STEPS
    levels = [1 - place / size for place in range(size)]
    curve = {"time": range(size), "survival": levels, "lower": levels, "upper": levels}
    steps = steps_of(curve, "survival", 1)
    assert len(steps.days) <= MOST_STEPS + 1
    assert (steps.days[0], steps.days[-1]) == (0, size - 1)
    assert steps.at(size / 3) == pytest.approx(2 / 3, abs=2 / MOST_STEPS)


@pytest.mark.parametrize(
    ("horizon", "last", "number"),
    [(1, 1, 2), (9, 8, 5), (640, 630, 8), (1000, 900, 6), (3000, 2920, 9), (1e6, 985500, 28)],
)
def test_ticks_are_round_and_few(horizon, last, number):
    assert ticks(horizon)[-1] == last
    assert len(ticks(horizon)) == number


def test_months_are_ticked_by_quarters_and_years():
    assert ticks(640 / 30.4375, MONTH_STEPS) == [0, 3, 6, 9, 12, 15, 18, 21]
