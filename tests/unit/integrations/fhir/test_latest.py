"""The latest of several results: never an older one in its place, never one of two by chance."""

from functools import partial
from itertools import permutations

import orjson
import pytest

from app.errors import InvalidInput
from app.integrations.fhir.codes import PNFH
from app.integrations.fhir.element import Element
from app.integrations.fhir.latest import is_result, newest_first, read_latest
from app.integrations.fhir.levels import collected_day, collected_of, read_level
from app.schemas.strict_json import parse_json
from tests.api.cds_calls import a_result

READ = partial(read_level, codes=frozenset({PNFH}))


def elements(*results):
    written = [parse_json(orjson.dumps(one)) for one in results]
    return [Element(one, position) for position, one in enumerate(written)]


def level(*results):
    return read_latest(elements(*results), READ)[1].value


def faults(*results):
    with pytest.raises(InvalidInput) as refused:
        level(*results)
    return [(one.code, one.pointer.partition("/")[2]) for one in refused.value.faults]


def undated(value=1500, **others):
    return a_result(value, on=None, **others)


def test_the_latest_is_found_in_whatever_order_and_precision_the_times_are_written():
    ordered = [
        undated(1),
        a_result(2, on="2019-05-05"),
        a_result(3, on="2026-02-01"),
        a_result(4, on="2026-02-02T23:00:00-05:00"),
        a_result(5, on="2026-02-03T05:00:00.1234567Z"),
    ]
    for shuffled in permutations(ordered):
        found = newest_first(elements(*shuffled))
        assert [int(one["valueQuantity"]["value"].value) for one in found] == [5, 4, 3, 2, 1]


TWO_LEVELS = {
    "the same day": ({"on": "2026-11-20"}, {"on": "2026-11-20"}),
    "the same instant": (
        {"on": "2026-11-20T10:00:00Z"},
        {"on": "2026-11-20T12:00:00+02:00"},
    ),
    "a day and an instant of it": ({"on": "2026-11-20"}, {"on": "2026-11-20T00:10:00Z"}),
    "no times": ({"on": None}, {"on": None}),
}


@pytest.mark.parametrize("name", TWO_LEVELS)
def test_of_two_levels_of_the_same_time_none_is_chosen(name):
    one, other = TWO_LEVELS[name]
    for first, second in (((5200, one), (1500, other)), ((1500, one), (5200, other))):
        pair = a_result(first[0], **first[1]), a_result(second[0], **second[1])
        assert faults(*pair) == [("contradiction", "valueQuantity")]
        assert faults(*reversed(pair)) == [("contradiction", "valueQuantity")]


def test_the_same_level_twice_is_one_level():
    assert level(a_result(1500), a_result(1500)) == 1500
    both = a_result(1.5, "ng/mL"), a_result(1500)
    assert level(*both) in {1500, both[0]["valueQuantity"]["value"]}
    bound = a_result(1500)
    bound["valueQuantity"] = bound["valueQuantity"] | {"comparator": "<"}
    assert faults(a_result(1500), bound) == [("contradiction", "valueQuantity")]


def test_another_of_the_same_time_that_cannot_be_read_is_refused_too():
    broken = a_result(1500, "nmol/L")
    assert ("unit_not_supported", "valueQuantity/code") in faults(a_result(1500), broken)
    assert ("unit_not_supported", "valueQuantity/code") in faults(broken, a_result(1500))
    older = a_result(1500, "nmol/L", on="2020-01-01")
    assert level(a_result(900), older) == 900


NEWER = {
    "a timing": (
        undated(effectiveTiming={"event": ["2026-11-25"]}),
        ("not_a_date", "effectiveTiming"),
    ),
    "an empty period": (undated(effectivePeriod={}), ("not_a_date", "effectivePeriod")),
    "a text": (
        a_result(on="2026-11-25", valueQuantity=None, valueString="high"),
        ("not_a_quantity", "valueString"),
    ),
    "no status of R4": (a_result(on="2026-11-25", status="Final"), ("not_final", "status")),
    "no status": (a_result(on="2026-11-25", status=None), ("not_final", "status")),
}


@pytest.mark.parametrize("name", NEWER)
def test_a_newer_one_that_cannot_be_read_is_not_passed_over(name):
    newer, fault = NEWER[name]
    assert is_result(elements(newer)[0])
    told = faults(a_result(900, on="2020-01-01"), newer)
    assert fault[1] in {place for _, place in told}
    if fault[0] != "not_a_date":
        assert fault in told


@pytest.mark.parametrize(
    "status", ["registered", "preliminary", "cancelled", "entered-in-error", "unknown"]
)
def test_one_that_does_not_stand_is_passed_over(status):
    assert not is_result(elements(a_result(status=status))[0])
    assert not is_result(elements(a_result(valueQuantity=None))[0])
    assert is_result(elements(a_result(status="corrected"))[0])


def test_a_period_is_taken_at_its_start_or_else_at_its_end():
    whole = {"start": "2026-11-20", "end": "2026-11-22"}
    (one,) = elements(undated(effectivePeriod=whole))
    assert collected_of(one) == "2026-11-20"
    (other,) = elements(undated(effectivePeriod={"end": "2026-11-22"}))
    assert collected_of(other) == "2026-11-22"
    assert READ(other).collected_date.isoformat() == "2026-11-22"


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-11-20T23:30:00-05:00", "2026-11-20"),
        ("2026-11-20T00:30:00+01:00", "2026-11-20"),
        ("2026-11-20", "2026-11-20"),
    ],
)
def test_the_day_is_the_laboratorys(written, day):
    (one,) = elements(a_result(on=written))
    assert collected_day(one).isoformat() == day
    assert collected_day(*elements(undated())) is None


CONTRADICTIONS = {
    "pNFH, serum": "specimen_not_applicable",
    "pNFH in plasma": "specimen_not_applicable",
    "Neurofilament light chain": "biomarker_not_supported",
    "NfL": "biomarker_not_supported",
    "pNFH antibodies": "biomarker_not_supported",
}


@pytest.mark.parametrize("words", CONTRADICTIONS)
def test_words_beside_the_code_that_say_something_else_are_believed(words):
    own = {"system": PNFH[0], "code": PNFH[1]}
    other = {"system": "http://loinc.org", "code": "0-0", "display": words}
    expected = [(CONTRADICTIONS[words], "code")]
    assert faults(a_result(code={"coding": [own], "text": words})) == expected
    assert faults(a_result(code={"coding": [own | {"display": words}]})) == expected
    assert faults(a_result(code={"coding": [own, other]})) == expected
    right = own | {"display": "Phosphorylated neurofilament heavy chain, CSF"}
    assert level(a_result(code={"coding": [right], "text": "pNfH (liquor)"})) == 1500
