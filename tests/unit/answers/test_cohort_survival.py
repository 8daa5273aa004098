"""A cohort's survival as its schema describes it."""

import numpy as np
import orjson
import pytest

from app.answers.cohort.survival import (
    MOST_ROWS,
    kept_rows,
    show_contrasts,
    show_curve,
    show_group,
    show_groups,
    show_log_rank,
)
from app.cohort.curves.description import Wishes, describe
from app.cohort.curves.kaplan_meier import kaplan_meier
from app.cohort.curves.risk_table import risk_table
from app.cohort.follow_up import FollowUp
from app.schemas.cohort_survival import CohortContrast, CohortGroup, LogRankTest
from tests.api.described import read
from tests.unit.cohort.followed import followed

LABELS = [{"arm": "a"}, {"arm": "b"}]
WISHES = Wishes((6.0, 2.0), alive_at=2.0)


def as_sent(document):
    return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)


def described(shown=(True, True), wishes=WISHES, *, competing=True):
    follow_up = followed("1 2* 4+ 6 9+ 2 3+ 5 8 8")
    codes = np.repeat([0, 1], 5).astype(np.int32)
    causes = follow_up if competing else None
    deaths = FollowUp(follow_up.days, (follow_up.event == 1).astype(np.int8))
    return describe(deaths, codes, shown, 0, wishes, strata=None, causes=causes)


def test_every_part_is_what_its_schema_says():
    found = described()
    for group in show_groups(found, LABELS, WISHES):
        assert read(CohortGroup, as_sent(group)).n == 5
    for contrast in show_contrasts(found, LABELS, WISHES):
        read(CohortContrast, as_sent(contrast))
    test = read(LogRankTest, as_sent(show_log_rank(found.log_rank, ["sex"])))
    assert test.stratified_by == ["sex"]


def test_of_a_suppressed_group_nothing_is_told_but_what_its_patients_have_in_common():
    shown = show_groups(described(shown=(True, False)), LABELS, WISHES)
    assert shown[1] == {"group": {"arm": "b"}, "suppressed": True}
    assert not shown[0]["suppressed"]


def test_what_was_not_asked_for_is_left_out():
    group = described(wishes=Wishes((1.0,)), competing=False).groups[0]
    shown = show_group(group, Wishes((1.0,)))
    assert {"conditional", "cumulative_incidence", "emptied_at"} & set(shown) == set()


def test_a_bound_that_is_not_defined_is_null():
    curve = kaplan_meier(risk_table(followed("1 2")), 0.95)
    shown = orjson.loads(as_sent(show_curve(curve)))
    assert shown["survival"] == [1, 1 / 2, 0]
    assert (shown["lower"][0], shown["upper"][0]) == (1, 1)
    assert (shown["lower"][2], shown["upper"][2]) == (None, None)


def test_a_day_on_which_nobody_was_left_though_others_came_later_is_named():
    late = followed("2 9", entry=[0, 5])
    codes = np.zeros(2, np.int32)
    found = describe(late, codes, (True,), 0, Wishes((3.0,)), strata=None, causes=None)
    shown = show_group(found.groups[0], Wishes((3.0,)))
    assert shown["emptied_at"] == 2
    read(CohortGroup, as_sent({"group": {}, "suppressed": False} | shown))


def test_the_difference_at_the_last_of_the_times_stands_apart():
    (contrast,) = show_contrasts(described(), LABELS, WISHES)
    assert [row["time"] for row in contrast["survival_differences"]] == [6, 2]
    assert contrast["survival_difference"] == contrast["survival_differences"][0]


def test_a_short_curve_has_all_its_rows():
    rows, thinned = kept_rows(MOST_ROWS)
    assert (rows.tolist(), thinned) == (list(range(MOST_ROWS)), False)


@pytest.mark.parametrize("size", [MOST_ROWS + 1, 3 * MOST_ROWS])
def test_of_a_long_curve_rows_are_left_out_evenly_and_no_patient_is(size):
    days = np.arange(1.0, size + 1)
    event = (np.arange(size) % 3 == 0).astype(np.int8)
    curve = kaplan_meier(risk_table(FollowUp(days, event)), 0.95)
    shown = show_curve(curve)
    assert shown["thinned"]
    assert len(shown["time"]) <= MOST_ROWS
    assert shown["time"][0] == 0
    assert shown["time"][-1] == size
    assert np.diff(shown["time"]).max() <= -(-size // (MOST_ROWS - 1))
    assert shown["events"].sum() == event.sum()
    assert shown["censored"].sum() == size - event.sum()
    # One patient leaves each day: by a row's day, so many are lost in it and those before.
    assert np.cumsum(shown["events"] + shown["censored"]).tolist() == shown["time"].tolist()
