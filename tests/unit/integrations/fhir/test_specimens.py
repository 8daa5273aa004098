"""Specimens: CSF by all that is said of them, or refused. Serum is never taken for CSF."""

import pytest

from app.integrations.fhir.element import Element
from app.integrations.fhir.specimens import specimen_faults

SNOMED = "http://snomed.info/sct"
V2 = "http://terminology.hl7.org/CodeSystem/v2-0487"
CSF, SERUM, TUBE = "258450006", "119364003", "706053007"


def coded(*pairs, text=None):
    concept = {"coding": [{"system": system, "code": code} for system, code in pairs]}
    return concept | ({"text": text} if text else {})


def faults(kind, display=None):
    """What is found in an Observation that contains a specimen of this kind."""
    reference = {"reference": "#s"} | ({"display": display} if display else {})
    specimen = {"resourceType": "Specimen", "id": "s"} | ({"type": kind} if kind else {})
    observation = {"contained": [specimen], "specimen": reference}
    return [(one.code, one.pointer) for one in specimen_faults(Element(observation), {})]


@pytest.mark.parametrize(
    "kind",
    [
        coded((SNOMED, CSF)),
        coded((SNOMED, "65216001")),
        coded((V2, "CSF")),
        coded((SNOMED, TUBE), (SNOMED, CSF)),
        {"text": "CSF (lumbar puncture)"},
        {"text": "Cerebrospinal fluid specimen"},
        {"text": "Cerebral spinal fluid"},
        {"coding": [{"system": "urn:lab", "code": "7", "display": "LCR"}]},
    ],
)
def test_csf_is_known_by_its_codes_and_by_its_words(kind):
    assert faults(kind) == []


@pytest.mark.parametrize(
    ("kind", "display"),
    [
        (coded((SNOMED, SERUM)), None),
        (coded((SNOMED, SERUM)), "CSF"),
        (coded((SNOMED, CSF)), "Serum"),
        (coded((SNOMED, CSF), (SNOMED, SERUM)), None),
        (coded((SNOMED, CSF), text="EDTA plasma"), None),
        (coded((V2, "SER"), (V2, "CSF")), None),
        ({"text": "serum, not CSF"}, None),
        ({"text": "fluid"}, None),
    ],
)
def test_whatever_says_another_specimen_is_believed(kind, display):
    assert faults(kind, display) == [("specimen_not_applicable", "/specimen")]


def test_a_specimen_of_which_nothing_is_told_is_not_guessed():
    assert faults(None) == [("specimen_unknown", "/specimen")]
    assert specimen_faults(Element({}), {}) == []
