"""The CDS service: discovery, and calls with all that is needed in them."""

import orjson
import pytest

from app.clinic.access import Role
from app.integrations.cds_hooks.card import without_nothing
from tests.api.cds_calls import (
    ANTIBODY,
    CALL,
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
from tests.api.clinics import Service, make_keys, open_service

LEVEL = "prefetch.pnfh.entry[0].resource.valueQuantity"


def test_the_service_can_be_discovered_by_anybody(service):
    answer = service.ask("GET", "/cds-services", by=None)
    assert answer.status_code == 200
    services = answer.json()["services"]
    assert [(one["id"], one["hook"]) for one in services] == [("als-il2-pnfh", "patient-view")]
    assert without_nothing(services) == services


@pytest.mark.parametrize("role", Role)
def test_a_call_is_answered_with_one_card_for_every_role(service, role):
    answer = ask(service, a_call(a_result()), by=("North", role))
    card = the_card(answer)
    assert card["summary"] == (
        "CSF pNFH 1500 pg/mL (low): hazard ratio of death 0.52 (0.30 to 0.89) with low-dose IL-2"
    )
    assert answer.headers["cache-control"] == "no-store"


def test_each_card_has_an_id_of_its_own(service):
    call = a_call(a_result())
    assert the_card(ask(service, call))["uuid"] != the_card(ask(service, call))["uuid"]


@pytest.mark.parametrize(
    ("value", "unit"), [(1500, "pg/mL"), (1500, "ng/L"), (1.5, "ng/mL"), (0.5, "ug/L")]
)
def test_a_card_has_the_numbers_of_the_native_answer(service, value, unit):
    card = the_card(ask(service, a_call(a_result(value, unit))))
    question = {
        "pnfh": {"value": value, "unit": unit, "collected_at": "2026-11-20"},
        "patient": {"age": 62},
        "detail": "summary",
    }
    native = service.ask("POST", "/v1/estimates", by=None, json=question).json()
    told, effect = numbers(card), native["treatment_effect"]
    assert told["input"] == native["input"]
    assert told["applicability"] == native["applicability"]["grade"]
    if effect is None:
        assert "hazard_ratio" not in told
    else:
        assert told["hazard_ratio"].items() <= effect["hazard_ratio"].items()
    for sentence in native["presentation"]["clinician"]:
        assert sentence.partition("(")[0] in card["detail"]


def test_the_words_are_in_the_readers_language_and_the_numbers_stay(service):
    call = a_call(a_result())
    english, french = (
        the_card(ask(service, call)),
        the_card(ask(service, call, **{"accept-language": "fr"})),
    )
    assert english["extension"] == french["extension"]
    assert "hazard ratio de décès 0,52 (0,30 à 0,89)" in french["summary"]


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([], []),
        ([a_result(status="preliminary")], []),
        ([a_result(status="entered-in-error")], []),
        ([a_result(valueQuantity=None)], []),
        ([a_result(code={"coding": [{"system": "s", "code": "c"}]})], []),
    ],
)
def test_where_there_is_nothing_to_say_there_is_no_card(service, results, expected):
    answer = ask(service, a_call(*results))
    assert cards(answer) == expected
    assert answer.content == b'{"cards":[]}'


def test_a_null_is_the_clients_word_that_there_is_nothing(service):
    prefetch = {"patient": a_patient(), "pnfh": None}
    assert cards(ask(service, a_call(prefetch=prefetch))) == []


@pytest.mark.parametrize(
    "died", [{"deceasedBoolean": True}, {"deceasedDateTime": "2026-11-01T10:00:00Z"}]
)
def test_there_is_no_card_about_who_has_died(service, died):
    prefetch = {"patient": a_patient(**died), "pnfh": a_page(a_result())}
    assert cards(ask(service, a_call(prefetch=prefetch))) == []


def test_a_single_result_may_come_along_in_the_place_of_a_search(service):
    prefetch = {"patient": a_patient(), "pnfh": a_result()}
    assert the_card(ask(service, a_call(prefetch=prefetch)))


def test_without_the_patient_the_criteria_are_not_known(service):
    card = the_card(ask(service, a_call(prefetch={"pnfh": a_page(a_result())})))
    assert numbers(card)["applicability"] == "undetermined"


