"""Our extensions stand in one table, and the page about them repeats it."""

import re
from dataclasses import fields
from pathlib import Path

from app.clinic.patient import PatientFacts
from app.integrations.fhir.extensions import (
    ASKED,
    COVARIATE,
    COVARIATE_MEANING,
    PARTS,
    PATIENT,
    PREDICTION,
    RISK,
    patient_url,
    url_of,
)

PAGE = Path(__file__).parents[4] / "docs/fhir.md"
ELEMENTS = {"identifier", "sex", "birth_year", "covariates"}


def test_every_fact_of_a_patient_has_an_element_or_an_extension():
    assert PATIENT.keys() == {field.name for field in fields(PatientFacts)} - ELEMENTS


def test_the_page_has_a_row_for_every_extension_and_no_other():
    tables = [*(PATIENT | ASKED).items()], [*(RISK | PREDICTION).items()]
    rows = {patient_url(name): one for name, one in tables[0]}
    rows |= {url_of(name): one for name, one in tables[1]}
    told = {url: (one.member, one.meaning) for url, one in rows.items()}
    told[COVARIATE] = (PARTS, COVARIATE_MEANING)
    page = PAGE.read_text(encoding="utf-8")
    found = re.findall(
        r"^\| `(urn:neurostrata:fhir:[^`]+)` \| `(\w+)` \| (.+) \|$", page, re.MULTILINE
    )
    assert {url: (member, meaning) for url, member, meaning in found} == told
