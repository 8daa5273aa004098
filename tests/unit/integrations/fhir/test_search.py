"""Searches: parameters into conditions. What cannot be read is told, all of it at once."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.clinic.page import BY_CREATION, By
from app.errors import InvalidInput
from app.integrations.fhir.search import LARGEST_PAGE, ORDERS, PARAMETERS, read_search

MINE = "6f1c9c9e-6a2e-4d0f-9f0b-3d1f5a9f7c11"
OTHER = "0f0c8a52-5c0e-4f53-8d2e-4b6a4f6d5a90"

SPANS = {
    "2024": (date(2024, 1, 1), date(2025, 1, 1)),
    "eq2024": (date(2024, 1, 1), date(2025, 1, 1)),
    "2024-02": (date(2024, 2, 1), date(2024, 3, 1)),
    "2024-12": (date(2024, 12, 1), date(2025, 1, 1)),
    "2024-02-29": (date(2024, 2, 29), date(2024, 3, 1)),
    "2024-12-31": (date(2024, 12, 31), date(2025, 1, 1)),
    "ge2024-02": (date(2024, 2, 1), None),
    "gt2024-02": (date(2024, 3, 1), None),
    "le2024-02": (None, date(2024, 3, 1)),
    "lt2024-02": (None, date(2024, 2, 1)),
}


@pytest.mark.parametrize("written", SPANS)
def test_a_date_is_as_wide_as_it_is_written(written):
    sought = read_search("Observation", [("date", written)]).sought
    assert (sought.since, sought.before) == SPANS[written]


def test_two_ends_of_a_time_hold_together():
    pairs = [("date", "ge2024"), ("date", "ge2024-02-03"), ("date", "lt2025"), ("date", "lt2026")]
    sought = read_search("Observation", pairs).sought
    assert (sought.since, sought.before) == (date(2024, 2, 3), date(2025, 1, 1))


def test_an_instant_is_as_long_as_the_shortest_time():
    at = datetime(2024, 1, 31, 8, 30, tzinfo=UTC)
    search = read_search("Patient", [("_lastUpdated", "2024-01-31T09:30:00+01:00")])
    assert [(one.operator, one.value) for one in search.wanted.conditions] == [
        ("gte", at), ("lt", at + timedelta(microseconds=1))
    ]  # fmt: skip


@pytest.mark.parametrize(
    "written",
    ["", "soon", "2024-13", "2023-02-29", "ne2024", "2024-1-1", "9999", "2024-01-01T10:00:00"],
)
def test_what_is_no_time_is_told(written):
    with pytest.raises(InvalidInput) as raised:
        read_search("Patient", [("_lastUpdated", written)])
    assert [(one.pointer, one.code) for one in raised.value.faults] == [
        ("/_lastUpdated", "not_a_date")
    ]


def test_ids_that_can_be_none_of_ours_find_nothing():
    search = read_search("Observation", [("_id", f"{MINE},x, {OTHER}"), ("patient", "Group/1")])
    assert search.sought.ids == {MINE, OTHER}
    assert search.sought.patients == frozenset()


def test_patient_and_subject_hold_together():
    pairs = [("patient", f"{MINE},{OTHER}"), ("subject", f"Patient/{MINE}")]
    assert read_search("RiskAssessment", pairs).sought.patients == {MINE}


CODES = {
    "pnfh-csf": True,
    "urn:neurostrata:biomarker|pnfh-csf": True,
    "urn:neurostrata:biomarker|": True,
    "http://loinc.org|78969-3,pnfh-csf": True,
    "http://loinc.org|78969-3": False,
    "|pnfh-csf": False,  # a code of no system is another code
}


@pytest.mark.parametrize("written", CODES)
def test_a_code_finds_levels_or_nothing(written):
    ids = read_search("Observation", [("code", written)]).sought.ids
    assert (ids is None) is CODES[written]


def test_a_page_is_never_larger_than_the_largest():
    sizes = [read_search("Patient", [("_count", n)]).size for n in ("1", "200", "1000000")]
    assert sizes == [1, LARGEST_PAGE, LARGEST_PAGE]
    assert read_search("Patient", []).order == BY_CREATION


@pytest.mark.parametrize("kind", PARAMETERS)
def test_every_order_that_is_known_can_be_turned_round(kind):
    for word, fields in ORDERS[kind].items():
        assert read_search(kind, [("_sort", word)]).order == tuple(map(By, fields))
        turned = read_search(kind, [("_sort", f"-{word}")]).order
        assert turned == tuple(By(field, descending=True) for field in fields)