def test_the_patients_age_is_judged_on_the_day_of_the_sample(service):
    old = a_patient(birthDate="1944-05-17")
    card = the_card(ask(service, a_call(prefetch={"patient": old, "pnfh": a_page(a_result())})))
    assert numbers(card)["applicability"] == "not_applicable"
    assert "age 18 to under 76 years" in card["detail"]


@pytest.mark.parametrize(
    ("value", "comparator", "status"),
    [(500, None, "no_estimate"), (1500, "<", "indeterminate"), (4000, ">", "estimate")],
)
def test_a_card_says_honestly_what_is_not_known(service, value, comparator, status):
    quantity = {"value": value, "code": "pg/mL", "unit": "pg/mL", "comparator": comparator}
    known = {name: each for name, each in quantity.items() if each is not None}
    card = the_card(ask(service, a_call(a_result(valueQuantity=known))))
    assert numbers(card)["status"] == status
    assert numbers(card)["whole_trial"]["hazard_ratio"]["value"] == 0.81


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (a_result(1500, "nmol/L"), (f"{LEVEL}.code", "unit_not_supported")),
        (a_result(1500, "mg/dL"), (f"{LEVEL}.code", "unit_not_supported")),
        (a_result(0), (f"{LEVEL}.value", "biomarker_out_of_range")),
        (a_result(10_000_000), (f"{LEVEL}.value", "biomarker_out_of_range")),
        (
            a_result(specimen={"display": "Serum"}),
            ("prefetch.pnfh.entry[0].resource.specimen", "specimen_not_applicable"),
        ),
        (
            a_result(code={"coding": [ANTIBODY]}),
            ("prefetch.pnfh.entry[0].resource.code", "biomarker_not_supported"),
        ),
        (
            a_result(on="2026-11"),
            ("prefetch.pnfh.entry[0].resource.effectiveDateTime", "not_a_date"),
        ),
        (
            a_result(valueQuantity=None, valueString="<750 pg/mL"),
            ("prefetch.pnfh.entry[0].resource.valueString", "not_a_quantity"),
        ),
    ],
)
def test_a_result_that_would_have_to_be_guessed_is_refused_at_its_element(
    service, result, expected
):
    assert expected in issues(ask(service, a_call(result)), 422)


def test_a_faulty_result_is_not_looked_at_where_a_later_one_is_good(service):
    old = a_result(1500, "nmol/L", on="2025-01-01")
    assert the_card(ask(service, a_call(old, a_result())))


@pytest.mark.parametrize("value", [{"valueString": "<750 pg/mL"}, {"valueInteger": 500}])
def test_a_later_result_in_another_form_is_not_passed_over_for_an_older_one(service, value):
    later = a_result(valueQuantity=None, **value)
    found = issues(ask(service, a_call(later, a_result(on="2025-01-01"))), 422)
    assert {code for _, code in found} == {"not_a_quantity"}


def test_a_test_without_a_result_is_passed_over(service):
    absent = {"coding": [{"code": "error"}]}
    later = a_result(valueQuantity=None, dataAbsentReason=absent)
    assert the_card(ask(service, a_call(later, a_result(on="2025-01-01"))))


FURTHER = "https://ehr.example/fhir?page=2"
OTHER_ORDER = [{"relation": "self", "url": "https://ehr.example/fhir/Observation?patient=P-1"}]


@pytest.mark.parametrize("dates", [["2026-11-20"], ["2026-11-20", "2026-11-20", "2025-02-03"]])
def test_a_page_that_cannot_be_followed_is_believed_to_be_in_the_order_asked_for(service, dates):
    page = a_page(*[a_result(on=day) for day in dates], following=FURTHER)
    assert the_card(ask(service, a_call(prefetch={"pnfh": page})))


@pytest.mark.parametrize(
    ("dates", "links"),
    [
        (["2025-02-03", "2026-11-20"], []),
        ([None, "2026-11-20"], []),
        ([None], []),
        ([], []),
        (["2026-11-20"], OTHER_ORDER),
    ],
)
def test_a_page_that_cannot_be_followed_and_is_in_another_order_is_not_enough(
    service, dates, links
):
    page = a_page(*[a_result(on=day) for day in dates], following=FURTHER, link=links)
    assert issues(ask(service, a_call(prefetch={"pnfh": page})), 412) == {
        ("prefetch.pnfh", "missing")
    }


