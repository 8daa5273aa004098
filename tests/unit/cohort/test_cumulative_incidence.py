import numpy as np
import pytest

from app.cohort.curves.cumulative_incidence import cumulative_incidence, cumulative_incidences
from app.cohort.curves.kaplan_meier import kaplan_meier
from app.cohort.curves.risk_table import risk_table
from tests.unit.cohort.followed import followed


def of(text, entry=None, level=0.95):
    follow_up = followed(text, entry)
    return cumulative_incidence(risk_table(follow_up), level, follow_up)


def test_a_cause_adds_its_share_of_those_free_of_any_event():
    both = of("1 2* 3+ 4 5*")
    # Free of events: 4/5, 3/5, 3/5, 3/10, 0.
    assert both.event_free == pytest.approx([1, 4 / 5, 3 / 5, 3 / 5, 3 / 10, 0])
    death = [0, 1 / 5, 1 / 5, 1 / 5, 1 / 5 + 3 / 5 * 1 / 2]
    assert both.death.incidence == pytest.approx([*death, death[-1]])
    assert both.competing.incidence == pytest.approx([0, 0, 1 / 5, 1 / 5, 1 / 5, 1 / 5 + 3 / 10])


def test_causes_on_one_day_share_its_risk():
    both = of("2 2* 2+ 6+")
    assert both.death.incidence[1] == both.competing.incidence[1] == pytest.approx(1 / 4)


def test_without_censoring_the_standard_error_is_that_of_a_proportion():
    both = of("1 2* 3 4* 5")
    two_of_five = (2 / 5 * 3 / 5 / 5) ** 0.5
    assert both.competing.standard_error[-1] == pytest.approx(two_of_five)


def test_without_competing_events_it_mirrors_kaplan_meier():
    text = "1 2+ 3 3 5+ 8"
    both, table = of(text), kaplan_meier(risk_table(followed(text)), 0.95)
    assert both.death.incidence == pytest.approx(1 - table.survival)
    alive = table.survival > 0
    assert both.death.standard_error[alive] == pytest.approx(table.standard_error[alive])
    assert both.competing.incidence.tolist() == [0] * 6


def test_before_the_first_event_the_limits_are_zero():
    both = of("1* 2 3+")
    assert both.death.lower[:2].tolist() == both.death.upper[:2].tolist() == [0, 0]


def test_when_all_have_died_of_one_cause_there_is_no_interval():
    (reading,) = of("1 2").at(of("1 2").death, [2])
    assert (reading.incidence, reading.lower, reading.upper) == (1, None, None)
    assert reading.standard_error == pytest.approx(0, abs=1e-8)


def test_past_the_last_follow_up_nothing_is_known():
    both = of("1 2* 5+")
    within, past, before = both.at(both.death, [5, 6, -1])
    assert within.incidence == pytest.approx(1 / 3)
    assert past.incidence is None
    assert before.incidence is None


def test_when_nobody_is_left_the_incidences_stay():
    both = of("1 2*")
    assert both.at(both.death, [99])[0].incidence == pytest.approx(1 / 2)


@pytest.mark.parametrize("text", ["3", "3*", "3+", "0 0*", "4 4* 4+"])
def test_the_smallest_cohorts_have_incidences(text):
    both = of(text)
    total = both.death.incidence + both.competing.incidence + both.event_free
    assert total == pytest.approx(1)
    assert np.isfinite(both.death.standard_error).all()


def test_entry_delays_being_at_risk():
    both = of("4 6* 9+", entry=[0, 5, 0])
    assert both.death.incidence == pytest.approx([0, 1 / 2, 1 / 2, 1 / 2])
    assert both.competing.incidence[2] == pytest.approx(1 / 2 * 1 / 2)


@pytest.mark.parametrize("entry", [None, [0, 0.5, 2, 0]])
def test_groups_are_those_that_stand_alone(entry):
    follow_up, codes = followed("1 2* 3+ 4", entry), np.array([0, 1, 1, 0])
    for group, both in enumerate(cumulative_incidences(follow_up, codes, 2, 0.95)):
        own = follow_up.of(codes == group)
        alone = cumulative_incidence(risk_table(own), 0.95, own)
        assert both.death.incidence.tolist() == alone.death.incidence.tolist()
        assert both.competing.standard_error.tolist() == alone.competing.standard_error.tolist()
