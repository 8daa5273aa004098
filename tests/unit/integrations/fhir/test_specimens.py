"""Specimens: CSF by all that is said of them, or refused. Serum is never taken for CSF."""

import pytest

from app.integrations.fhir.element import Element
from app.integrations.fhir.specimens import specimen_faults, specimen_to_ask

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
        {"text": "Spinal Fluid, tube no. 3"},
        {"text": "LCR no 2"},
        {"text": "Liquide céphalo-rachidien"},
        {"text": "Liquide cérébro-spinal"},
        {"text": "Liquor cerebrospinalis"},
        {"text": "CSF (lumbar), 2 mL, no blood contamination"},
        {"text": "CSF, non-bloody tap"},
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
        (coded((SNOMED, TUBE)), None),
        ({"text": "not CSF"}, None),
        ({"text": "non-CSF fluid"}, None),
        ({"text": "no cerebrospinal fluid"}, None),
        ({"text": "CSF: no"}, None),
        ({"text": "CSF not received"}, None),
        ({"text": "LCR non prélevé"}, None),
        ({"text": "pas de LCR"}, None),
        ({"text": "tube without CSF"}, None),
    ],
)
def test_whatever_says_another_specimen_is_believed(kind, display):
    assert faults(kind, display) == [("specimen_not_applicable", "/specimen")]


def test_a_specimen_of_which_nothing_is_told_is_not_guessed():
    for display in (None, "Specimen 24-001-0023", "fluid"):
        assert faults(None, display) == [("specimen_unknown", "/specimen")]
    assert specimen_faults(Element({}), {}) == []


@pytest.mark.parametrize("site", [coded((SNOMED, "87612001")), {"text": "Venous blood"}])
def test_a_site_that_says_blood_is_believed(site):
    found = specimen_faults(Element({"bodySite": site}), {})
    assert [(one.code, one.pointer) for one in found] == [("specimen_not_applicable", "/bodySite")]
    assert specimen_faults(Element({"bodySite": {"text": "Lumbar spine"}}), {}) == []


def test_a_specimen_is_asked_for_where_only_it_can_tell():
    def asked(reference, **said):
        observation = Element({"specimen": {"reference": reference, **said}})
        return specimen_to_ask(observation, {"Specimen/known": Element({"type": {"text": "CSF"}})})

    assert asked("Specimen/9") == "Specimen/9"
    assert asked("Specimen/9", display="Tube 4") == "Specimen/9"
    assert asked("Specimen/9", display="CSF") is None
    assert asked("Specimen/9", display="Serum") is None
    assert asked("Specimen/known") is None
    for other in ("#s", "urn:uuid:9", "Specimen/9/_history/1", "Specimen/..", "Patient/9", ""):
        assert asked(other) is None
