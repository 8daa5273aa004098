"""Units: the code says which, and what is printed beside it may not say another."""

import pytest

from app.integrations.fhir.element import Element
from app.integrations.fhir.units import read_unit

UCUM = "http://unitsofmeasure.org"


def read(code, printed):
    unit, faults = read_unit(Element({"unit": printed, "system": UCUM, "code": code}))
    return unit, [(one.code, one.pointer) for one in faults]


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("pg/mL", "pg/ml"), ("pg/mL", "NG/L"), ("pg/mL", "fg/uL"), ("pg/mL", "picograms in a ml"),
        ("ng/mL", "µg/L"), ("ng/mL", "mcg / L"), ("ug/L", "\u03bcg/l"), ("ng/L", None),
        ("pg/mL", "pg/mL (CSF)"), ("pg/mL", "pg per mL"), ("pg/mL", "CSF, 20 degrees"),
        ("pg/mL", "picogrammes par millilitre"), ("pg/mL", "PGM/ML"), ("ng/mL", "ng/cc"),
    ],
)  # fmt: skip
def test_a_text_that_says_the_same_or_cannot_be_read_is_let_be(code, printed):
    assert read(code, printed) == (code, [])


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("pg/mL", "ng/mL"), ("pg/mL", "ng/ml"), ("ng/mL", "PG/ML"), ("pg/mL", "pg/dL"),
        ("ng/L", "µg/L"), ("ng/L", "mg/L"), ("pg/mL", "pmol/L"),
        ("pg/mL", "ng/mL (CSF)"), ("pg/mL", "ng per mL"), ("pg/mL", "ng.mL-1"),
        ("pg/mL", "ng\u00b7mL\u207b\u00b9"), ("pg/mL", "[ng/mL]"), ("pg/mL", "ng/mL."),
        ("pg/mL", "ngm/mL"), ("pg/mL", "nanogram/mL"), ("pg/mL", "Nanograms per milliliter"),
        ("pg/mL", "ng/cc"), ("pg/mL", "pM"), ("ng/mL", "picogrammes par ml"),
    ],
)  # fmt: skip
def test_a_text_of_another_amount_is_a_contradiction_however_it_is_spelt(code, printed):
    assert read(code, printed) == (code, [("unit_contradiction", "/unit")])


def test_a_code_of_another_system_is_the_only_fault_told():
    quantity = Element({"unit": "pg/mL", "system": "urn:lab", "code": "pg/mL"})
    assert [one.pointer for one in read_unit(quantity)[1]] == ["/system"]
