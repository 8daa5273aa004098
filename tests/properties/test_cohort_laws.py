"""The laws of a cohort's curves, whoever its patients are."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.cohort.curves.cumulative_incidence import cumulative_incidence, cumulative_incidences
from app.cohort.curves.kaplan_meier import kaplan_meier, reverse_kaplan_meier, survival_tables
from app.cohort.curves.landmark import landmark_tables
from app.cohort.curves.log_rank import log_rank
from app.cohort.curves.quantiles import median, quantile
from app.cohort.curves.restricted_mean import restricted_mean
from app.cohort.curves.risk_table import risk_table, risk_tables
from app.cohort.follow_up import CENSORED, COMPETING, DEATH, FollowUp
from tests.properties import cohort_twin as twin

some = settings(max_examples=80, deadline=None)
GROUPS = 3
levels = st.sampled_from([0.5, 0.9, 0.95, 0.999])


@st.composite
def follow_ups(draw, *, entry=None, least=1, most=14):
    """Few days, many ties; entry for all or for nobody, unless it is said."""
    size = draw(st.integers(least, most))
    late = draw(st.booleans()) if entry is None else entry

    def column(low, high):
        return np.array(draw(st.lists(st.integers(low, high), min_size=size, max_size=size)))

    event = column(CENSORED, COMPETING).astype(np.int8)
    if not late:
        return FollowUp(column(0, 8).astype(float), event)
    start = column(0, 6).astype(float)
    return FollowUp(start + column(1, 5), event, start)


@st.composite
def grouped(draw, **asked):
    """Follow-up, the groups of the patients (some in none), and their strata."""
    follow_up = draw(follow_ups(**asked))
    size = len(follow_up)
    codes = draw(st.lists(st.integers(-1, GROUPS - 1), min_size=size, max_size=size))
    strata = draw(st.lists(st.integers(0, 1), min_size=size, max_size=size))
    return follow_up, np.array(codes), np.array(strata)


def curve(follow_up, level=0.95):
    return kaplan_meier(risk_table(follow_up), level)


def everybody(follow_up):
    return twin.people_of(follow_up, np.ones(len(follow_up), bool))


def close(value):
    return pytest.approx(value, rel=1e-9, abs=1e-9)


@some
@given(grouped())
def test_every_group_has_the_curve_of_the_textbook(asked):
    follow_up, codes, _ = asked
    for group, table in enumerate(survival_tables(follow_up, codes, GROUPS, 0.95)):
        people = twin.people_of(follow_up, codes == group)
        assert table.time.tolist() == sorted({0.0, *twin.times_of(people)})
        expected = [float(twin.survival(people, t)) for t in table.time]
        assert table.survival == close(expected)
        later = table.time > 0
        assert table.at_risk[later].tolist() == [twin.at_risk(people, t) for t in table.time[later]]
        assert table.events.tolist() == [twin.ended(people, t, DEATH) for t in table.time]
        others = [twin.ended(people, t, CENSORED, COMPETING) for t in table.time]
        assert table.censored.tolist() == others


@some
@given(follow_ups(entry=False))
def test_greenwood_is_the_jackknife_where_nobody_enters_late(follow_up):
    people, table = everybody(follow_up), curve(follow_up)
    for time, survival, error in zip(table.time, table.survival, table.standard_error, strict=True):
        if survival > 0:
            found = twin.jackknife_error(lambda who, t=time: twin.survival(who, t, one=1), people)
            assert error == close(found)


@some
@given(follow_ups(), st.sampled_from([0.25, 0.4, 0.5, 0.75]))
def test_a_quantile_is_where_the_curve_of_fractions_crosses(follow_up, share):
    expected = twin.crossing(everybody(follow_up), Fraction(share).limit_denominator(100))
    assert quantile(curve(follow_up), share).value == expected


@some
@given(follow_ups(), st.integers(1, 10))
def test_a_restricted_mean_is_the_area_under_the_curve(follow_up, tau):
    found = restricted_mean(curve(follow_up), tau)
    assume(found.value is not None)
    assert found.value == close(float(twin.area(everybody(follow_up), tau)))


@some
@given(follow_ups(entry=False, most=9), st.integers(1, 8))
def test_the_error_of_a_restricted_mean_is_that_of_its_jackknife(follow_up, tau):
    found = restricted_mean(curve(follow_up), tau)
    assume(found.value is not None)
    people = everybody(follow_up)
    expected = twin.jackknife_error(lambda who: twin.area(who, tau, one=1), people)
    assert found.standard_error == close(expected)


@some
@given(follow_ups(most=9))
def test_incidences_and_their_errors_are_those_of_the_textbook(follow_up):
    both = cumulative_incidence(risk_table(follow_up), 0.95, follow_up)
    people = everybody(follow_up)
    for cause, found in ((DEATH, both.death), (COMPETING, both.competing)):
        expected = [float(twin.incidence(people, t, cause)) for t in both.risk.time]
        assert found.incidence == close(expected)
        errors = [
            twin.jackknife_error(
                lambda who, t=t, cause=cause: twin.incidence(who, t, cause, 1), people
            )
            for t in both.risk.time
        ]
        assert found.standard_error**2 == pytest.approx(np.square(errors), abs=1e-12)


@some
@given(grouped(), st.booleans())
def test_the_log_rank_is_that_of_all_two_by_two_tables(asked, is_stratified):
    follow_up, codes, strata = asked
    strata = strata if is_stratified else np.zeros_like(strata)
    people = [
        [twin.people_of(follow_up, (codes == group) & (strata == s)) for group in range(GROUPS)]
        for s in (0, 1)
    ]
    excess, covariance = twin.log_rank(people)
    found = log_rank(follow_up, codes, GROUPS, strata if is_stratified else None)
    assert found.observed - found.expected == close([float(value) for value in excess])
    statistic, rank = twin.solved(excess, covariance)
    assert found.degrees_of_freedom == rank
    assert found.statistic == close(statistic)


@some
@given(grouped())
def test_counting_whole_days_or_sorting_fractions_of_them_is_the_same(asked):
    follow_up, codes, _ = asked
    entry = None if follow_up.entry is None else follow_up.entry / 7
    sevenths = FollowUp(follow_up.days / 7, follow_up.event, entry)
    pairs = zip(
        survival_tables(follow_up, codes, GROUPS, 0.95),
        survival_tables(sevenths, codes, GROUPS, 0.95),
        strict=True,
    )
    for whole, part in pairs:
        assert part.time * 7 == close(whole.time)
        assert part.at_risk.tolist() == whole.at_risk.tolist()
        assert part.survival.tolist() == whole.survival.tolist()
        assert part.upper.tolist() == pytest.approx(whole.upper.tolist(), nan_ok=True)
    one, other = (log_rank(each, codes, GROUPS) for each in (follow_up, sevenths))
    assert one.statistic == other.statistic


@some
@given(grouped(), st.randoms(use_true_random=False))
def test_the_order_of_the_patients_changes_nothing(asked, random):
    follow_up, codes, strata = asked
    order = np.array(random.sample(range(codes.size), codes.size))
    shuffled = follow_up.of(order)
    there = survival_tables(follow_up, codes, GROUPS, 0.95)
    again = survival_tables(shuffled, codes[order], GROUPS, 0.95)
    assert [t.survival.tolist() for t in there] == [t.survival.tolist() for t in again]
    one = log_rank(follow_up, codes, GROUPS, strata)
    other = log_rank(shuffled, codes[order], GROUPS, strata[order])
    assert one.statistic == other.statistic


@some
@given(follow_ups(), levels)
def test_a_curve_never_rises_and_lies_within_its_band(follow_up, level):
    table = curve(follow_up, level)
    assert (np.diff(table.survival) <= 0).all()
    inside = table.survival > 0
    assert (table.lower[inside] <= table.survival[inside]).all()
    assert (table.survival[inside] <= table.upper[inside]).all()
    assert ((table.lower[inside] >= 0) & (table.upper[inside] <= 1)).all()
    assert np.isnan(table.lower[~inside]).all()
    assert np.isnan(table.standard_error[~inside]).all()


@some
@given(follow_ups())
def test_a_wider_level_never_narrows_the_band(follow_up):
    narrow, wide = curve(follow_up, 0.8), curve(follow_up, 0.99)
    inside = narrow.survival > 0
    assert (wide.lower[inside] <= narrow.lower[inside]).all()
    assert (wide.upper[inside] >= narrow.upper[inside]).all()


@some
@given(grouped())
def test_at_any_time_the_groups_add_up_to_the_whole(asked):
    follow_up, codes, _ = asked
    times = np.arange(0.5, 12)
    parts = [table.at_risk_at(times) for table in risk_tables(follow_up, codes, GROUPS)]
    whole = risk_table(follow_up.of(codes >= 0)).at_risk_at(times)
    assert np.sum(parts, axis=0).tolist() == whole.tolist()


@some
@given(grouped())
def test_as_many_deaths_are_expected_as_observed(asked):
    follow_up, codes, strata = asked
    found = log_rank(follow_up, codes, GROUPS, strata)
    assert found.expected.sum() == close(found.observed.sum())
    assert found.n.sum() == np.count_nonzero(codes >= 0)


@some
@given(grouped(), st.permutations(range(GROUPS)))
def test_a_group_s_name_does_not_matter_to_the_test(asked, names):
    follow_up, codes, strata = asked
    renamed = np.where(codes < 0, -1, np.array(names)[codes])
    one = log_rank(follow_up, codes, GROUPS, strata)
    other = log_rank(follow_up, renamed, GROUPS, strata)
    assert other.statistic == close(one.statistic)
    assert other.degrees_of_freedom == one.degrees_of_freedom


@some
@given(follow_ups(), st.integers(0, 5))
def test_survival_given_a_day_is_the_later_over_the_earlier(follow_up, day):
    whole = curve(follow_up)
    codes = np.zeros(len(follow_up), int)
    (later,) = landmark_tables(follow_up, codes, 1, 0.95, day)
    at_day = whole.at([day])[0].survival
    assume(at_day and whole.emptied_at is None)
    for reading in later.at(t for t in whole.time if t >= day):
        (plain,) = whole.at([reading.time])
        assert reading.survival == close(plain.survival / at_day)


@some
@given(follow_ups())
def test_the_causes_and_freedom_of_both_add_up_to_one(follow_up):
    both = cumulative_incidence(risk_table(follow_up), 0.95, follow_up)
    total = both.death.incidence + both.competing.incidence + both.event_free
    assert total == close(1.0)
    assert (np.diff(both.death.incidence) >= 0).all()


@some
@given(follow_ups())
def test_freedom_of_both_causes_is_the_curve_of_either(follow_up):
    both = cumulative_incidence(risk_table(follow_up), 0.95, follow_up)
    either = np.where(follow_up.event == COMPETING, DEATH, follow_up.event).astype(np.int8)
    table = curve(replace(follow_up, event=either))
    assert both.event_free == close(table.survival)


@some
@given(grouped())
def test_incidences_by_group_are_those_of_each_group_alone(asked):
    follow_up, codes, _ = asked
    for group, both in enumerate(cumulative_incidences(follow_up, codes, GROUPS, 0.95)):
        own = follow_up.of(codes == group)
        alone = cumulative_incidence(risk_table(own), 0.95, own)
        assert both.death.standard_error == close(alone.death.standard_error)


@some
@given(follow_ups())
def test_follow_up_read_backwards_twice_is_survival(follow_up):
    plain = follow_up.event != COMPETING
    assume(plain.any())
    own = follow_up.of(plain)
    swapped = replace(own, event=np.where(own.event == DEATH, CENSORED, DEATH).astype(np.int8))
    back = reverse_kaplan_meier(risk_table(swapped), 0.95)
    assert back.survival.tolist() == curve(own).survival.tolist()
    assert median(back) == median(curve(own))
