"""Whose results these are, and which of them is looked at."""

import orjson
import pytest

from app.errors import InvalidInput, TooLarge
from app.integrations.cds_hooks.chart import Owner, Results, is_newest_first, next_page
from app.integrations.fhir.codes import PNFH
from app.integrations.fhir.element import Element
from app.schemas.strict_json import parse_json
from tests.api.cds_calls import ANTIBODY, a_page, a_patient, a_result

OWNER = Owner("P-1", "https://ehr.example/fhir")


def sent(resource):
    return Element(parse_json(orjson.dumps(resource)), "/prefetch/pnfh")


def results(*resources, owner=OWNER, most=100):
    found = Results(owner, frozenset({PNFH}), most)
    for resource in resources:
        found.add(sent(resource))
    return found


def chosen(*observations):
    found = results(a_page(*observations)).candidates()
    return str(found[0]["valueQuantity"]["value"].value) if found else None


def faults(*resources, **options):
    with pytest.raises(InvalidInput) as refused:
        results(*resources, **options)
    return {(fault.pointer, fault.code) for fault in refused.value.faults}


@pytest.mark.parametrize(
    ("reference", "is_meant"),
    [
        ("Patient/P-1", True),
        ("Patient/P-1/_history/3", True),
        ("https://ehr.example/fhir/Patient/P-1", True),
        ("https://ehr.example/fhir/Patient/P-1/_history/3", True),
        ("https://other.example/fhir/Patient/P-1", False),
        ("https://ehr.example/fhir2/Patient/P-1", False),
        ("Patient/P-11", False),
        ("Patient/P-1/", False),
        ("Group/P-1", False),
        ("XPatient/P-1", False),
        ("#Patient/P-1", False),
        ("urn:uuid:Patient/P-1", False),
        ("P-1", False),
        ("", False),
        (None, False),
    ],
)
def test_a_reference_means_the_patient_or_it_does_not(reference, is_meant):
    assert OWNER.is_meant_by(reference) is is_meant


def test_without_a_server_an_absolute_reference_is_taken_at_its_word():
    assert Owner("P-1").is_meant_by("https://any.example/fhir/Patient/P-1")
    assert not Owner("P-1").is_meant_by("ftp://any.example/Patient/P-1")


@pytest.mark.parametrize("position", [0, 2, 4])
def test_another_patients_result_is_found_wherever_it_stands(position):
    observations = [a_result() for _ in range(5)]
    observations[position] = a_result(patient="P-2")
    place = f"/prefetch/pnfh/entry/{position}/resource/subject/reference"
    assert faults(a_page(*observations)) == {(place, "another_patient")}


def test_a_result_of_another_patient_is_found_even_if_it_is_of_something_else():
    weight = a_result(patient="P-2", code={"coding": [{"system": "s", "code": "weight"}]})
    assert faults(a_page(weight))


def test_a_result_must_say_whose_it_is():
    place = "/prefetch/pnfh/entry/0/resource/subject/reference"
    assert faults(a_page(a_result(subject=None))) == {(place, "missing")}
    named = a_result(subject={"identifier": {"value": "P-1"}})
    assert faults(a_page(named)) == {(place, "missing")}


def test_what_comes_along_and_is_no_result_is_passed_over():
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning"}]}
    assert chosen(outcome, a_patient(), {"resourceType": "Device"}, a_result(900)) == "900"


def test_another_patient_among_the_results_is_refused():
    place = "/prefetch/pnfh/entry/1/resource/id"
    assert faults(a_page(a_result(), a_patient("P-2"))) == {(place, "another_patient")}


@pytest.mark.parametrize(
    ("resource", "place", "code"),
    [
        ({"resourceType": "Patient", "id": "P-1"}, "/resourceType", "unknown_resource"),
        ({"resourceType": "Nonsense"}, "/resourceType", "unknown_resource"),
        ([], "/resourceType", "unknown_resource"),
        ("Observation/1", "/resourceType", "unknown_resource"),
        ({"resourceType": "Bundle", "entry": {}}, "/entry", "wrong_type"),
        ({"resourceType": "Bundle", "entry": [5]}, "/entry/0/resource/resourceType", "missing"),
        ({"resourceType": "Bundle", "entry": [{}]}, "/entry/0/resource/resourceType", "missing"),
        (
            {"resourceType": "Bundle", "entry": [{"resource": {"id": "x"}}]},
            "/entry/0/resource/resourceType",
            "missing",
        ),
    ],
)
def test_what_is_no_result_and_no_search_is_refused(resource, place, code):
    assert faults(resource) == {(f"/prefetch/pnfh{place}", code)}


