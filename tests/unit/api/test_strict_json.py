"""JSON is read in one way, or not at all."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.schemas.strict_json import DEEPEST, MOST_MEMBERS, parse_json

scalars = st.none() | st.booleans() | st.integers() | st.text()
documents = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


def code_of(text):
    with pytest.raises(InvalidInput) as refused:
        parse_json(text)
    (fault,) = refused.value.faults
    return fault.code


@given(documents.filter(lambda document: "\0" not in str(document)))
def test_plain_json_is_read_as_anybody_reads_it(document):
    for ascii_only in (True, False):
        text = json.dumps(document, ensure_ascii=ascii_only).encode()
        if b"\\u0000" not in text:
            assert parse_json(text) == document


@given(st.binary() | st.text(alphabet='[]{}",:\\u0d81e+-. \n\ufeff').map(str.encode))
def test_any_bytes_are_read_or_refused(text):
    try:
        value = parse_json(text)
    except InvalidInput:
        return
    assert value == json.loads(text, parse_float=Decimal, parse_int=Decimal)


@pytest.mark.parametrize("number", ["1500.0", "0.1", "1e-300", "1E+3", "-0", "9" * 400])
def test_a_number_keeps_every_digit(number):
    value = parse_json(number.encode())
    assert isinstance(value, Decimal)
    assert str(value) == str(Decimal(number))


def test_a_number_of_more_than_four_hundred_characters_is_refused():
    assert code_of(b"9" * 401) == "too_long"


@pytest.mark.parametrize("pair", ["[]", "{}"])
def test_nesting_is_allowed_to_its_bound(pair):
    opening, closing = ("[", "]") if pair == "[]" else ('{"a":', "}")
    deep = (opening * (DEEPEST - 1) + pair + closing * (DEEPEST - 1)).encode()
    assert parse_json(deep)
    assert code_of(opening.encode() + deep + closing.encode()) == "too_deep"


@pytest.mark.parametrize("text", ["[" * 99, '{"' * 99, '[\\"' * 99, '\\"[[' * 50, "]}" * 99])
def test_brackets_in_text_are_no_nesting(text):
    assert parse_json(json.dumps([text]).encode()) == [text]


def test_a_wide_document_is_no_deep_one():
    assert len(parse_json(b"[" + b",".join([b'{"a":[]}'] * 1000) + b"]")) == 1000


@pytest.mark.parametrize(
    "text", [b"[" * 33, b"]" * 99, b"[}" * 99, b'["' * 99, b"{]" * 20 + b"[" * 99]
)
def test_brackets_that_do_not_match_are_refused(text):
    assert code_of(text) in ("too_deep", "not_json")


def test_an_object_may_have_a_thousand_members():
    members = {f"a{i}": i for i in range(MOST_MEMBERS)}
    assert len(parse_json(json.dumps(members).encode())) == MOST_MEMBERS
    assert code_of(json.dumps(members | {"b": 1}).encode()) == "too_many"


def test_a_repeated_member_is_named_if_it_may_be():
    with pytest.raises(InvalidInput, match="value is given twice"):
        parse_json(b'{"value":1,"value":1}')
    with pytest.raises(InvalidInput, match="a member is given twice"):
        parse_json(b'{"Jane Doe":1,"Jane Doe":1}')


def test_a_pair_of_surrogates_is_one_character():
    assert parse_json(rb'"\ud834\udd1e"') == "𝄞"
    assert code_of(rb'"\udd1e\ud834"') == "unsafe_text"


def test_a_fault_says_where_the_json_ends():
    with pytest.raises(InvalidInput, match=r"line 2, column 2"):
        parse_json(b"{\n x}")
