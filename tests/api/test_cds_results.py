"""Which results a card is made of: nothing is guessed, and nothing newer is passed over."""

import pytest

from tests.api.cds_calls import (
    PATIENT,
    a_call,
    a_page,
    a_patient,
    a_result,
    ask,
    cards,
    issues,
    numbers,
    the_card,
)
from tests.services.simulated_ehr import an_outcome


@pytest.mark.parametrize("fraction", ["1234567", "123456789", "5"])
def test_the_instant_of_a_result_may_have_any_number_of_digits(service, fraction):
    results = (
        a_result(1500, on=f"2026-11-20T10:00:00.{fraction}+00:00"),
        a_result(9000, on="2026-11-20T10:00:00.0000001Z"),
    )
    assert "CSF pNFH 1500 pg/mL" in the_card(ask(service, a_call(*results)))["summary"]


def test_a_call_in_another_charset_is_refused(service):
    sent = {"content-type": "application/json; charset=iso-8859-1"}
    answer = ask(service, a_call(a_result()), **sent)
    assert issues(answer, 415) == {("", "unsupported-media-type")}


CHANGED = {"modifierExtension": [{"url": "urn:x:negated", "valueBoolean": True}]}


@pytest.mark.parametrize("changed", [CHANGED, {"implicitRules": "urn:x:rules"}])
def test_what_changes_the_meaning_of_what_is_used_is_refused(service, changed):
    (name,) = changed
    call = a_call(a_result(**changed))
    assert issues(ask(service, call), 422) == {
        (f"prefetch.pnfh.entry[0].resource.{name}", "not_understood")
    }
    prefetch = {"patient": a_patient(**changed), "pnfh": a_page(a_result())}
    assert issues(ask(service, a_call(prefetch=prefetch)), 422) == {
        (f"prefetch.patient.{name}", "not_understood")
    }
    csf = a_specimen(**changed)
    call = a_call(a_result(specimen={"reference": "Specimen/9"}), csf)
    assert issues(ask(service, call), 422) == {
        (f"prefetch.pnfh.entry[1].resource.{name}", "not_understood")
    }


def a_specimen(whose=PATIENT, **others):
    csf = {"coding": [{"system": "http://snomed.info/sct", "code": "258450006"}]}
    subject = {"reference": f"Patient/{whose}"}
    return {"resourceType": "Specimen", "id": "9", "type": csf, "subject": subject} | others


def test_a_specimen_of_somebody_else_proves_nothing(service):
    result = a_result(specimen={"reference": "Specimen/9"})
    assert the_card(ask(service, a_call(result, a_specimen())))
    assert issues(ask(service, a_call(result, a_specimen("P-2"))), 422) == {
        ("prefetch.pnfh.entry[1].resource.subject.reference", "another_patient")
    }


def test_two_levels_of_the_same_time_give_no_card_by_chance(service):
    for levels in ((5200, 1500), (1500, 5200)):
        call = a_call(*(a_result(level) for level in levels))
        assert {code for _, code in issues(ask(service, call), 422)} == {"contradiction"}
    assert the_card(ask(service, a_call(a_result(1500), a_result(1500))))


def test_a_search_that_failed_is_not_one_that_found_nothing(service):
    failed = an_outcome("forbidden")
    assert issues(ask(service, a_call(failed)), 412) == {("prefetch.pnfh", "missing")}
    assert the_card(ask(service, a_call(failed, a_result())))
    hint = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning"}]}
    assert cards(ask(service, a_call(hint))) == []


def test_a_bundle_in_the_bundle_is_refused(service):
    assert issues(ask(service, a_call(a_page(a_result()))), 422) == {
        ("prefetch.pnfh.entry[0].resource.resourceType", "unknown_resource")
    }


@pytest.mark.parametrize("written", ["2026-11-20T23:30:00-05:00", "2026-11-20T00:30:00+01:00"])
def test_the_day_of_the_sample_is_the_one_in_the_laboratorys_report(service, written):
    card = the_card(ask(service, a_call(a_result(on=written))))
    assert numbers(card)["sampled"] == "2026-11-20"
    assert "2026-11-20" in card["detail"]


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "A newer result is not final yet"), ("fr", "plus récent, pas encore définitif")],
)
def test_a_newer_result_that_is_not_final_yet_is_mentioned(service, language, words):
    older = a_result(on="2026-01-01")
    for status in ("preliminary", "registered"):
        newer = a_result(5200, on="2026-02-01", status=status)
        answer = ask(service, a_call(newer, older), **{"accept-language": language})
        assert words in the_card(answer)["detail"]
    for status, on in (("entered-in-error", "2026-02-01"), ("preliminary", "2025-12-31")):
        other = a_result(5200, on=on, status=status)
        answer = ask(service, a_call(other, older), **{"accept-language": language})
        assert words not in the_card(answer)["detail"]


def test_the_brackets_of_the_table_are_explained_where_there_is_one_of_survival(service):
    explained = "parentheses hold the 95 % band over all assumed shapes"
    assert explained in the_card(ask(service, a_call(a_result(1500))))["detail"]
    assert explained not in the_card(ask(service, a_call(a_result(500))))["detail"]
