"""Facts of a Patient for the entry criteria: what is used is read exactly, all else passed over."""

from datetime import date

import pytest

from app.errors import InvalidInput
from app.integrations.fhir.element import Element
from app.integrations.fhir.facts import READ, read_facts
from app.schemas.estimates import PatientFactsRequest
from app.schemas.strict_json import parse_json

ON = date(2025, 5, 3)


def patient(text):
    return Element(parse_json(text.encode()), "/entry/0/resource")


def fact(field, member, value):
    url = f"urn:neurostrata:fhir:patient:{field}"
    return f'{{"url": "{url}", "{member}": {value}}}'


def stated(*facts):
    return patient(f'{{"resourceType": "Patient", "extension": [{", ".join(facts)}]}}')


BORN = {
    "1961-05-03": (64.0, 1961),
    "1961-05-04": (63.0, 1961),
    "1961-05": (None, 1961),
    "1961": (None, 1961),
    "2025-05-03": (0.0, 2025),
    "2025-05": (None, 2025),
    "2025": (None, 2025),
}


@pytest.mark.parametrize("born", BORN)
def test_a_birth_date_tells_an_age_only_where_both_days_are_known(born):
    facts = read_facts(patient(f'{{"birthDate": "{born}"}}'), ON)
    assert (facts.age, facts.birth_year) == BORN[born]


@pytest.mark.parametrize("born", ["2025-05-04", "2025-06", "2026"])
def test_a_sample_from_before_the_birth_is_refused(born):
    with pytest.raises(InvalidInput) as refused:
        read_facts(patient(f'{{"birthDate": "{born}"}}'), ON)
    (fault,) = refused.value.faults
    assert (fault.pointer, fault.code) == ("/entry/0/resource/birthDate", "date_order")


def test_an_age_is_that_of_the_baseline_where_it_is_stated():
    facts = f"[{fact('baseline_date', 'valueDate', chr(34) + '2024-05-02' + chr(34))}]"
    found = read_facts(patient(f'{{"birthDate": "1961-05-03", "extension": {facts}}}'), ON)
    assert (found.age, found.baseline_date) == (62.0, date(2024, 5, 2))


def test_a_stated_age_wins():
    sent = patient(
        f'{{"birthDate": "1961-05-03", "extension": [{fact("age", "valueDecimal", 60)}]}}'
    )
    assert read_facts(sent, ON).age == 60


def test_every_fact_that_a_native_request_can_state_can_be_stated_here():
    assert set(READ) == set(PatientFactsRequest.model_fields) - {"birth_year"}


def test_all_facts_arrive():
    found = read_facts(
        stated(
            fact("el_escorial", "valueCode", '"possible"'),
            fact("svc_percent", "valueDecimal", 84.5),
            fact("symptom_months", "valueDecimal", 14),
            fact("riluzole_start", "valueDate", '"2024-12-01"'),
            fact("csf_after_run_in", "valueBoolean", "true"),
            fact("excluded_condition", "valueBoolean", "false"),
        )
    )
    assert (found.el_escorial, found.svc_percent, found.symptom_months) == ("possible", 84.5, 14)
    assert found.riluzole_start == date(2024, 12, 1)
    assert (found.csf_after_run_in, found.excluded_condition) == (True, False)


def test_what_is_not_used_is_not_looked_at():
    sent = patient('{"name": 5, "gender": ["x"], "extension": [{"url": "urn:theirs"}, 7]}')
    assert read_facts(sent) == read_facts(patient("{}"))


FAULTS = {
    fact("svc_percent", "valueDecimal", 300): ("less_than_equal", "/0/valueDecimal"),
    fact("svc_percent", "valueString", '"84"'): ("wrong_type", "/0"),
    fact("el_escorial", "valueCode", '"maybe"'): ("literal_error", "/0/valueCode"),
    fact("baseline_date", "valueDate", '"2024-02-30"'): ("not_a_date", "/0/valueDate"),
}


@pytest.mark.parametrize("written", FAULTS)
def test_what_is_used_and_cannot_be_read_is_told_at_its_element(written):
    with pytest.raises(InvalidInput) as raised:
        read_facts(stated(written))
    (fault,) = raised.value.faults
    code, place = FAULTS[written]
    assert (fault.code, fault.pointer) == (code, f"/entry/0/resource/extension{place}")


@pytest.mark.parametrize("born", ['"1961-02-30"', '"61"', "1961", '"1800"'])
def test_a_birth_date_that_is_none_is_told(born):
    with pytest.raises(InvalidInput) as raised:
        read_facts(patient(f'{{"birthDate": {born}}}'))
    assert [fault.pointer for fault in raised.value.faults] == ["/entry/0/resource/birthDate"]


def test_a_fact_stated_twice_is_told():
    twice = fact("svc_percent", "valueDecimal", 84), fact("svc_percent", "valueDecimal", 84)
    with pytest.raises(InvalidInput) as raised:
        read_facts(stated(*twice))
    assert [fault.code for fault in raised.value.faults] == ["repeated"]
