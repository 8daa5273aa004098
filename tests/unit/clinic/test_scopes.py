"""Scopes: how they are read, what they cover, and what is left of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinic.scopes import LETTERS, LONGEST, read_scopes
from app.errors import InvalidInput

RESOURCES = ("Patient", "Observation", "RiskAssessment", "*")
deeds = st.sets(st.sampled_from(LETTERS), min_size=1).map(
    lambda found: "".join(letter for letter in LETTERS if letter in found)
)
words = st.tuples(st.sampled_from(RESOURCES), deeds | st.sampled_from(["read", "write", "*"])).map(
    lambda pair: f"system/{pair[0]}.{pair[1]}"
)
scopes = st.lists(words, min_size=1, max_size=5).map(" ".join).map(read_scopes)


def covered(some):
    """Every deed on every kind of resource that is allowed; `*` is a kind of its own here."""
    return {(kind, one) for kind in RESOURCES for one in LETTERS if some.covers(kind, one)}


@pytest.mark.parametrize(
    ("written", "kind", "letters"),
    [
        ("system/Patient.rs", "Patient", "rs"),
        ("system/Patient.read", "Patient", "rs"),
        ("system/Patient.write", "Patient", "cud"),
        ("system/Patient.*", "Patient", "cruds"),
        ("system/Patient.c", "Patient", "c"),
        ("system/*.read", "*", "rs"),
    ],
)
def test_a_scope_is_for_its_deeds_and_no_others(written, kind, letters):
    read = read_scopes(written)
    assert {one for one in LETTERS if read.covers(kind, one)} == set(letters)
    assert read.covers("Observation", "r") is (kind == "*")
    assert read.written == written
    assert read.can_write is any(one in letters for one in "cud")


def test_a_scope_on_one_kind_is_none_on_every_kind():
    assert not read_scopes("system/Patient.cruds system/Observation.cruds").covers("*", "r")


def test_deeds_may_come_from_several_scopes():
    assert read_scopes("system/Patient.r system/*.s").covers("Patient", "rs")


@pytest.mark.parametrize(
    "written",
    [
        "", " ", "system/Patient", "system/Patient.", "system/.rs", "system/Patient.sr",
        "system/Patient.rr", "system/Patient.RS", "system/Patient.rs ", " system/Patient.rs",
        "system/Patient.rs  system/Patient.c", "system/Patient.rs\tsystem/Patient.c",
        "system/patient.rs", "user/Patient.rs", "patient/Patient.rs", "openid", "launch",
        "system/Patient.rs?_id=1", "system/Patient.r*", "system/**.rs", "system/Pätient.rs",
        "system/Patient.rs\n", "system/" + "A" * 65 + ".rs", "system/Patient.rs " * 200,
    ],
)  # fmt: skip
def test_what_is_no_system_scope_is_refused(written):
    with pytest.raises(InvalidInput) as refusal:
        read_scopes(written)
    assert [fault.code for fault in refusal.value.faults] == ["invalid_scope"]


def test_scopes_have_a_bound():
    longest = " ".join(["system/Patient.rs"] * (LONGEST // 18))
    assert read_scopes(longest).written == "system/Patient.rs"


@given(scopes, scopes)
def test_what_is_left_is_what_both_cover(asked, allowed):
    left = asked.within(allowed)
    single = {(kind, one) for kind, one in covered(asked) & covered(allowed) if kind != "*"}
    assert {pair for pair in covered(left) if pair[0] != "*"} == single
    assert covered(left) <= covered(asked) & covered(allowed)


@given(scopes)
def test_what_is_allowed_in_full_keeps_its_words(asked):
    assert asked.within(asked) == asked
    assert asked.within(read_scopes("system/*.cruds")) == asked


@given(scopes, scopes)
def test_what_is_left_can_be_read_again(asked, allowed):
    left = asked.within(allowed)
    assert not left.each or covered(read_scopes(left.written)) == covered(left)
