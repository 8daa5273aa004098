"""`$pnfh-survival`: a Patient and levels in, a RiskAssessment with the native numbers out."""

import json
from decimal import Decimal

import pytest

from app.clinic.access import Role
from tests.api.cohort_of_clinic import own_evidence
from tests.api.fhir_resources import (
    ANTIBODY,
    URN,
    Fhir,
    a_bundle,
    a_collection,
    a_fact,
    a_level,
    a_patient,
    issues,
    parameters,
    part_of,
    told_of,
    without,
)

DOOR = "/$pnfh-survival"


@pytest.fixture
def fhir(service):
    return Fhir(service, ("North", Role.VIEWER))


def exact(answer):
    return json.loads(answer.content, parse_float=Decimal, parse_int=Decimal)


def native(fhir, pnfh, **more):
    sent = {"pnfh": pnfh, "detail": "summary"} | more
    return exact(fhir.service.ask("POST", "/v1/estimates", by=None, json=sent))


def test_there_is_one_prediction_for_each_arm_and_horizon(fhir):
    risk = exact(fhir.post(DOOR, parameters(a_patient(), a_level())))
    told = native(fhir, {"value": 1500, "unit": "pg/mL"})
    expected = [
        (arm["id"], row["time"], row["survival"] * 100, row["lower"] * 100, row["upper"] * 100)
        for arm in told["survival_curves"]["arms"]
        for row in arm["survival_at"]
    ]
    found = []
    for one in risk["prediction"]:
        (arm,), (interval,) = told_of(one, "arm"), told_of(one, "interval")
        ends = interval["valueRange"]
        found.append(
            (
                arm["valueCode"], one["whenRange"]["high"]["value"], one["probabilityDecimal"],
                ends["low"]["value"], ends["high"]["value"],
            )
        )  # fmt: skip
    assert found == expected
    assert len(found) == 2 * 4
    assert all(one["whenRange"]["low"]["value"] == 0 for one in risk["prediction"])
    assert not any("relativeRisk" in one for one in risk["prediction"])
    assert "mitigation" not in risk


def test_the_hazard_ratio_and_the_primary_result_stand_in_extensions_and_in_words(fhir):
    risk = fhir.assessed(a_patient(), a_level())
    (ratio,), (whole,) = told_of(risk, "hazard-ratio"), told_of(risk, "whole-trial-hazard-ratio")
    assert [part_of(ratio, name) for name in ("value", "lower", "upper")] == [0.52, 0.3, 0.89]
    assert [part_of(whole, name) for name in ("value", "lower", "upper")] == [0.81, 0.54, 1.22]
    assert all("0.52 (95 % CI 0.30 to 0.89" in one["rationale"] for one in risk["prediction"])
    primary = "The trial's primary result was not statistically significant."
    assert all(one["rationale"].endswith(primary) for one in risk["prediction"])
    notes = " ".join(note["text"] for note in risk["note"])
    for words in ("0.81 (95 % CI 0.54 to 1.22", "not significant", "not approved for ALS",
                  "The whole interval lies below 1", "meets all entry criteria"):  # fmt: skip
        assert words in notes


@pytest.mark.parametrize(
    ("value", "comparator", "status", "reason"),
    [
        (500, None, "no_estimate", "stratum_not_reported"),
        (800, "<", "indeterminate", "bound_spans_strata"),
    ],
)
def test_without_an_estimate_there_is_the_reason_and_no_prediction(
    fhir, value, comparator, status, reason
):
    level = a_level(value)
    if comparator:
        level["valueQuantity"]["comparator"] = comparator
    risk = fhir.assessed(a_patient(), level)
    assert "prediction" not in risk
    assert told_of(risk, "status")[0]["valueCode"] == status
    assert told_of(risk, "reason")[0]["valueCode"] == reason
    sent = {"value": value, "unit": "pg/mL"} | ({"comparator": comparator} if comparator else {})
    told = native(fhir, sent)
    notes = [note["text"] for note in risk["note"]]
    assert told["reason"]["message"] in notes
    assert all(notice["text"] in notes for notice in told["notices"])
    assert any("0.81" in note for note in notes)


