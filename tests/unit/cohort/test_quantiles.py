import pytest

from app.cohort.curves.quantiles import Quantile, median, median_follow_up, quantile
from app.cohort.curves.risk_table import risk_table
from tests.unit.cohort.followed import followed, the_curve


def test_the_median_is_where_the_curve_passes_one_half():
    assert median(the_curve("1 2 3")).value == 2  # 2/3, then 1/3


def test_on_one_half_over_an_interval_the_median_is_its_middle():
    assert median(the_curve("1 2 3 4")).value == (2 + 3) / 2  # 1/2 from day 2 to day 3


def test_on_one_half_to_the_end_the_median_lies_between_there_and_the_last_day():
    assert median(the_curve("3 7+")).value == (3 + 7) / 2  # R: quantile(), not print()


def test_rounding_does_not_hide_that_a_curve_lies_on_its_value():
    table = the_curve(" ".join(str(day) for day in range(1, 11)))  # 9/10 x 8/9 x ... by floats
    for tenths in range(1, 10):
        found = quantile(table, tenths / 10).value
        assert found == (tenths + tenths + 1) / 2  # 1 - tenths/10 from that day to the next


def test_what_is_not_reached_is_not_told():
    few_die = median(the_curve("3 5+ 6+ 7+ 8+"))
    assert few_die == Quantile(0.5, None, 3, None)  # the lower band alone falls below one half
    assert not few_die.is_reached


def test_where_nobody_dies_no_limit_is_reached():
    assert median(the_curve("3+ 4+")) == Quantile(0.5, None, None, None)


def test_of_one_patient_who_died_the_limits_are_not_known():
    assert median(the_curve("9")) == Quantile(0.5, 9, None, None)


def test_of_deaths_on_one_day_it_is_that_day():
    assert median(the_curve("4 4 4")) == Quantile(0.5, 4, None, None)


def test_a_death_on_day_zero_can_be_the_median():
    assert median(the_curve("0 0 5")).value == 0


def test_limits_are_where_the_band_passes():
    # R: quantile(survfit(Surv(1:10, rep(1, 10)) ~ 1, conf.type = "log-log")), survival 3.5-3
    table = the_curve(" ".join(str(day) for day in range(1, 11)))
    assert quantile(table, 0.25) == Quantile(0.25, 3, 1, 6)
    assert median(table) == Quantile(0.5, 5.5, 1, 8)
    assert quantile(table, 0.75) == Quantile(0.75, 8, 5, None)


def test_follow_up_is_known_from_those_who_were_censored():
    asked = median_follow_up(risk_table(followed("2 3+ 4+ 5 6+ 7+")), 0.95)
    # Censored on day 3 of 5, 4 of 4, 6 of 2: 4/5, 3/5, 3/10.
    assert asked.value == 6


@pytest.mark.parametrize("share", [0.1, 0.25, 0.4, 0.5])
def test_the_limits_hold_the_quantile(share):
    found = quantile(the_curve("1 2 2+ 3 5 5 6+ 8 9 9 11+ 12 13+ 15 18 19+ 20"), share)
    assert found.lower <= found.value <= found.upper


def test_where_a_band_rises_its_rows_are_taken_by_their_value():
    # The lower limit rises once many have entered; R: quantile(survfit(Surv(c(0, 0, 0,
    # rep(1.5, 8)), c(1, 9, 1, 2:9), c(1, 1, 0, rep(1, 7), 0)) ~ 1, conf.type = "log-log"))
    table = the_curve("1 9 1+ 2 3 4 5 6 7 8 9+", entry=[0, 0, 0] + [1.5] * 8)
    assert table.lower[2] > table.lower[1]
    assert [quantile(table, share).lower for share in (0.9, 0.92, 0.93, 0.94)] == [3, 4, 5, 1]
