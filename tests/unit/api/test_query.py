"""A query string is read to the letter, with nothing unknown and nothing twice."""

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.query import MOST_PARAMETERS, check_names, read_parameters
from app.errors import InvalidInput

KNOWN = frozenset({"pnfh", "unit"})


@given(st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=MOST_PARAMETERS))
def test_what_was_written_is_read_back(pairs):
    assert read_parameters(urlencode(pairs).encode()) == pairs


@given(st.text(alphabet="ab=&.-/<", max_size=30))
def test_a_plain_query_is_read_as_an_encoded_one(query):
    assert read_parameters(query.encode()) == parse_qsl(query, keep_blank_values=True)


@pytest.mark.parametrize(
    "query", [b"a=%ff", b"a=\xff", b"%ed%a0%80=1", b"&".join([b"a%20=1"] * 51)]
)
def test_a_query_that_cannot_be_read_is_refused(query):
    with pytest.raises(InvalidInput):
        read_parameters(query)


def test_names_are_known_and_given_once():
    faults = check_names([("pnfh", "1"), ("x", "1"), ("unit", ""), ("pnfh", "2")], KNOWN)
    assert [(f.pointer, f.code) for f in faults] == [("/x", "unknown_field"), ("/pnfh", "repeated")]