def test_the_latest_level_that_stands_is_used(fhir):
    levels = [
        a_level(5000, effectiveDateTime="2024-03-01", id="last", status="preliminary"),
        a_level(1.6, "ng/mL", effectiveDateTime="2024-02-02", id="used"),
        a_level(5000, effectiveDateTime="2024-02-01", id="earlier"),
        a_level(5000, id="undated"),
    ]
    risk = fhir.assessed(a_patient(id="p1"), *levels)
    assert risk["basis"] == [{"reference": "Observation/used"}, {"reference": "Patient/p1"}]
    assert told_of(risk, "level")[0]["valueQuantity"]["value"] == 1600
    assert risk["subject"] == {"reference": "Patient/p1"}


def test_a_bundle_is_read_like_parameters(fhir):
    patient, level = a_patient(), a_level(subject=URN, effectiveDateTime="2024-02-02")
    entries = {"fullUrl": URN, "resource": patient}, {"resource": level}
    bundle = a_bundle(*entries, type="collection")
    in_parameters = {
        "resourceType": "Parameters", "parameter": [{"name": "bundle", "resource": bundle}]
    }  # fmt: skip
    one, other = (fhir.made(DOOR, sent, 200) for sent in (bundle, in_parameters))
    assert one["prediction"] == other["prediction"]
    assert one["subject"] == {"reference": URN}
    assert one["basis"] == [{"reference": URN}]


def test_a_specimen_that_is_sent_along_is_looked_at(fhir):
    def asked(kind):
        specimen = {"resourceType": "Specimen", "id": "s1", "type": {"text": kind}}
        level = a_level(specimen={"reference": "Specimen/s1"})
        return fhir.post(DOOR, a_collection(a_patient(), level, specimen))

    assert asked("CSF").status_code == 200
    assert issues(asked("Serum")) == [
        ("specimen_not_applicable", "Bundle.entry[1].resource.specimen")
    ]


def test_facts_of_the_patient_are_judged_by_the_entry_criteria(fhir):
    facts = [
        a_fact("el_escorial", "valueCode", "suspected"), a_fact("svc_percent", "valueDecimal", 84)
    ]  # fmt: skip
    patient = a_patient(birthDate="1964-05-17", extension=facts)
    risk = fhir.assessed(patient, a_level(effectiveDateTime="2024-02-02"))
    (judged,) = told_of(risk, "applicability")
    assert part_of(judged, "grade") == "not_applicable"
    assert part_of(judged, "not-met") == "diagnosis"
    met = [one["valueCode"] for one in judged["extension"] if one["url"] == "met"]
    assert met == ["age", "slow_vital_capacity"]
    assert "The patient does not meet all entry criteria of the trial." in [
        note["text"] for note in risk["note"]
    ]


def test_wishes_choose_days_evidence_and_condition(fhir):
    wishes = {
        "times": ("valueString", "90, 365,800"), "alive_at": ("valueInteger", 100),
        "extrapolate": ("valueBoolean", True), "assay_cv": ("valueDecimal", 0.08),
    }  # fmt: skip
    risk = fhir.assessed(a_patient(), a_level(), **wishes)
    spans = [
        (one["whenRange"]["low"]["value"], one["whenRange"]["high"]["value"])
        for one in risk["prediction"]
        if told_of(one, "arm")[0]["valueCode"] == "placebo"
    ]
    assert spans == [(0, 90), (0, 365), (100, 365), (0, 800)]
    levels = [told_of(one, "interval-level")[0]["valueDecimal"] for one in risk["prediction"]]
    assert levels == [0.95] * len(risk["prediction"])
    later = [one for one in risk["prediction"] if told_of(one, "extrapolated")]
    assert {one["whenRange"]["high"]["value"] for one in later} == {800}
    assert all("extrapolated" in one["outcome"]["text"] for one in later)
    notes = " ".join(note["text"] for note in risk["note"])
    assert "which no one has observed" in notes


def test_times_may_be_repeated(fhir):
    sent = parameters(a_patient(), a_level(), times=("valueInteger", 365))
    sent["parameter"].append({"name": "times", "valueDecimal": 90})
    days = {one["whenRange"]["high"]["value"] for one in fhir.made(DOOR, sent, 200)["prediction"]}
    assert days == {90, 365}


