"""The chain, its check and its checkpoints as plain values: every kind of tampering is found."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest

from app.clinic.audit import Deed, Head
from app.clinic.chain_check import MOST_FAULTS, ChainCheck
from app.clinic.checkpoint import Checkpoint, read_checkpoint, thinned

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
CLINIC = str(uuid4())
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LENGTH = 9


def a_deed(**told):
    stated = {
        "principal": "key:1", "role": "editor", "action": "get_patient", "request_id": "r-1",
        "status": 200, "patient_id": str(uuid4()), "record_id": str(uuid4()), "count": 3,
    }  # fmt: skip
    return Deed(**stated | told)


def a_chain(length=LENGTH, key=KEY, head=None):
    """Give a head and the events of a chain, one a second."""
    head, events = head or Head(clinic_id=CLINIC), []
    for _ in range(length):
        at = NOON + timedelta(seconds=head.last_sequence)
        head, event = head.append(a_deed(), at, key)
        events.append(event)
    return head, events


def check(head, events, *, checkpoints=(), key=KEY, oldest_record=None):
    """Give the report of a chain."""
    found = ChainCheck(CLINIC, head, key, checkpoints=checkpoints, oldest_record=oldest_record)
    for event in sorted(events, key=lambda one: one.sequence):
        found.take(event)
    return found.report()


def faults(*chain, **options):
    return [(fault.sequence, fault.code) for fault in check(*chain, **options).faults]


def test_an_untouched_chain_is_valid():
    head, events = a_chain()
    report = check(head, events, checkpoints=[Checkpoint.of(head, NOON, KEY)])
    assert report.is_valid
    assert (report.first_sequence, report.last_sequence, report.events) == (1, LENGTH, LENGTH)
    assert report.head_digest == events[-1].digest


def test_a_clinic_without_any_event_is_valid():
    assert check(None, []).is_valid


@pytest.mark.parametrize(
    "column",
    ["principal", "role", "action", "request_id", "status", "patient_id", "record_id", "count"],
)
@pytest.mark.parametrize("place", [0, 4, LENGTH - 1])
def test_each_changed_column_is_found_at_its_event(column, place):
    head, events = a_chain()
    deed = events[place].deed
    other = 7 if column in {"status", "count"} else "another"
    events[place] = replace(events[place], deed=replace(deed, **{column: other}))
    assert faults(head, events) == [(place + 1, "event_changed")]


@pytest.mark.parametrize("column", ["patient_id", "record_id", "count"])
def test_a_column_that_was_emptied_is_found(column):
    head, events = a_chain()
    events[2] = replace(events[2], deed=replace(events[2].deed, **{column: None}))
    assert faults(head, events) == [(3, "event_changed")]


def test_a_changed_time_is_found():
    head, events = a_chain()
    events[2] = replace(events[2], at=events[2].at + timedelta(microseconds=1))
    assert faults(head, events) == [(3, "event_changed")]


def test_a_changed_digest_is_found_at_its_event_alone():
    head, events = a_chain()
    events[2] = replace(events[2], digest="0" * 64)
    assert faults(head, events) == [(3, "event_changed")]


def test_an_event_is_sealed_with_its_number():
    _, (event, *_) = a_chain()
    before = Head(clinic_id=CLINIC).digest
    assert event.digest_after(before, KEY) == event.digest
    assert replace(event, sequence=2).digest_after(before, KEY) != event.digest


def test_a_head_that_names_another_end_than_the_last_event_is_found():
    head, events = a_chain()
    other = replace(head, digest="1" * 64).sealed(KEY)
    assert faults(other, events) == [(LENGTH, "end_differs")]


def test_an_event_of_another_clinic_is_found():
    head, events = a_chain()
    foreign = replace(Head(clinic_id=str(uuid4())), last_sequence=2, digest=events[1].digest)
    _, events[2] = foreign.append(events[2].deed, events[2].at, KEY)
    events[2] = replace(events[2], clinic_id=CLINIC)
    assert faults(head, events) == [(3, "event_changed")]


@pytest.mark.parametrize(("first", "last"), [(1, 1), (1, 3), (4, 4), (4, 6)])
def test_removed_events_are_found_where_they_were(first, last):
    head, events = a_chain()
    del events[first - 1 : last]
    assert faults(head, events) == [(first, "events_missing")]


def test_an_end_that_was_cut_off_is_found_by_the_head():
    head, events = a_chain()
    assert faults(head, events[:-2]) == [(LENGTH - 1, "events_missing")]


def test_a_chain_without_any_of_its_events_is_found():
    head, _ = a_chain()
    assert faults(head, []) == [(1, "events_missing")]


def test_an_added_event_is_found():
    head, events = a_chain()
    _, further = head.append(a_deed(), NOON + timedelta(hours=1), KEY)
    assert faults(head, [*events, further]) == [(LENGTH + 1, "event_surplus")]


def test_an_event_slipped_in_at_the_place_of_another_is_found():
    head, events = a_chain()
    events[4] = replace(a_chain(5)[1][-1], sequence=5)
    # Its digest is not one that the event after it goes on from.
    assert faults(head, events) == [(5, "event_changed"), (6, "event_changed")]


def test_two_events_that_changed_places_are_found():
    head, events = a_chain()
    third, fourth = events[2], events[3]
    events[2], events[3] = replace(fourth, sequence=3), replace(third, sequence=4)
    assert {(3, "event_changed"), (4, "event_changed")} <= set(faults(head, events))


def test_a_chain_written_anew_with_another_key_is_found_event_by_event():
    head, events = a_chain(key=OTHER_KEY)
    found = faults(head, events)
    assert (LENGTH, "head_changed") in found
    assert [(n, "event_changed") for n in range(1, LENGTH + 1)] == found[1:]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("first_sequence", 2), ("last_sequence", LENGTH - 1), ("base_digest", "1" * 64),
        ("digest", "1" * 64), ("last_at", NOON - timedelta(days=1)), ("seal", "1" * 64),
    ],
)  # fmt: skip
def test_each_changed_column_of_the_head_is_found(column, value):
    head, events = a_chain()
    assert "head_changed" in dict(map(reversed, faults(replace(head, **{column: value}), events)))


def test_a_head_that_is_gone_is_found():
    _, events = a_chain()
    assert faults(None, events) == [(0, "head_missing")]
    assert faults(None, [], oldest_record=NOON) == [(0, "head_missing")]


def test_an_older_state_that_was_put_back_is_found_by_a_checkpoint_alone():
    old_head, old_events = a_chain(6)
    head, _ = a_chain(3, head=old_head)
    assert check(old_head, old_events).is_valid
    later = Checkpoint.of(head, NOON, KEY)
    assert faults(old_head, old_events, checkpoints=[later]) == [(9, "checkpoint_ahead")]


def test_an_older_state_that_went_on_another_way_is_found_by_a_checkpoint():
    old_head, old_events = a_chain(6)
    seen = Checkpoint.of(a_chain(2, head=old_head)[0], NOON, KEY)
    head, events = a_chain(5, head=old_head)
    assert check(head, [*old_events, *events]).is_valid
    assert faults(head, [*old_events, *events], checkpoints=[seen]) == [(8, "checkpoint_differs")]


def test_a_chain_that_was_begun_anew_is_found_by_a_checkpoint_or_by_older_records():
    seen = Checkpoint.of(a_chain(6)[0], NOON, KEY)
    head, events = a_chain(2)
    assert faults(head, events, checkpoints=[seen]) == [(6, "checkpoint_ahead")]
    long_ago = NOON - timedelta(days=2)
    assert faults(head, events, oldest_record=long_ago) == [(1, "begins_late")]
    assert faults(head, events, oldest_record=NOON - timedelta(minutes=5)) == []


def test_what_was_let_go_of_leaves_the_rest_valid():
    head, events = a_chain()
    whole = Checkpoint.of(a_chain(2)[0], NOON, KEY)
    kept = head.let_go(events[3], KEY)
    base = Checkpoint(clinic_id=CLINIC, last_sequence=4, digest=events[3].digest, at=NOON, seal="")
    report = check(kept, events[4:], checkpoints=[whole, base])
    assert (report.is_valid, report.first_sequence, report.events) == (True, 5, LENGTH - 4)


def test_a_base_that_no_checkpoint_saw_is_found():
    head, events = a_chain()
    other = Checkpoint(clinic_id=CLINIC, last_sequence=4, digest="1" * 64, at=NOON, seal="")
    kept = head.let_go(events[3], KEY)
    assert faults(kept, events[4:], checkpoints=[other]) == [(4, "checkpoint_differs")]


def test_an_event_that_was_let_go_of_may_not_be_there_any_more():
    head, events = a_chain()
    assert (4, "event_surplus") in faults(head.let_go(events[3], KEY), events[3:])


def test_all_may_be_let_go_of():
    head, events = a_chain()
    assert check(head.let_go(events[-1], KEY), []).is_valid


def test_all_faults_are_counted_and_the_first_ones_told():
    length = MOST_FAULTS + 20
    head, events = a_chain(length, key=OTHER_KEY)
    report = check(head.sealed(KEY), events)
    assert (report.faults_found, len(report.faults)) == (length, MOST_FAULTS)
    assert [fault.sequence for fault in report.faults] == [*range(1, MOST_FAULTS + 1)]


def test_moments_ascend_when_the_clock_jumps_back():
    head, moments = Head(clinic_id=CLINIC), []
    for now in (NOON, NOON - timedelta(days=1), NOON - timedelta(days=1), NOON):
        head, event = head.append(a_deed(), head.moment(now), KEY)
        moments.append(event.at)
    assert all(before < after for before, after in pairwise(moments))


def a_checkpoint(*, at=NOON, sequence=LENGTH, clinic=CLINIC):
    return Checkpoint.of(Head(clinic_id=clinic, last_sequence=sequence), at, KEY)


def test_a_checkpoint_is_read_from_its_line_and_from_a_log():
    one = a_checkpoint()
    assert read_checkpoint(one.line, KEY) == one
    logged = b'{"time":"t","level":"info","event":"' + one.told.encode() + b'"}\n'
    assert read_checkpoint(logged, KEY) == one


DAMAGE = {
    "torn": lambda line: line[:-20],
    "empty": lambda line: b"",
    "no object": lambda line: b"[1]\n",
    "no text": lambda line: b"\xff\n",
    "sequence": lambda line: line.replace(b'"last_sequence":9', b'"last_sequence":8'),
    "no sequence": lambda line: line.replace(b'"last_sequence":9', b'"last_sequence":null'),
    "clinic": lambda line: line.replace(CLINIC.encode(), str(uuid4()).encode()),
    "time": lambda line: line.replace(b"2026-03", b"2026-04"),
    "digest": lambda line: line.replace(b'"digest":"00', b'"digest":"10'),
}


@pytest.mark.parametrize("change", DAMAGE.values(), ids=DAMAGE)
def test_a_line_that_this_key_did_not_make_is_no_checkpoint(change):
    line = a_checkpoint().line
    assert change(line) != line
    assert read_checkpoint(change(line), KEY) is None


def test_a_checkpoint_of_another_key_is_none():
    assert read_checkpoint(a_checkpoint().line, OTHER_KEY) is None


def test_of_older_days_the_furthest_checkpoint_stays_and_of_new_ones_all():
    days = [NOON - timedelta(days=ago) for ago in (9, 8)]
    old = [a_checkpoint(at=day + timedelta(hours=h), sequence=h) for day in days for h in (1, 3, 2)]
    new = [a_checkpoint(at=NOON - timedelta(hours=h), sequence=9 - h) for h in (2, 1)]
    other = a_checkpoint(at=days[0], clinic=str(uuid4()))
    assert thinned([*old, other, *new], NOON) == [old[1], old[4], other, *new]
