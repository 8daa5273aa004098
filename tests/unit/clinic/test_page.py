"""Cursors go on where a page ended, for the list that wrote them and no other."""

from base64 import urlsafe_b64decode
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from uuid import uuid4

import pytest

from app.clinic.page import By, CursorSeal, Place, page_of
from app.errors import InvalidInput

KEY = bytes(range(32))
NOON = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
PLACE = Place((NOON,), str(uuid4()))


@pytest.fixture
def seal():
    return CursorSeal(KEY, "patients")


def is_refused(seal, cursor):
    with pytest.raises(InvalidInput) as refused:
        seal.read(cursor)
    (fault,) = refused.value.faults
    return (fault.pointer, fault.code) == ("/cursor", "invalid_cursor")


@pytest.mark.parametrize(
    "values",
    [
        (NOON,),
        (Decimal("91.50"), None, date(2024, 2, 29)),
        ("SITE-0042", True, 38),
        ("é" * 64, "", -1),
    ],
)
def test_a_cursor_stands_for_its_place_exactly(seal, values):
    place = Place(values, str(uuid4()))
    read = seal.read(seal.write(place))
    assert repr(read) == repr(place)  # == takes 91.5 for 91.50, and True for 1


def test_the_same_place_has_the_same_cursor(seal):
    assert seal.write(PLACE) == seal.write(PLACE)  # or the tag of a page would change by itself


def test_a_cursor_with_any_character_changed_is_refused(seal):
    cursor = seal.write(PLACE)
    for position, character in enumerate(cursor):
        for other in {"A", "B", "_"} - {character}:
            assert is_refused(seal, cursor[:position] + other + cursor[position + 1 :])


def test_a_cursor_with_any_bit_flipped_is_refused(seal):
    cursor = seal.write(PLACE)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for position, character in enumerate(cursor):
        for bit in range(6):
            other = alphabet[alphabet.index(character) ^ (1 << bit)]
            assert is_refused(seal, cursor[:position] + other + cursor[position + 1 :])


@pytest.mark.parametrize(
    "broken",
    ["", "x", "A" * 64, "A" * 1024, "A" * 1088, "A" * 10_000, "é" * 64, "\0" * 64, "\ud800" * 64],
)
def test_what_was_never_a_cursor_is_refused(seal, broken):
    assert is_refused(seal, broken)


@pytest.mark.parametrize("change", ["{}=", "{}\n", " {}", "{}AAAA", "{}{}"])
def test_a_cursor_has_one_spelling(seal, change):
    assert is_refused(seal, change.replace("{}", seal.write(PLACE)))


def test_a_cursor_in_the_other_alphabet_of_base64_is_refused(seal):
    cursors = (seal.write(Place((NOON,), str(uuid4()))) for _ in range(100))
    cursor = next(one for one in cursors if "-" in one or "_" in one)
    assert is_refused(seal, cursor.replace("-", "+").replace("_", "/"))


@pytest.mark.parametrize(
    "other", [CursorSeal(KEY[::-1], "patients"), CursorSeal(KEY, "measurements of x")]
)
def test_a_cursor_of_another_clinic_or_list_is_refused(seal, other):
    assert is_refused(seal, other.write(PLACE))


def test_a_cursor_tells_nobody_what_it_holds(seal):
    place = Place(("SITE-0042", date(1961, 4, 12)), PLACE.id)
    read = urlsafe_b64decode(seal.write(place))
    for told in (b"SITE", b"0042", b"1961", PLACE.id[:8].encode()):
        assert told not in read


def test_a_cursors_length_does_not_tell_one_status_from_another(seal):
    cursors = [seal.write(Place((one,), PLACE.id)) for one in ("dead", "alive", "unknown", None)]
    assert len({len(cursor) for cursor in cursors}) == 1


def test_a_sort_with_a_minus_descends():
    assert By.read("-onset_date") == By("onset_date", descending=True)
    assert By.read("onset_date") == By("onset_date", descending=False)


def row(at=NOON):
    return SimpleNamespace(created_at=at, id=str(uuid4()))


def test_a_page_ends_the_list_when_there_is_no_row_beyond_it(seal):
    assert page_of([row(), row()], 2, seal).next_cursor is None
    assert page_of([], 2, seal).items == ()


def test_a_page_goes_on_after_its_last_row(seal):
    first, last, beyond = row(), row(), row()
    page = page_of([first, last, beyond], 2, seal)
    assert page.items == (first, last)
    assert seal.read(page.next_cursor) == Place((NOON,), last.id)


def test_a_page_goes_on_by_what_its_list_is_sorted_by(seal):
    page = page_of([row(), row()], 1, seal, lambda one: Place((7,), one.id))
    assert seal.read(page.next_cursor).values == (7,)
