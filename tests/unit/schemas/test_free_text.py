"""What a clinic writes freely about a patient must not say how to reach a person, or who it is."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.schemas.covariates import Covariate, CovariateName
from app.schemas.measurements import MeasurementRequest

READ = TypeAdapter(Covariate).validate_python
READ_NAME = TypeAdapter(CovariateName).validate_python
LEVEL = {"biomarker": "pnfh", "value": 1500, "unit": "pg/mL", "specimen": "csf"}


def refusal(read, value):
    with pytest.raises(ValidationError) as refused:
        read(value)
    return refused.value.errors()[0]["type"]


def read_assay(text):
    return MeasurementRequest.model_validate(LEVEL | {"assay": text}).assay


@pytest.mark.parametrize("read", [READ, read_assay])
@pytest.mark.parametrize(
    "text",
    [
        "mild",
        "ELISA kit, lot 7",
        "lot 0612345678",
        "612345678901",
        "0033612345678",
        "5551234567",
        "1.5 mg @ 8 h",
        "@",
        "-12.5 to +12.5",
        "2024-01-15 to 2024-02-15",
        "15/01/2024 09:30",
        "10.1016/S0140-6736(25)00262-4",
        "1e+12345678",
        "100 200 300 400",
        "ISO 13485:2016, 00 12 34",
        "192.168.100.200",
        "6f1e0c1c-3d8e-4b63-9d92-1f0f4a3a9a10",
        "v1.2.3+20240115",
    ],
)
def test_a_text_that_reaches_nobody_is_taken_as_it_is(read, text):
    assert read(text) == text


@pytest.mark.parametrize("read", [READ, read_assay])
@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("text_is_email", "jane.doe@example.org"),
        ("text_is_email", "ask Zoé <zoé@clinic.example.org>"),
        ("text_is_email", "JANE+1@EXAMPLE.CO.UK, daughter"),
        ("text_is_phone", "+33612345678"),
        ("text_is_phone", "call +33 6 12 34 56 78 after six"),
        ("text_is_phone", "+1 (555) 123-4567"),
        ("text_is_phone", "0033 6 12 34 56 78"),
        ("text_is_phone", "06 12 34 56 78"),
        ("text_is_phone", "tel. 06.12.34.56.78"),
        ("text_is_phone", "020 7946 0958"),
        ("text_is_phone", "07700 900123"),
        ("text_is_phone", "daughter: 555-123-4567"),
        ("text_is_phone", "(555) 123 4567"),
    ],
)
def test_how_to_reach_a_person_is_refused_with_its_reason(read, code, text):
    assert refusal(read, text) == code


@given(st.from_regex(r"[0-9]{1,20}", fullmatch=True))
def test_digits_that_stand_together_are_a_code(digits):
    assert READ(digits) == digits


def test_a_long_text_is_judged_at_once():
    text = ("1 ( " * 50)[:200]
    assert READ(text) == text


@pytest.mark.parametrize(
    "name",
    [
        "name", "first_name", "lastName", "Surname", "FAMILY-NAME", "given.name", "email", "E-Mail",
        "mail", "phone", "telephone", "mobile_phone", "address", "street", "postcode", "zip", "dob",
        "date_of_birth", "birth_date", "BirthDate", "birthday", "ssn", "nhs_number", "national_id",
        "passport", "mrn",
    ],
)  # fmt: skip
def test_a_covariate_that_asks_who_it_is_is_refused(name):
    assert refusal(READ_NAME, name) == "covariate_is_identity"


@pytest.mark.parametrize(
    "name",
    ["crp", "ph.ecog", "neck_weakness", "birth_weight", "drug_name", "named", "zipper", "mobile"],
)
def test_a_covariate_that_only_sounds_like_it_is_taken(name):
    assert READ_NAME(name) == name


def test_numbers_are_not_texts():
    assert READ(Decimal(33612345678)) == Decimal(33612345678)
