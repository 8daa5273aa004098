"""The shape of a resource, judged at its elements in words that name no class of a library."""

import pytest

from app.errors import Fault
from app.integrations.fhir.element import Element
from app.integrations.fhir.shapes import is_known, shape_faults, together

OBSERVATION = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
BAD = {
    "no resource": ({}, [("missing", "/resourceType")]),
    "a text": ("x", [("missing", "/resourceType")]),
    "an unknown resource": ({"resourceType": "Foo"}, [("unknown_resource", "/resourceType")]),
    "a type that is no resource": (
        {"resourceType": "HumanName"}, [("unknown_resource", "/resourceType")]
    ),
    "an unknown contained resource": (
        OBSERVATION | {"contained": [{"resourceType": "Foo"}]},
        [("unknown_resource", "/contained/0/resourceType")],
    ),
    "an element of R5": (OBSERVATION | {"triggeredBy": []}, [("unknown_element", "/triggeredBy")]),
    "a list where one is meant": (OBSERVATION | {"code": []}, [("wrong_type", "/code")]),
    "a text where an object is meant": (
        OBSERVATION | {"subject": "Patient/1"}, [("not_an_object", "/subject")]
    ),
    "no status": ({"resourceType": "Observation", "code": {}}, [("missing", "/status")]),
    "a modifier": (
        OBSERVATION | {"modifierExtension": [{"url": "urn:x", "valueCode": "y"}]},
        [("not_understood", "/modifierExtension")],
    ),
    "implicit rules": (
        OBSERVATION | {"implicitRules": "urn:x"}, [("not_understood", "/implicitRules")]
    ),
    "deep inside": (
        OBSERVATION | {"component": [{"code": {"coding": [{"system": 5}]}}]},
        [("not_text", "/component/0/code/coding/0/system")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_fault_of_shape_stands_at_its_element(name):
    sent, faults = BAD[name]
    found = shape_faults(Element(sent, "/entry/3/resource"))
    expected = [(code, f"/entry/3/resource{place}") for code, place in faults]
    assert [(one.code, one.pointer) for one in found] == expected
    assert not any("R4B" in one.detail or "pydantic" in one.detail for one in found)


def test_a_good_shape_has_no_faults():
    assert shape_faults(Element(OBSERVATION)) == []


@pytest.mark.parametrize("kind", [None, "", "patient", "Element", "../os", "Foo", "Patient" * 20])
def test_only_resources_of_r4_are_known(kind):
    assert not is_known(kind)


def test_what_has_not_its_shape_is_not_judged_a_second_time():
    shape = [Fault("/a/b", "shape", "")]
    others = [Fault(place, "other", "") for place in ("/a", "/a/b", "/a/b/c", "/a/bc", "/d", "")]
    assert [one.pointer for one in together(shape, others)] == ["/a/b", "/a/bc", "/d"]
