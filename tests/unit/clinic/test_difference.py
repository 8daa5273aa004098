"""Where two documents differ first."""

import pytest

from app.clinic.difference import first_difference


@pytest.mark.parametrize(
    ("one", "other", "place"),
    [
        ('{"a": 1, "b": 2}', '{"a": 1, "b": 3}', "/b"),
        ('{"a": 1}', '{"a": 1.0}', "/a"),
        ('{"a": 1.5}', '{"a": 1.50}', "/a"),
        ('{"a": "1"}', '{"a": 1}', "/a"),
        ('{"a": null}', '{"a": "null"}', "/a"),
        ('{"a": [1, {"b": true}]}', '{"a": [1, {"b": false}]}', "/a/1/b"),
        ('{"a": [1, 2]}', '{"a": [1]}', "/a/1"),
        ('{"a": [1]}', '{"a": [1, 2]}', "/a/1"),
        ('{"a": 1}', '{"a": 1, "b": 2}', "/b"),
        ('{"a": 1, "b": 2}', '{"a": 1}', "/b"),
        ('{"": 1}', "{}", "/"),
        ('{"a/b~c": 1}', '{"a/b~c": 2}', "/a~1b~0c"),
        ('{"a": NaN}', '{"a": 0}', "/a"),
        ("[]", "{}", ""),
        ("nonsense", "{}", ""),
        (b"\xff", "{}", ""),
    ],
)
def test_the_first_difference_is_told_by_its_place(one, other, place):
    documents = [part if isinstance(part, bytes) else part.encode() for part in (one, other)]
    assert first_difference(*documents) == place
    assert first_difference(*reversed(documents)) == place


def test_members_in_another_order_are_other_bytes():
    assert first_difference(b'{"a": 1, "b": 2}', b'{"b": 2, "a": 1}') == "/a"


def test_of_two_differences_the_one_that_is_written_first_is_told():
    assert first_difference(b'{"z": 1, "a": 1}', b'{"z": 2, "a": 2}') == "/z"


def test_equal_documents_have_no_difference_however_they_are_spaced():
    assert first_difference(b'{"a": [1, null]}', b'{"a":[1,null]}') is None
