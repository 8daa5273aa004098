from math import exp, log, sqrt

import numpy as np
import pytest

from app.cohort.curves.kaplan_meier import SurvivalReading, reverse_kaplan_meier, survival_tables
from app.cohort.curves.risk_table import risk_table
from app.cohort.follow_up import FollowUp
from tests.unit.cohort.followed import followed, the_curve

Z = 1.959963984540054

# The seven of NCI's GDC: its service once let each death show one time too late.
SEVEN = "10 20+ 30+ 40 50+ 60 70+"


def test_the_curve_of_the_seven_falls_on_the_days_of_death():
    table = the_curve(SEVEN)
    assert table.time.tolist() == [0, 10, 20, 30, 40, 50, 60, 70]
    assert table.at_risk.tolist() == [7, 7, 6, 5, 4, 3, 2, 1]
    assert table.events.tolist() == [0, 1, 0, 0, 1, 0, 1, 0]
    assert table.censored.tolist() == [0, 0, 1, 1, 0, 1, 0, 1]
    first, second, third = 6 / 7, 6 / 7 * 3 / 4, 6 / 7 * 3 / 4 * 1 / 2
    expected = [1, first, first, first, second, second, third, third]
    assert table.survival == pytest.approx(expected, rel=1e-15)
    assert np.unique(table.survival.round(3)).tolist() == [0.321, 0.643, 0.857, 1]


def test_greenwood_adds_a_term_for_each_time_of_death():
    variances = np.cumsum([1 / (7 * 6), 1 / (4 * 3), 1 / (2 * 1)])
    table = the_curve(SEVEN)
    found = table.standard_error[table.events > 0]
    assert found == pytest.approx(table.survival[table.events > 0] * np.sqrt(variances))


def test_the_band_is_symmetric_for_log_minus_log_survival():
    (reading,) = the_curve(SEVEN).at([45])
    survival, error = 6 / 7 * 3 / 4, sqrt(1 / (7 * 6) + 1 / (4 * 3))
    middle, width = log(-log(survival)), Z * error / -log(survival)
    assert reading.lower == pytest.approx(exp(-exp(middle + width)))
    assert reading.upper == pytest.approx(exp(-exp(middle - width)))


def test_while_everybody_lives_the_limits_are_one():
    table = the_curve("3+ 5 9")
    assert table.time[:2].tolist() == [0, 3]
    assert table.lower[:2].tolist() == table.upper[:2].tolist() == [1, 1]
    assert table.standard_error[:2].tolist() == [0, 0]


def test_when_nobody_lives_there_is_no_interval():
    (reading,) = the_curve("3 5").at([5])
    assert reading == SurvivalReading(5, 0, None, None, None, 1)


def test_deaths_come_before_censorings_of_the_same_day():
    assert the_curve("5 5+ 9+").survival[1] == pytest.approx(2 / 3)


def test_ties_are_one_step():
    table = the_curve("5 5 5 8+")
    assert table.events.tolist() == [0, 3, 0]
    assert table.survival[1] == pytest.approx(1 / 4)


def test_a_competing_event_only_ends_the_watching():
    table, other = the_curve("2 3* 4 5"), the_curve("2 3+ 4 5")
    assert table.survival.tolist() == other.survival.tolist()
    assert table.censored.tolist() == [0, 0, 1, 0, 0]


def test_a_death_on_day_zero_is_in_the_first_row():
    table = the_curve("0+ 0 3+ 4")
    assert table.time.tolist() == [0, 3, 4]
    assert table.survival.tolist() == [3 / 4, 3 / 4, 0]  # R: 0.75 at 0
    assert (table.events[0], table.censored[0], table.at_risk[0]) == (1, 1, 4)


@pytest.mark.parametrize(
    ("text", "survival"),
    [("7", [1, 0]), ("7+", [1, 1]), ("0", [0]), ("0+", [1]), ("4 4 4", [1, 0]), ("1+ 2+", [1] * 3)],
)
def test_the_smallest_cohorts_have_a_curve(text, survival):
    assert the_curve(text).survival.tolist() == survival


