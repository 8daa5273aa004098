"""Who of a cohort can be used for a question, and where everybody else went."""

import numpy as np
import pytest

from app.cohort.cohort import ALIVE, DEAD, UNKNOWN, Cohort, select
from app.cohort.columns import CategoricalColumn, NumericColumn
from app.cohort.follow_up import CENSORED, COMPETING, DEATH

NAN = np.nan


def a_cohort(*patients, **columns):
    """Patients as (days, vital, what ended it, entry), of whom the last ones may be left out."""
    full = [(*one, *(CENSORED, 0)[len(one) - 2 :]) for one in patients]
    days, vital, ended_by, entry = zip(*full, strict=True) if full else ((),) * 4
    return Cohort(
        "now",
        np.arange(len(full), dtype=np.uint64),
        np.array(days, float),
        np.array(entry, float),
        np.array(vital, np.int8),
        np.array(ended_by, np.int8),
        np.zeros(len(full), dtype=bool),
        columns,
    )


def chosen(cohort, *needed, meant=None, endpoint="death", competing=False):
    """Who is used, what happened to them, and who was left out for which reason."""
    found = select(cohort, meant, endpoint, needed, competing=competing)
    out = {one.reason: one.n for one in found.excluded if one.n}
    assert found.meant.size == found.used.size + sum(out.values())
    return found.used.tolist(), found.follow_up.event.tolist(), out


@pytest.mark.parametrize(
    ("patient", "used", "event"),
    [
        ((5, DEAD), True, DEATH),
        ((5, ALIVE), True, CENSORED),
        ((5, UNKNOWN), False, None),
        ((5, UNKNOWN, DEATH), True, DEATH),
        ((5, DEAD, COMPETING), True, DEATH),
        ((5, ALIVE, COMPETING), True, CENSORED),
        ((5, UNKNOWN, COMPETING), False, None),
    ],
)
def test_of_death_alone_the_status_tells(patient, used, event):
    who, events, out = chosen(a_cohort(patient))
    assert (who, events) == (([0], [event]) if used else ([], []))
    assert out == ({} if used else {"vital_status_unknown": 1})


@pytest.mark.parametrize("vital", [DEAD, ALIVE, UNKNOWN])
def test_ventilation_is_an_event_whatever_the_status(vital):
    patient = (5, vital, COMPETING)
    assert chosen(a_cohort(patient), endpoint="death_or_ventilation")[1] == [DEATH]
    assert chosen(a_cohort(patient), competing=True)[1] == [COMPETING]
    both = chosen(a_cohort(patient), endpoint="death_or_ventilation", competing=True)
    assert both[1] == [COMPETING]


def test_without_a_day_nobody_is_used():
    assert chosen(a_cohort((NAN, DEAD), (0, DEAD))) == ([1], [DEATH], {"follow_up_missing": 1})


def test_each_is_left_out_for_the_first_reason_alone():
    sex = CategoricalColumn(np.array([-1, -1, -1, 0], np.int32), ("male",))
    pnfh = NumericColumn(np.array([NAN, NAN, NAN, 900.0]))
    cohort = a_cohort((NAN, UNKNOWN), (NAN, DEAD), (1, DEAD), (1, DEAD), sex=sex, pnfh=pnfh)
    used, _, out = chosen(cohort, "sex", "pnfh")
    assert used == [3]
    assert out == {"vital_status_unknown": 1, "follow_up_missing": 1, "sex_missing": 1}
    assert chosen(cohort, "pnfh")[2]["pnfh_missing"] == 1


def test_reasons_are_named_though_nobody_was_left_out():
    found = select(a_cohort((5, DEAD)), None, "death", [])
    assert [(one.reason, one.n) for one in found.excluded] == [
        ("vital_status_unknown", 0),
        ("follow_up_missing", 0),
        ("follow_up_not_after_entry", 0),
    ]


def test_days_of_nought_count_unless_somebody_entered_late():
    died_at_once = (0, DEAD)
    assert chosen(a_cohort(died_at_once, (5, ALIVE)))[0] == [0, 1]
    late = a_cohort(died_at_once, (5, ALIVE, CENSORED, 2), (3, DEAD, DEATH, 3))
    used, _, out = chosen(late)
    assert (used, out) == ([1], {"follow_up_not_after_entry": 2})
    # Of those who are meant nobody entered late.
    assert chosen(late, meant=np.array([True, False, False]))[0] == [0]


def test_entries_are_given_only_where_somebody_entered_late():
    assert select(a_cohort((5, DEAD)), None, "death", []).follow_up.entry is None
    late = select(a_cohort((5, DEAD), (6, DEAD, DEATH, 2)), None, "death", []).follow_up
    assert late.entry.tolist() == [0, 2]


def test_only_those_meant_are_used_or_counted():
    cohort = a_cohort((5, DEAD), (6, UNKNOWN), (7, ALIVE), (8, UNKNOWN))
    found = chosen(cohort, meant=np.array([False, True, True, False]))
    assert found == ([2], [CENSORED], {"vital_status_unknown": 1})


def test_a_cohort_of_nobody_has_nobody_to_use():
    assert chosen(a_cohort()) == ([], [], {})


def test_a_cohort_knows_its_bytes():
    # Keys, days and entry have 8 bytes, the three marks 1; a column of numbers has 8.
    known = a_cohort((5, DEAD), (6, DEAD), pnfh=NumericColumn(np.array([1.0, 2.0])))
    assert known.size == 2 * (3 * 8 + 3 + 8)
