"""By which system and code a reason is kept: a text about a patient is not."""

import pytest

from app.integrations.cds_hooks.reasons import CODES, OTHER, REASONS, kept_reason

ELSEWHERE = "https://ehr.example/CodeSystem/override-reasons"


@pytest.mark.parametrize("code", CODES)
def test_a_reason_of_the_service_is_kept_as_it_is(code):
    assert kept_reason(REASONS, code) == (REASONS, code)


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (None, "contraindicated"),
        (REASONS, "a-newer-reason"),
        (ELSEWHERE, "drug-interaction"),
        (ELSEWHERE, "OTH"),
        (ELSEWHERE, "R-0042"),
        (ELSEWHERE, "x" * 64),
        ("http://snomed.info/sct", "413311005"),
        ("urn:oid:2.16.840.1.113883.2.4.3.11.60.104.5.2", "1.2"),
    ],
)
def test_a_code_of_anybody_is_kept(system, code):
    assert kept_reason(system, code) == (system, code)


@pytest.mark.parametrize(
    "code",
    [
        "John Smith, born 1964-05-17",
        "not now",
        "John.Smith",
        "JohnSmith",
        "john-smith",
        "Smith1964-05-17",
        "born-17.05.1964",
        "19640517",
        "0612345678",
        "call-06.12.34.56.78",
        "john@clinic.example",
        "Größe",
        "-x",
        "x\n",
        "x" * 65,
    ],
)
@pytest.mark.parametrize("system", [None, REASONS, ELSEWHERE])
def test_what_may_be_a_text_about_a_patient_is_another_reason(system, code):
    assert kept_reason(system, code) == (None, OTHER)


@pytest.mark.parametrize(
    "system",
    [
        "",
        "John Smith",
        "urn:of John Smith",
        "urn:born:1964-05-17",
        "urn:oid:1.2 17.05.1964",
        "mailto:john@clinic.example",
        "tel:555-123-4567",
        "urn:Größe",
    ],
)
def test_a_system_that_may_be_a_text_is_not_kept_either(system):
    assert kept_reason(system, "not-now") == (None, OTHER)
