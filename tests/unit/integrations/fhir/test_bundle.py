"""Bundles: what refers to what, and where it goes round in a circle."""

import pytest

from app.errors import TooLarge
from app.integrations.fhir.bundle import (
    Entry,
    bundle_faults,
    circle_faults,
    contained_circles,
    entries_of,
)
from app.integrations.fhir.element import Element


def entries(*references):
    """One entry for each list of references; each is called by its place."""
    resources = [
        {
            "fullUrl": f"urn:{at}",
            "resource": {"focus": [{"reference": f"urn:{there}"} for there in leads]},
        }
        for at, leads in enumerate(references)
    ]
    return [Entry(Element(one, f"/entry/{at}")) for at, one in enumerate(resources)]


CIRCLES = {
    "none": ([[1, 2], [2], []], 0),
    "to nowhere": ([[9]], 0),
    "to itself": ([[0]], 1),
    "of two": ([[1], [0]], 1),
    "of three": ([[1], [2], [0]], 1),
    "beside a straight line": ([[1], [], [3], [2]], 1),
    "two of them": ([[0], [1]], 2),
    "met twice is none": ([[1, 1], [2], []], 0),
    "a diamond is none": ([[1, 2], [3], [3], []], 0),
}


@pytest.mark.parametrize("name", CIRCLES)
def test_a_circle_of_entries_is_found_and_nothing_else(name):
    references, circles = CIRCLES[name]
    found = circle_faults(entries(*references))
    assert [fault.code for fault in found] == ["circular_reference"] * circles


def test_a_long_chain_is_walked_without_deep_calls():
    chain = [[at + 1] for at in range(20_000)]
    assert circle_faults(entries(*chain)) == []
    assert len(circle_faults(entries(*chain[:-1], [0]))) == 1


def test_the_container_may_be_referred_to_from_inside():
    inside = [{"id": "a", "subject": {"reference": "#"}}]
    assert contained_circles(Element({"contained": inside})) == []


def test_a_contained_resource_that_is_its_own_is_a_circle():
    inside = [{"id": "a", "parent": {"reference": "#a"}}]
    (fault,) = contained_circles(Element({"contained": inside}))
    assert fault.pointer == "/contained/0/parent/reference"


def test_more_entries_than_are_read_are_too_many():
    bundle = Element({"entry": [{}, {}]})
    assert len(entries_of(bundle, 2)) == 2
    with pytest.raises(TooLarge):
        entries_of(bundle, 1)


@pytest.mark.parametrize("listed", [None, [], "x", {}, [5]])
def test_what_is_no_list_of_entries_is_told(listed):
    bundle = Element({"resourceType": "Bundle", "type": "transaction", "entry": listed})
    assert bundle_faults(bundle, ("transaction",), "")


def test_members_of_a_bundle_that_r4_does_not_know_are_told():
    bundle = {"type": "transaction", "issues": {}, "entry": [{"resource": {}, "more": 1}]}
    found = bundle_faults(Element(bundle), ("transaction",), "")
    assert [fault.pointer for fault in found] == ["/issues", "/entry/0/more"]