def test_two_faults_are_told_at_once(service):
    prefetch = {"patient": a_patient("P-9"), "pnfh": a_page(a_result(patient="P-9"))}
    assert issues(ask(service, a_call(prefetch=prefetch)), 422) == {
        ("prefetch.patient.id", "another_patient"),
        ("prefetch.pnfh.entry[0].resource.subject.reference", "another_patient"),
    }


def test_a_laboratorys_own_code_is_known_by_the_setting(settings):
    own = settings.model_copy(update={"fhir_pnfh_codes": "https://lab.example|NFH"})
    keys = make_keys(own)
    with open_service(own) as client:
        running = Service(client, keys)
        told = running.ask("GET", "/cds-services", by=None).json()["services"][0]
        assert "https://lab.example%7CNFH" in told["prefetch"]["pnfh"]
        coded = {"coding": [{"system": "https://lab.example", "code": "NFH"}]}
        assert the_card(ask(running, a_call(a_result(code=coded))))


@pytest.mark.parametrize("by", [None, ("North", "expired")])
def test_whoever_is_not_let_in_is_told_nothing(service, by):
    answer = service.ask("POST", CALL, by=by, content=b"{not even read")
    assert (answer.status_code, answer.content) == (401, b"")


def test_a_call_is_no_access_to_a_record(service):
    before = service.ask("GET", "/v1/audit", by=("North", "admin")).json()["items"]
    the_card(ask(service, a_call(a_result())))
    after = service.ask("GET", "/v1/audit", by=("North", "admin")).json()["items"]
    assert len(after) == len(before) + 1
    assert after[0]["action"] == "list_audit"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"null", 422),
        (b"[]", 422),
        (b'{"hook": NaN}', 422),
        (b'{"hook": "a", "hook": "b"}', 422),
        (b"\xff\xfe{}", 422),
        (b'{"prefetch": ' + b'{"a":' * 40 + b"1" + b"}" * 41, 422),
        (b'{"a": "' + b"x" * 20_000_000 + b'"}', 413),
    ],
)
def test_what_cannot_be_read_is_told_as_an_operation_outcome(service, body, status):
    headers = {"content-type": "application/json"}
    answer = service.ask("POST", CALL, content=body, headers=headers)
    issues(answer, status)


def test_a_bundle_of_too_many_entries_is_refused(service):
    answer = ask(service, a_call(*[a_result() for _ in range(1001)]))
    issues(answer, 413)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/cds-services/another", 404),
        ("GET", CALL, 405),
        ("POST", "/cds-services", 405),
        ("POST", f"{CALL}?a=b", 422),
    ],
)
def test_what_is_not_there_is_told_as_an_operation_outcome(service, method, path, status):
    content = {} if method == "GET" else {"json": a_call(a_result())}
    issues(service.ask(method, path, **content), status)


def test_a_body_must_be_json(service):
    headers = {"content-type": "text/plain"}
    issues(service.ask("POST", CALL, content=orjson.dumps(a_call()), headers=headers), 415)


SHAPES = [None, True, 0, -1.5, "", "x", [], {}, [None], {"a": None}, [[]], "\u202e", "x" * 500]


@pytest.fixture
def light(sqlite_settings):
    """Run the service where the database has no part in what is asked."""
    keys = make_keys(sqlite_settings)
    with open_service(sqlite_settings) as client:
        yield Service(client, keys)


@pytest.mark.parametrize("position", range(len(SHAPES)))
def test_no_shape_of_anything_in_a_call_makes_the_service_fail(light, position):
    """Each member of a good call in turn is something else: it is refused, ignored or used."""
    good = a_call(a_result(specimen={"display": "CSF"}, method={"text": "ELISA"}))
    for path in places(good):
        answer = ask(light, with_other(good, path, SHAPES[position]))
        assert answer.status_code in {200, 412, 413, 422}, (path, answer.text)
        if answer.status_code != 200:
            assert answer.json()["resourceType"] == "OperationOutcome"


def places(value, path=()):
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for name, each in inner:
        yield (*path, name)
        yield from places(each, (*path, name))


def with_other(document, path, other):
    copy = orjson.loads(orjson.dumps(document))
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = other
    return copy
