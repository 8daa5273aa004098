"""Cursors go on where a page ended, for the list that wrote them and no other."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from app.clinic.page import CursorSeal, Place, page_of
from app.errors import InvalidInput

KEY = bytes(range(32))
PLACE = Place(datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC), str(uuid4()))


@pytest.fixture
def seal():
    return CursorSeal(KEY, "patients")


def test_a_cursor_stands_for_its_place_to_the_microsecond(seal):
    assert seal.read(seal.write(PLACE)) == PLACE


def test_a_cursor_with_any_character_changed_is_refused(seal):
    cursor = seal.write(PLACE)
    for position, character in enumerate(cursor):
        for other in {"A", "B", "_"} - {character}:
            with pytest.raises(InvalidInput) as refused:
                seal.read(cursor[:position] + other + cursor[position + 1 :])
            assert [fault.code for fault in refused.value.faults] == ["invalid_cursor"]


@pytest.mark.parametrize("broken", ["", "x", "A" * 64, "A" * 10_000, "é" * 64, "\0" * 64])
def test_what_was_never_a_cursor_is_refused(seal, broken):
    with pytest.raises(InvalidInput):
        seal.read(broken)


@pytest.mark.parametrize(
    "other", [CursorSeal(KEY[::-1], "patients"), CursorSeal(KEY, "measurements of x")]
)
def test_a_cursor_of_another_clinic_or_list_is_refused(seal, other):
    with pytest.raises(InvalidInput):
        seal.read(other.write(PLACE))


def test_a_page_ends_the_list_when_there_is_no_row_beyond_it(seal):
    rows = [PLACE, PLACE]
    assert page_of(rows, 2, seal).next_cursor is None
    assert page_of([], 2, seal).items == ()


def test_a_page_goes_on_after_its_last_row(seal):
    last, beyond = Place(PLACE.created_at, str(uuid4())), PLACE
    page = page_of([PLACE, last, beyond], 2, seal)
    assert page.items == (PLACE, last)
    assert seal.read(page.next_cursor) == last