def test_a_bundle_has_no_more_entries_than_are_read():
    page = a_page(*[a_result() for _ in range(6)])
    results(page, most=6)
    with pytest.raises(TooLarge):
        results(page, most=5)
    with pytest.raises(TooLarge):
        results(page, page, most=11)


def test_the_latest_result_that_stands_is_chosen():
    old, new = a_result(800, on="2026-01-02"), a_result(900, on="2026-03-02")
    latest = a_result(1000, on="2026-05-02", status="preliminary")
    assert chosen(new, latest, old) == "900"


@pytest.mark.parametrize("status", ["preliminary", "registered", "cancelled", "entered-in-error"])
def test_a_result_that_does_not_stand_is_passed_over(status):
    assert chosen(a_result(status=status)) is None


def test_a_result_without_a_value_is_passed_over():
    assert chosen(a_result(valueQuantity=None, dataAbsentReason={"text": "lost"})) is None


def test_of_two_times_the_later_instant_wins_whatever_its_zone():
    early = a_result(800, on="2026-05-02T09:00:00+09:00")
    late = a_result(900, on="2026-05-02T01:00:00Z")
    assert chosen(late, early) == chosen(early, late) == "900"


def test_an_undated_result_is_the_oldest():
    assert chosen(a_result(800, on=None), a_result(900, on="1990-01-01")) == "900"


@pytest.mark.parametrize("on", ["yesterday", "2026-13-01", "2026-05-02T99:00:00Z", 20260502, {}])
def test_a_result_with_an_unreadable_time_is_not_passed_over_for_an_older_one(on):
    assert chosen(a_result(800, on=on), a_result(900, on="2026-05-02")) == "800"


def test_a_result_with_the_antibodys_code_is_looked_at_so_that_it_is_refused():
    found = results(a_page(a_result(code={"coding": [ANTIBODY]})))
    with pytest.raises(InvalidInput) as refused:
        found.read(found.candidates()[0])
    place = "/prefetch/pnfh/entry/0/resource/code"
    assert {(one.pointer, one.code) for one in refused.value.faults} == {
        (place, "biomarker_not_supported")
    }


def test_a_result_of_something_else_is_passed_over():
    weight = a_result(70, "kg", code={"coding": [{"system": "s", "code": "weight"}]})
    assert chosen(weight, a_result(900)) == "900"


def test_a_specimen_that_comes_along_says_what_was_measured():
    serum = {"coding": [{"system": "http://snomed.info/sct", "code": "119364003"}]}
    specimen = {"resourceType": "Specimen", "id": "s-1", "type": serum}
    found = results(a_page(a_result(specimen={"reference": "Specimen/s-1"}), specimen))
    with pytest.raises(InvalidInput) as refused:
        found.read(found.candidates()[0])
    assert [fault.code for fault in refused.value.faults] == ["specimen_not_applicable"]


@pytest.mark.parametrize(
    ("link", "is_sorted"),
    [
        ([], False),
        ([{"relation": "self", "url": "https://e/Observation?_sort=-date"}], True),
        ([{"relation": "self", "url": "https://e/Observation?_sort=date"}], False),
        ([{"relation": "self", "url": "https://e/Observation?patient=1"}], False),
        ([{"relation": "next", "url": "https://e/Observation?_sort=-date"}], False),
        ([{"relation": "self", "url": "https://[/Observation?_sort=-date"}], False),
        ([{"relation": "self"}], False),
    ],
)
def test_a_page_is_in_order_if_the_server_says_so(link, is_sorted):
    assert is_newest_first(sent(a_page(link=link))) is is_sorted


def test_the_next_page_is_the_one_that_the_link_names():
    assert next_page(sent(a_page())) is None
    assert next_page(sent(a_page(following="https://e/?page=2"))).text == "https://e/?page=2"
