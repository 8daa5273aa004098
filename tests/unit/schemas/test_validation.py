"""What is wrong is told by its place, its rule and what would help."""

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import Fault
from app.schemas.validation import (
    MOST_FAULTS,
    faults_of,
    first_of_each,
    pointer_to,
    unknown_field,
)


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    assay: str


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    pnfh: Inner | None = None
    levels: list[Inner] = []


def faults(body):
    with pytest.raises(ValidationError) as refused:
        Outer.model_validate(body)
    return faults_of(refused.value, Outer)


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ([], ""),
        (["a", 0, "b"], "/a/0/b"),
        (["a/b", "c~d", ""], "/a~1b/c~0d/"),
        (["~1"], "/~01"),
    ],
)
def test_a_place_is_a_json_pointer(path, pointer):
    assert pointer_to(path) == pointer


def test_an_unknown_field_is_compared_with_those_of_its_own_object():
    (fault,) = faults({"pnfh": {"assay": "x", "pnfh": 1}})
    assert (fault.pointer, fault.code) == ("/pnfh/pnfh", "unknown_field")
    assert fault.detail == "There is no such field. There is assay."
    (fault,) = faults({"levels": [{"assay": "x"}, {"assay": "x", "asay": 1}]})
    assert fault.pointer == "/levels/1/asay"
    assert fault.detail.endswith("Did you mean assay?")


def test_a_very_long_name_is_compared_at_once():
    assert unknown_field(["x" * 10**6], ["pnfh"]).code == "unknown_field"


def test_plain_words_do_not_name_our_classes():
    assert [fault.code for fault in faults({"pnfh": 1, "levels": {}})] == [
        "not_an_object",
        "not_a_list",
    ]
    assert "Inner" not in str(faults({"pnfh": 1}))


def test_a_hundred_faults_are_told_and_the_rest_counted():
    told = faults({f"x{i}": 1 for i in range(MOST_FAULTS + 3)})
    assert len(told) == MOST_FAULTS + 1
    assert told[-1] == Fault("", "more_faults", "There are 3 more faults like these.")


def test_one_fault_is_told_for_each_place():
    first, other, second = (Fault(p, c, "") for p, c in [("/a", "x"), ("/b", "x"), ("/a", "y")])
    assert first_of_each([first, other, second]) == [first, other]
