"""What is read from the curves of groups, all at once."""

import numpy as np
import pytest

from app.cohort.curves.cumulative_incidence import cumulative_incidence
from app.cohort.curves.description import Wishes, describe
from app.cohort.curves.difference import mean_difference, survival_difference
from app.cohort.curves.kaplan_meier import kaplan_meier
from app.cohort.curves.log_rank import log_rank
from app.cohort.curves.quantiles import median, median_follow_up
from app.cohort.curves.restricted_mean import restricted_mean
from app.cohort.curves.risk_table import risk_table
from app.cohort.follow_up import FollowUp
from tests.unit.cohort.followed import followed

GROUPS = ["1 2 4+ 6 9+", "2 3+ 5 8 8", "3 7+ 7 11+"]


def together(*texts):
    """The follow-up of all groups, and each patient's group."""
    parts = [followed(text) for text in texts]
    days = np.concatenate([part.days for part in parts])
    event = np.concatenate([part.event for part in parts])
    codes = np.repeat(np.arange(len(parts), dtype=np.int32), [len(part) for part in parts])
    return FollowUp(days, event), codes


def described(*texts, shown=None, reference=0, wishes=None, strata=None, competing=False):
    follow_up, codes = together(*texts)
    everything = (True,) * len(texts)
    return describe(
        follow_up,
        codes,
        shown or everything,
        reference,
        wishes or Wishes((2.0, 6.0)),
        strata=strata,
        causes=follow_up if competing else None,
    )


def alone(text, level=0.95):
    return kaplan_meier(risk_table(followed(text)), level)


def test_each_group_has_what_its_own_curve_says():
    found = described(*GROUPS, wishes=Wishes((2.0, 6.0), level=0.9))
    for text, group in zip(GROUPS, found.groups, strict=True):
        curve = alone(text, 0.9)
        assert group.table.survival.tolist() == curve.survival.tolist()
        assert group.at == tuple(curve.at((2.0, 6.0)))
        assert group.median == median(curve)
        assert group.follow_up == median_follow_up(risk_table(followed(text)), 0.9)
        assert group.mean == restricted_mean(curve, 8)
        assert group.conditional is None
        assert group.incidence is None


def test_without_a_day_the_mean_ends_where_the_first_group_that_is_shown_ends():
    assert {group.mean.tau for group in described(*GROUPS).groups} == {8}
    found = described(*GROUPS, shown=(True, False, True))
    assert [group and group.mean.tau for group in found.groups] == [9, None, 9]
    assert described(*GROUPS, wishes=Wishes((1.0,), tau=5)).groups[0].mean.tau == 5


def test_others_are_compared_with_the_reference():
    found = described(*GROUPS, reference=1)
    assert found.reference == 1
    assert [contrast.group for contrast in found.contrasts] == [0, 2]
    one, reference = found.groups[2], found.groups[1]
    assert found.contrasts[1].mean == mean_difference(one.mean, reference.mean, 0.95)
    assert found.contrasts[1].at == tuple(
        survival_difference(*pair, 0.95) for pair in zip(one.at, reference.at, strict=True)
    )


def test_where_the_reference_is_hidden_the_first_that_is_shown_is_the_reference():
    found = described(*GROUPS, shown=(False, True, True), reference=0)
    assert found.reference == 1
    assert [contrast.group for contrast in found.contrasts] == [2]


def test_the_test_compares_the_groups_that_are_shown_alone():
    found = described(*GROUPS, shown=(True, False, True))
    follow_up, codes = together(GROUPS[0], GROUPS[2])
    assert found.log_rank.statistic == pytest.approx(log_rank(follow_up, codes, 2).statistic)
    assert found.log_rank.degrees_of_freedom == 1


def test_the_test_compares_within_strata():
    follow_up, codes = together(*GROUPS)
    strata = (np.arange(len(follow_up)) % 2).astype(np.int32)
    found = described(*GROUPS, shown=(True, True, False), strata=strata)
    two = codes < 2
    expected = log_rank(follow_up.of(two), codes[two], 2, strata[two])
    assert found.log_rank.statistic == pytest.approx(expected.statistic)


@pytest.mark.parametrize("shown", [(True, False, False), (False, False, False)])
def test_with_fewer_than_two_groups_nothing_is_compared(shown):
    found = described(*GROUPS, shown=shown)
    assert found.log_rank is None
    assert found.contrasts == ()
    assert found.reference == (0 if any(shown) else None)
    assert [group is not None for group in found.groups] == list(shown)


def test_from_a_landmark_on_those_still_watched_count():
    wishes = Wishes((6.0,), landmark=4)
    found = described(*GROUPS, wishes=wishes, competing=True)
    # After day 4: 6 9+, 5 8 8, 7+ 7 11+.
    assert [group.table.n for group in found.groups] == [2, 3, 3]
    assert [group.table.time[0] for group in found.groups] == [4, 4, 4]
    assert [group.at[0].survival for group in found.groups] == pytest.approx([1 / 2, 2 / 3, 1])
    assert [int(group.incidence.death.events.sum()) for group in found.groups] == [1, 3, 1]


def test_a_group_of_whom_nobody_is_left_at_the_landmark_is_not_described():
    found = described("1 2", "3 9", "8 9+", wishes=Wishes((9.0,), landmark=5))
    assert [group is not None for group in found.groups] == [False, True, True]
    assert found.reference == 1
    assert found.log_rank.degrees_of_freedom == 1


def test_of_those_alive_on_a_day_survival_is_told_from_that_day_on():
    wishes = Wishes((2.0, 6.0, 8.0), alive_at=5)
    group = described(GROUPS[0], wishes=wishes).groups[0]
    # Of 6 and 9+: one of two dies on day 6.
    assert [(reading.time, reading.survival) for reading in group.conditional] == [
        (6, 0.5),
        (8, 0.5),
    ]
    assert group.table.n == 5


def test_causes_are_told_apart_where_that_is_wanted():
    text = "1 2* 3+ 4 5*"
    group = described(text, competing=True).groups[0]
    expected = cumulative_incidence(risk_table(followed(text)), 0.95)
    assert group.incidence.death.incidence.tolist() == expected.death.incidence.tolist()
    assert group.incidence.competing.incidence[-1] == pytest.approx(1 / 5 + 1 / 5 * 3 / 5 * 5 / 2)


def test_of_nobody_nothing_is_described():
    nobody = FollowUp(np.array([]), np.array([], np.int8))
    codes = np.array([], np.int32)
    found = describe(nobody, codes, (), 0, Wishes((1.0,)), strata=None, causes=None)
    assert (found.groups, found.log_rank, found.reference, found.contrasts) == ((), None, None, ())
