"""Identifiers must not point at a person."""

import pytest
from pydantic import TypeAdapter, ValidationError

from app.schemas.pseudonym import Pseudonym

READ = TypeAdapter(Pseudonym).validate_python


def refusal(identifier):
    with pytest.raises(ValidationError) as refused:
        READ(identifier)
    return refused.value.errors()[0]["type"]


@pytest.mark.parametrize(
    "identifier",
    [
        "SITE-0042",
        "1",
        "patient-a",
        "101-0042",
        "P_1/2.3",
        "2024-001-002",
        "0000000012",
        "20269999",
        "1790000000000000000",
        "6f1e0c1c-3d8e-4b63-9d92-1f0f4a3a9a10",
        "A" * 64,
    ],
)
def test_a_pseudonym_is_taken_as_it_is(identifier):
    assert READ(identifier) == identifier


@pytest.mark.parametrize(
    ("code", "identifiers"),
    [
        ("identifier_is_email", ["jane@example.org", "jane.doe@clinic"]),
        (
            "identifier_is_phone",
            [
                "+33612345678",
                "+33 6 12 34 56 78",
                "+1 (555) 123-4567",
                "0033612345678",
                "0612345678",
                "06.12.34.56.78",
                "06 12 34 56 78",
                "020-7946-0958",
                "555-123-4567",
                "5551234567",
                "123-45-6789",
            ],
        ),
        (
            "identifier_has_date",
            [
                "1965-04-12",
                "12.04.1965",
                "1.4.1965",
                "04/12/1965",
                "12/04/65",
                "19650412",
                "12041965",
                "JD-1965-04-12",
                "P19650412-2",
            ],
        ),
        (
            "identifier_is_name",
            ["Jane Doe", "Doe, Jane", "Doe,Jane", "Jane.Doe", "Zoé Müller", "jane m. doe"],
        ),
        (
            "identifier_shape",
            ["", "-1", "Müller", "a\n", "A" * 65, "P 42", "P\u202e42", "P\x0042", "\u04101", "ﬁ1"],
        ),
    ],
)
def test_what_points_at_a_person_is_refused_with_its_reason(code, identifiers):
    assert {identifier: refusal(identifier) for identifier in identifiers} == dict.fromkeys(
        identifiers, code
    )


def test_a_very_long_identifier_is_judged_at_once():
    assert refusal("a " * 500_000) == "identifier_is_name"


@pytest.mark.parametrize("identifier", [None, 42, True, ["P-1"]])
def test_only_text_is_an_identifier(identifier):
    assert refusal(identifier) == "string_type"