def test_french_changes_words_alone(fhir):
    sent = parameters(a_patient(), a_level())
    english, french = (fhir.post(DOOR, sent, accept_language=tag) for tag in ("en", "fr"))
    assert (english.headers["content-language"], french.headers["content-language"]) == ("en", "fr")
    one, other = english.json(), french.json()
    assert other["language"] == "fr"
    assert "n'est pas autorisée" in " ".join(note["text"] for note in other["note"])
    numbers = [
        [(each["probabilityDecimal"], each["whenRange"]) for each in risk["prediction"]]
        for risk in (one, other)
    ]
    assert numbers[0] == numbers[1]


def test_nothing_is_stored(fhir):
    fhir.assessed(a_patient(), a_level())
    assert fhir.found("/Patient") == fhir.found("/Observation") == []
    assert fhir.found("/RiskAssessment") == []


def test_what_an_estimate_does_not_use_is_not_looked_at(fhir):
    patient = a_patient(
        name=[{"family": "Somebody"}], extension=[{"url": "urn:theirs", "valueString": "x"}]
    )
    other = {"resourceType": "Observation", "status": "final", "code": {"text": "weight"}}
    condition = {"resourceType": "Condition", "subject": {"reference": "Patient/9"}}
    sent = a_collection(patient, other, condition, a_level())
    assert fhir.made(DOOR, sent, 200)["prediction"]


@pytest.mark.parametrize("kind", ["collection", "searchset", "document", "message"])
def test_a_bundle_may_be_any_that_asks_for_nothing_to_be_done(fhir, kind):
    entries = {"resource": a_patient()}, {"resource": a_level()}
    assert fhir.made(DOOR, a_bundle(*entries, type=kind), 200)["prediction"]


def named(*pairs):
    listed = [{"name": name, "resource": resource} for name, resource in pairs]
    return {"resourceType": "Parameters", "parameter": listed}


@pytest.mark.parametrize(
    "sent",
    [
        named(("pnfh", a_level()), ("subject", a_patient())),
        named(("input", a_collection(a_patient(), a_level()))),
        {
            "resourceType": "Parameters",
            "parameter": [
                {"name": "input", "part": named(("a", a_patient()), ("b", a_level()))["parameter"]}
            ],
        },
    ],
)
def test_in_parameters_a_resource_speaks_for_itself(fhir, sent):
    assert fhir.made(DOOR, sent, 200)["prediction"]


def test_wishes_may_be_written_as_the_native_api_does(fhir):
    sent = parameters(a_patient(), a_level())
    sent["parameter"].append({"name": "alive_at", "valueInteger": 100})
    assert any(one["whenRange"]["low"]["value"] for one in fhir.made(DOOR, sent, 200)["prediction"])
    sent["parameter"].append({"name": "alive-at", "valueInteger": 100})
    assert issues(fhir.post(DOOR, sent)) == [("repeated", "Parameters.parameter[3]")]


@pytest.mark.parametrize(
    ("patient", "level", "is_theirs"),
    [
        ("http://a/fhir/Patient/p1", "http://a/fhir/Observation/o1", True),
        ("http://a/fhir/Patient/p1", "http://b/fhir/Observation/o1", False),
        ("http://a/fhir/Patient/p1", None, True),
        (URN, "http://b/fhir/Observation/o1", True),
    ],
)
@pytest.mark.parametrize("version", ["", "/_history/2"])
def test_a_relative_reference_is_to_what_is_beside_the_referrer(
    fhir, patient, level, is_theirs, version
):
    entries = [
        {"fullUrl": patient, "resource": a_patient(id="p1")},
        {"fullUrl": level, "resource": a_level(subject=f"Patient/p1{version}")},
    ]
    sent = a_bundle(*({k: v for k, v in one.items() if v} for one in entries), type="collection")
    answer = fhir.post(DOOR, sent)
    assert (answer.status_code == 200) is is_theirs
    if not is_theirs:
        place = "Bundle.entry[1].resource.subject.reference"
        assert issues(answer) == [("another_patient", place)]


def test_a_subject_that_is_called_by_an_identifier_must_be_the_patient(fhir):
    def asked(value):
        subject = {"identifier": {"system": "urn:neurostrata:patient", "value": value}}
        return fhir.post(DOOR, parameters(a_patient("SITE-1"), a_level() | {"subject": subject}))

    assert asked("SITE-1").status_code == 200
    assert issues(asked("SITE-2")) == [("another_patient", f"{LEVEL}.subject.identifier")]