def test_a_group_without_patients_says_nothing_past_its_beginning():
    nobody, everybody = survival_tables(followed("4 8+"), np.array([1, 1]), 2, 0.95)
    assert (nobody.n, nobody.time.tolist(), nobody.at_risk.tolist()) == (0, [0], [0])
    assert nobody.at([1])[0].survival is None
    assert everybody.n == 2


def test_whoever_is_in_no_group_counts_nowhere():
    tables = survival_tables(followed("4 8 9+ 10"), np.array([0, -1, 1, 0]), 2, 0.95)
    assert [table.n for table in tables] == [2, 1]


def test_a_cohort_of_nobody_has_empty_groups():
    nobody = FollowUp(np.empty(0), np.empty(0, np.int8))
    tables = survival_tables(nobody, np.empty(0, np.int8), 2, 0.95)
    assert [table.survival.tolist() for table in tables] == [[1.0], [1.0]]


def test_a_curve_is_never_extended_flat():
    at_end, after = the_curve("3 5+ 8+").at([8, 8.5])
    assert at_end.survival == pytest.approx(2 / 3)
    assert after == SurvivalReading(8.5, None, None, None, None, 0)


def test_a_curve_that_reached_zero_stays_there():
    assert the_curve("3 5+ 8").at([100])[0].survival == 0


def test_times_are_answered_in_the_order_asked():
    readings = the_curve(SEVEN).at([45, 0, 10, 9.9])
    assert [reading.at_risk for reading in readings] == [3, 7, 7, 7]
    expected = [6 / 7 * 3 / 4, 1, 6 / 7, 1]
    assert [reading.survival for reading in readings] == pytest.approx(expected)


def test_a_patient_is_at_risk_only_after_entry():
    table = the_curve("4 6 7+ 9", entry=[0, 4, 0, 5])  # on day 4 the second has not come yet
    assert table.at_risk.tolist() == [2, 2, 3, 2, 1]
    assert table.survival.tolist() == pytest.approx([1, 1 / 2, 1 / 2 * 2 / 3, 1 / 3, 0])
    assert [reading.at_risk for reading in table.at([0, 4.5, 5, 5.5])] == [2, 2, 2, 3]


def test_a_curve_that_ran_out_of_patients_says_when():
    table = the_curve("2 9 12", entry=[0, 5, 6])
    assert table.survival.tolist() == [1, 0, 0, 0]  # as R: true to the definition, and useless
    assert table.emptied_at == 2


def test_a_gap_without_a_death_is_told_too():
    table = the_curve("2+ 9 12", entry=[0, 5, 6])
    assert table.survival.tolist() == [1, 1, 1 / 2, 0]
    assert table.emptied_at == 2


@pytest.mark.parametrize("entry", [None, [0, 1, 6], [3, 4, 6], [0, 5, 6]])
def test_a_curve_with_somebody_always_at_risk_has_no_gap(entry):
    assert the_curve("5 9 12", entry).emptied_at is None


def test_follow_up_is_the_curve_of_being_censored():
    reverse = reverse_kaplan_meier(risk_table(followed("2 3+ 3 5* 6+")), 0.95)
    assert reverse.events.tolist() == [0, 0, 1, 0, 1]
    assert reverse.censored.tolist() == [0, 1, 1, 1, 0]
    assert reverse.survival.tolist() == [1, 1, 3 / 4, 3 / 4, 0]


def test_a_higher_level_has_a_wider_band():
    narrow, wide = the_curve(SEVEN, level=0.5), the_curve(SEVEN, level=0.999)
    falling = narrow.events > 0
    assert (wide.lower[falling] < narrow.lower[falling]).all()
    assert (wide.upper[falling] > narrow.upper[falling]).all()
