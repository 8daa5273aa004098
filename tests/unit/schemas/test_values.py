"""Exact numbers, safe text, days and instants, as they arrive in JSON."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from app.schemas.values import SAFE, Between, Day, DayOrInstant

number = TypeAdapter(Annotated[Decimal, Between(0, 48)]).validate_python
whole = TypeAdapter(Annotated[int, Between(0, 48, whole=True)]).validate_python
text = TypeAdapter(Annotated[str, SAFE]).validate_python
day = TypeAdapter(Day).validate_python
day_or_instant = TypeAdapter(DayOrInstant).validate_python


def tomorrow(days=1):
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def refusal(read, value):
    with pytest.raises(ValidationError) as refused:
        read(value)
    return refused.value.errors()[0]["type"]


@pytest.mark.parametrize("digits", ["0", "48", "3.70", "1E+1", "0.10000000000000000000000001"])
def test_a_number_keeps_its_digits(digits):
    assert str(number(Decimal(digits))) == digits


def test_minus_zero_is_zero():
    assert str(number(Decimal("-0.0"))) == "0.0"


@pytest.mark.parametrize(
    "value", [True, "3", None, [], "-1", Decimal(49), Decimal(-1), Decimal("NaN"), float("inf")]
)
def test_a_number_is_a_json_number_within_its_bounds(value):
    assert refusal(number, value)


@pytest.mark.parametrize("value", ["1E+999999999", "1E-999999999", "48.5", "0." + "1" * 31])
def test_a_number_of_absurd_size_is_refused(value):
    assert refusal(number, Decimal(value))
    assert refusal(whole, Decimal(value))


def test_a_whole_number_may_be_written_with_zeros_behind_the_point():
    assert whole(Decimal("38.0")) == 38


@pytest.mark.parametrize("value", ["e\u0301", "é"])
def test_text_is_kept_in_nfc(value):
    assert text(value) == "é"


@pytest.mark.parametrize(
    "unsafe",
    ["a\x00", "a\nb", "\x1b[31m", "a\u202eb", "a\u200bb", "\ud800", "\ufeffa", "\u2028", "\ue000"],
)
def test_text_with_characters_nobody_sees_is_refused(unsafe):
    assert refusal(text, unsafe) in {"unsafe_text", "empty_text", "string_unicode"}


@pytest.mark.parametrize("empty", ["", " ", "\u3000"])
def test_empty_text_is_refused(empty):
    assert refusal(text, empty) == "empty_text"


def test_a_day_is_read_from_iso_text():
    assert day("2024-02-29") == date(2024, 2, 29)


def test_today_may_be_tomorrow_somewhere_on_earth_but_not_the_day_after():
    assert day(tomorrow())
    assert refusal(day, tomorrow(2)) == "date_in_the_future"
    assert refusal(day_or_instant, tomorrow(2) + "T00:00:00Z") == "date_in_the_future"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("2023-02-29", "not_a_date"),
        ("20240229", "not_a_date"),
        ("2024-2-9", "not_a_date"),
        ("29.02.2024", "not_a_date"),
        ("2024-02-29T00:00:00Z", "not_a_date"),
        ("٢٠٢٤-02-29", "not_a_date"),
        (20240230, "not_a_date"),
        (True, "not_a_date"),
        ("1899-12-31", "date_too_early"),
    ],
)
def test_what_is_no_plausible_day_is_refused(value, code):
    assert refusal(day, value) == code


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2024-01-15", date(2024, 1, 15)),
        ("2024-01-15T09:30:00Z", datetime(2024, 1, 15, 9, 30, tzinfo=UTC)),
        ("2024-01-15t09:30:00.5z", datetime(2024, 1, 15, 9, 30, 0, 500_000, tzinfo=UTC)),
        ("2024-01-15T09:30:00+05:30", datetime(2024, 1, 15, 4, 0, tzinfo=UTC)),
        ("2024-01-15T23:59:59.9999999Z", datetime(2024, 1, 15, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("2024-01-15T09:30:00.1234567+00:00", datetime(2024, 1, 15, 9, 30, 0, 123_456, tzinfo=UTC)),
        (f"2024-01-15T09:30:00.{'0' * 29}1-02:00", datetime(2024, 1, 15, 11, 30, tzinfo=UTC)),
    ],
)
def test_a_day_or_an_instant_keeps_what_it_is(written, read):
    value = day_or_instant(written)
    assert value == read
    assert type(value) is type(read)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("2024-01-15T09:30:00", "not_an_instant"),
        ("2024-01-15T09:30Z", "not_an_instant"),
        ("2024-01-15 09:30:00Z", "not_an_instant"),
        ("2024-01-15T24:30:00Z", "not_an_instant"),
        ("2024-01-15T09:30:00.Z", "not_an_instant"),
        (f"2024-01-15T09:30:00.{'1' * 31}Z", "not_an_instant"),
        ("0001-01-01T00:00:00+23:00", "not_an_instant"),
        ("1899-12-31T00:00:00Z", "date_too_early"),
        (1705311000, "not_a_date"),
    ],
)
def test_an_instant_needs_its_zone_and_must_exist(value, code):
    assert refusal(day_or_instant, value) == code