def test_many_parameters_are_as_huge_as_a_huge_bundle(fhir):
    sent = parameters(a_patient(), *[a_level()] * 1000)
    assert fhir.post(DOOR, sent).status_code == 413
    sent = parameters(a_patient(), a_level())
    sent["parameter"] += [{"name": "times", "valueInteger": 90}] * 201
    assert fhir.post(DOOR, sent).status_code == 413


LEVEL = "Parameters.parameter[1].resource"
FAULTS = {
    "another unit": (a_level(unit="nmol/L"), ("unit_not_supported", f"{LEVEL}.valueQuantity.code")),
    "the antibody": (a_level(code=ANTIBODY), ("biomarker_not_supported", f"{LEVEL}.code")),
    "not final": (a_level(status="preliminary"), ("not_final", f"{LEVEL}.status")),
    "no value": (
        {**a_level(), "valueQuantity": {"unit": "pg/mL"}},
        ("missing", f"{LEVEL}.valueQuantity.value"),
    ),
    "another kind of value": (
        {**without(a_level(), "valueQuantity"), "valueInteger": 1500},
        ("not_a_quantity", f"{LEVEL}.valueInteger"),
    ),
    "a value that is said to be absent": (
        a_level(dataAbsentReason={"text": "not done"}),
        ("contradiction", f"{LEVEL}.dataAbsentReason"),
    ),
    "another unit in print": (
        {**a_level(), "valueQuantity": {"value": 1500, "unit": "ng/ml", "code": "pg/mL"}},
        ("unit_contradiction", f"{LEVEL}.valueQuantity.unit"),
    ),
    "a level of somebody else": (
        a_level(subject="Patient/other"),
        ("another_patient", f"{LEVEL}.subject.reference"),
    ),
    "an element of R5": (a_level(triggeredBy=[]), ("unknown_element", f"{LEVEL}.triggeredBy")),
    "an element of DSTU2": (a_level(comments="x"), ("unknown_element", f"{LEVEL}.comments")),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_at_its_element(fhir, name):
    level, fault = FAULTS[name]
    answer = fhir.post(DOOR, parameters(a_patient(id="p1"), level))
    assert answer.status_code == 422
    assert fault in issues(answer)


WISHES = {
    "evidence": (("valueString", "nonsense"), "unknown_evidence", ".valueString"),
    "times": (("valueString", "soon"), "not_a_number", ".valueString"),
    "alive-at": (("valueDecimal", 700), "out_of_range", ".valueDecimal"),
    "assay-cv": (("valueDecimal", 8), "out_of_range", ".valueDecimal"),
    "extrapolate": (("valueString", "true"), "wrong_type", ""),
    "tau": (("valueDecimal", 1), "unknown_parameter", ".name"),
}


@pytest.mark.parametrize("name", WISHES)
def test_a_faulty_wish_is_told_at_its_parameter(fhir, name):
    value, code, place = WISHES[name]
    answer = fhir.post(DOOR, parameters(a_patient(), a_level(), **{name: value}))
    assert (answer.status_code, issues(answer)) == (
        422, [(code, f"Parameters.parameter[2]{place}")]
    )  # fmt: skip


def test_no_patient_two_patients_and_no_level_are_told(fhir):
    sent = a_collection(a_level()), a_collection(a_patient(), a_patient("B"), a_level())
    assert [issues(fhir.post(DOOR, one)) for one in (*sent, a_collection(a_patient()))] == [
        [("missing", "Bundle.entry")],
        [("repeated", "Bundle.entry[1].resource")],
        [("missing", "Bundle.entry")],
    ]


def test_a_clinics_own_evidence_answers_its_own_clinic_alone(service):
    own = own_evidence(service)
    sent = parameters(a_patient(), a_level(), evidence=("valueString", own))
    ours = Fhir(service).made(DOOR, sent, 200)
    assert part_of(told_of(ours, "hazard-ratio")[0], "kind") == "fitted"
    assert ours["method"]["text"].startswith("fitted to a clinic's own patients")
    assert part_of(told_of(ours, "evidence")[0], "id") == own
    assert own in ours["method"]["text"]
    theirs = Fhir(service, ("South", Role.EDITOR)).post(DOOR, sent)
    assert (theirs.status_code, issues(theirs)) == (
        422, [("unknown_evidence", "Parameters.parameter[2].valueString")]
    )  # fmt: skip
