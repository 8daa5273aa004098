"""What the client writes is what was given; what it reads is never trusted."""

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.client.call import Answer
from app.client.errors import Refused, Unreadable
from app.client.reading import refusal, retry_after_of
from app.client.writing import write_json, write_path

numbers = st.decimals(allow_nan=False, allow_infinity=False) | st.integers().map(Decimal)
values = st.recursive(
    st.none() | st.booleans() | st.text() | numbers,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
words = st.sampled_from(
    ["Wed,", "01", "31", "Jan", "Feb", "2026", "99999999999", "00:00:00", "99:99", "GMT", "+9999"]
)


def digits(value):
    """Give the same value, its numbers by their digits: 1.50 is not 1.5 here."""
    if isinstance(value, dict):
        return {name: digits(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [digits(inner) for inner in value]
    return value.as_tuple() if isinstance(value, Decimal) else value


@given(values)
def test_json_is_read_back_digit_for_digit(value):
    read = json.loads(write_json(value), parse_float=Decimal, parse_int=Decimal)
    assert digits(read) == digits(value)


@given(st.lists(st.text(min_size=1).filter(lambda step: step not in {".", ".."}), min_size=1))
def test_a_step_of_a_path_stays_one_step(steps):
    path = write_path(*steps)
    assert path.isascii()
    assert path.count("/") == len(steps)
    assert not set(path) & set("?# \r\n")


@given(st.text() | st.lists(words, max_size=8).map(" ".join))
def test_what_says_when_to_come_back_is_a_time_or_nothing(stated):
    found = retry_after_of(Answer(503, {"retry-after": stated}, b""))
    assert found is None or found >= 0


@given(st.integers(300, 599), st.binary() | values.map(write_json))
def test_whatever_comes_back_has_an_exception(status, content):
    assert isinstance(refusal(Answer(status, {}, content)), Refused | Unreadable)
