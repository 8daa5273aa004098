"""What was not prefetched is asked of the EHR's own server: that one alone, and with patience.

The database has no part in it, so SQLite alone is asked.
"""

import socket
import time

import httpx
import pytest

from app.use_cases.cds_hooks import gather_chart
from tests.api.cds_calls import a_call, a_page, a_patient, a_result, ask, cards, issues, the_card
from tests.api.clinics import Service, make_keys, open_service
from tests.services.simulated_ehr import a_result as held
from tests.services.simulated_ehr import an_outcome, answer, running

HERE = "127.0.0.1"


@pytest.fixture
def ehr():
    with running(page_size=2) as simulated:
        yield simulated


@pytest.fixture
def service(sqlite_settings, ehr):
    """Run the service with leave to ask the simulated EHR."""
    allowed = sqlite_settings.model_copy(update={"fhir_servers": ehr.base})
    keys = make_keys(allowed)
    with open_service(allowed) as client:
        yield Service(client, keys)


def test_nothing_is_asked_where_all_came_along(service, ehr):
    assert the_card(ask(service, a_call(a_result(), **ehr.access())))
    assert ehr.asked == []


def test_what_did_not_come_along_is_asked_of_the_ehr(service, ehr):
    card = the_card(ask(service, ehr.call("P-1")))
    assert "1500 pg/mL" in card["summary"]
    assert len(ehr.asked) == 2
    assert any(path.startswith("/fhir/Observation?patient=P-1&code=") for path in ehr.asked)
    assert "/fhir/Patient/P-1" in ehr.asked


def test_a_patient_without_results_in_the_ehr_gets_no_card(service, ehr):
    assert cards(ask(service, ehr.call("P-2"))) == []


@pytest.mark.parametrize("sent", [{}, {"pnfh": None}, {"pnfh": an_outcome("timeout")}])
def test_a_null_or_an_operation_outcome_is_asked_for_again(service, ehr, sent):
    call = ehr.call("P-1", prefetch=sent | {"patient": a_patient()})
    assert the_card(ask(service, call))
    assert [path.partition("?")[0] for path in ehr.asked] == ["/fhir/Observation"]


def test_an_operation_outcome_that_cannot_be_asked_for_again_is_missing(service):
    call = a_call(prefetch={"pnfh": an_outcome("timeout")})
    assert issues(ask(service, call), 412) == {("prefetch.pnfh", "missing")}


def test_pages_are_followed_where_the_server_does_not_sort(service, ehr):
    ehr.sorts = False
    ehr.results["P-1"] = [held("P-1", 800 + day, f"2026-01-{day:02}") for day in range(1, 8)]
    card = the_card(ask(service, ehr.call("P-1")))
    assert "807 pg/mL" in card["summary"]
    assert sum("Observation" in path for path in ehr.asked) == 4


def test_a_page_in_order_needs_no_further_ones(service, ehr):
    ehr.results["P-1"] = [held("P-1", 800 + day, f"2026-01-{day:02}") for day in range(1, 8)]
    card = the_card(ask(service, ehr.call("P-1")))
    assert "807 pg/mL" in card["summary"]
    assert sum("Observation" in path for path in ehr.asked) == 1


def test_a_page_that_came_along_is_followed_on_the_same_server(service, ehr):
    ehr.sorts = False
    ehr.results["P-1"] = [held("P-1", 900, "2026-01-01"), held("P-1", 1000, "2026-02-01")]
    ehr.page_size = 1
    call = ehr.call("P-1", {"pnfh": "Observation?patient={{context.patientId}}&code=x"})
    assert call["prefetch"]["pnfh"]["total"] == 0
    templates = {"pnfh": f"Observation?patient=P-1&code={'urn:neurostrata:biomarker'}%7Cpnfh-csf"}
    card = the_card(ask(service, ehr.call("P-1", templates)))
    assert "1000 pg/mL" in card["summary"]


OF_CSF = {"coding": [{"system": "http://snomed.info/sct", "code": "258450006"}]}


def specimen_call(ehr, specimen, **referred):
    """A call whose result refers to a Specimen that only the EHR has."""
    if specimen is not None:
        ehr.behave("/fhir/Specimen/9", lambda handler: answer(handler, specimen))
    result = a_result(specimen={"reference": "Specimen/9", **referred})
    return ehr.call("P-1", prefetch={"patient": a_patient(), "pnfh": a_page(result)})


def test_a_specimen_that_did_not_come_along_is_asked_for(service, ehr):
    csf = {"resourceType": "Specimen", "id": "9", "type": OF_CSF}
    assert the_card(ask(service, specimen_call(ehr, csf, display="Tube 4")))
    assert ehr.asked == ["/fhir/Specimen/9"]
    ehr.asked.clear()
    assert the_card(ask(service, specimen_call(ehr, csf, display="CSF")))
    assert ehr.asked == []


@pytest.mark.parametrize(
    ("specimen", "expected"),
    [
        ({"resourceType": "Specimen", "type": {"text": "Serum"}}, "specimen_not_applicable"),
        ({"resourceType": "Specimen", "id": "9"}, "specimen_unknown"),
        ({"resourceType": "Patient", "id": "9"}, "specimen_unknown"),
        (None, "specimen_unknown"),
    ],
)
def test_a_specimen_that_tells_no_csf_gives_no_card(service, ehr, specimen, expected):
    found = issues(ask(service, specimen_call(ehr, specimen)), 422)
    assert found == {("prefetch.pnfh.entry[0].resource.specimen", expected)}


def test_a_specimen_of_the_ehr_that_is_somebody_elses_is_refused(service, ehr):
    other = {"reference": "Patient/P-2"}
    csf = {"resourceType": "Specimen", "id": "9", "type": OF_CSF, "subject": other}
    found = issues(ask(service, specimen_call(ehr, csf)), 422)
    assert found == {("fhirServer.Specimen.subject.reference", "another_patient")}


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://{host}:{port}@evil.example/fhir/x",
        "http://{host}:{port}/other/x",
        "http://{host}:{port}/fhir/../jwks.json",
        "http://{host}:{port}/fhir/%2e%2e/jwks.json",
        "http://{host}:{port}/fhir/..%2fjwks.json",
        "http://{host}:{port}/fhir\\..\\jwks.json",
        "http://{host}:{port}/fhirx",
        "http://{host}:{port}/fhir#x",
        "http://{host}:{port}",
        "//evil.example/fhir",
        "http://localhost:{port}/fhir/Observation",
        "http://0x7f000001:{port}/fhir/Observation",
        "http://2130706433:{port}/fhir/Observation",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "\r\nhost: evil.example",
        "x" * 5000,
    ],
)
def test_a_next_page_anywhere_else_is_not_followed(service, ehr, address):
    port = ehr.server.server_address[1]
    following = address.replace("{host}", HERE).replace("{port}", str(port))
    call = ehr.call("P-1", prefetch={"patient": a_patient(), "pnfh": a_page(following=following)})
    found = issues(ask(service, call), 412)
    assert {place for place, _ in found} == {"prefetch.pnfh", "fhirServer"}
    assert [path for path in ehr.asked if not path.startswith("/fhir/?")] == []


def test_pages_that_lead_in_a_circle_come_to_an_end(service, ehr):
    here = f"{ehr.base}/Observation?patient=P-1&page=1"
    ehr.behave("/fhir/Observation", lambda handler: answer(handler, a_page(following=here)))
    issues(ask(service, ehr.call("P-1")), 412)
    assert sum("Observation" in path for path in ehr.asked) <= 3


def test_pages_without_end_come_to_an_end(service, ehr):
    def another(handler):
        page = len(ehr.asked)
        answer(handler, a_page(following=f"{ehr.base}/Observation?page={page}"))

    ehr.behave("/fhir/Observation", another)
    issues(ask(service, ehr.call("P-1")), 412)
    assert sum("Observation" in path for path in ehr.asked) <= gather_chart.MOST_PAGES + 1


def redirect(handler):
    answer(handler, b"", 302, location="/fhir/Patient/P-1")


def endless(handler):
    handler.send_response(200)
    handler.send_header("content-type", "application/fhir+json")
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 65_536)


def slow(handler):
    time.sleep(2)
    answer(handler, b"{}")


def with_body(body, **headers):
    return lambda handler: answer(handler, body, **headers)


def hang_up(handler):
    handler.connection.close()


NO_ANSWERS = {
    "a redirect": redirect,
    "no end": endless,
    "slow": slow,
    "a failure": with_body(b"", status=500),
    "a refusal": with_body(b"", status=403),
    "a page": with_body(b"<html>"),
    "no strict JSON": with_body(b'{"a": NaN}'),
    "depth": with_body(b"[" * 100_000),
    "an encoding": with_body(b"{}", content_encoding="gzip"),
    "an OperationOutcome": with_body(b'{"resourceType": "OperationOutcome", "issue": []}'),
    "a silence": hang_up,
}


@pytest.mark.parametrize("behaviour", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_a_server_that_gives_no_answer_leaves_the_data_missing(
    service, ehr, behaviour, monkeypatch
):
    monkeypatch.setattr(gather_chart, "SECONDS", 1.0)
    ehr.behave("/fhir/Observation", behaviour)
    started = time.monotonic()
    found = issues(ask(service, ehr.call("P-1")), 412)
    assert found == {("prefetch.pnfh", "missing"), ("fhirServer", "not_fetched")}
    assert time.monotonic() - started < 5


def test_a_server_that_gives_no_patient_still_gives_a_card(service, ehr):
    ehr.behave("/fhir/Patient/P-1", lambda handler: answer(handler, b"", 403))
    assert the_card(ask(service, ehr.call("P-1")))


@pytest.mark.parametrize(
    ("answered", "place"),
    [
        ({"resourceType": "Patient", "id": "P-9"}, "fhirServer.Observation.resourceType"),
        ({"resourceType": "Bundle", "entry": 5}, "fhirServer.Observation.entry"),
        (
            a_page(a_result(), a_result(patient="P-9")),
            "fhirServer.Observation.entry[1].resource.subject.reference",
        ),
    ],
)
def test_what_a_server_gives_is_judged_as_what_is_sent(service, ehr, answered, place):
    ehr.behave("/fhir/Observation", lambda handler: answer(handler, answered))
    assert {told for told, _ in issues(ask(service, ehr.call("P-1")), 422)} == {place}


def test_another_patient_from_the_server_is_refused(service, ehr):
    ehr.behave("/fhir/Patient/P-1", lambda handler: answer(handler, a_patient("P-2")))
    found = issues(ask(service, ehr.call("P-1")), 422)
    assert found == {("fhirServer.Patient.id", "another_patient")}


@pytest.mark.parametrize(
    "said", [{"expires_in": 0}, {"scope": "user/Patient.read"}, {"scope": "launch"}]
)
def test_a_token_that_is_said_to_be_useless_is_not_used(service, ehr, said):
    call = ehr.call("P-1")
    call["fhirAuthorization"] |= said
    issues(ask(service, call), 412)
    assert ehr.asked == []


def test_a_wrong_token_leaves_the_data_missing_and_is_told_nowhere(service, ehr):
    call = ehr.call("P-1")
    call["fhirAuthorization"]["access_token"] = "wrong-and-secret"
    told = ask(service, call)
    issues(told, 412)
    assert "wrong-and-secret" not in told.text


@pytest.mark.parametrize(
    "spelling",
    [
        "http://localhost:{port}/fhir",
        "http://127.1:{port}/fhir",
        "http://2130706433:{port}/fhir",
        "http://0x7f.1:{port}/fhir",
        "http://[::ffff:127.0.0.1]:{port}/fhir",
        "http://127.0.0.1:{port}/FHIR",
        "http://127.0.0.1:{port}/fhir/../fhir",
        "http://127.0.0.1:{port}/fhir?x",
        "http://user@127.0.0.1:{port}/fhir",
        "http://127.0.0.1:{port}.evil.example/fhir",
        "https://127.0.0.1:{port}/fhir",
        "http://169.254.169.254/fhir",
    ],
)
def test_no_other_server_is_asked_and_no_other_spelling_of_this_one(service, ehr, spelling):
    server = spelling.replace("{port}", str(ehr.server.server_address[1]))
    answered = ask(service, ehr.call("P-1", fhirServer=server))
    assert answered.status_code in {412, 422}
    assert ehr.asked == []


def test_no_connection_is_made_to_a_server_that_is_not_listed(service, ehr):
    """A port that nobody may call counts who calls."""
    with socket.create_server((HERE, 0)) as listening:
        listening.settimeout(0.3)
        server = f"http://{HERE}:{listening.getsockname()[1]}/fhir"
        found = issues(ask(service, ehr.call("P-1", fhirServer=server)), 412)
        assert ("fhirServer", "not_fetched") in found
        with pytest.raises(TimeoutError):
            listening.accept()


def test_without_leave_nothing_is_asked(sqlite_settings, ehr):
    keys = make_keys(sqlite_settings)
    with open_service(sqlite_settings) as client:
        issues(ask(Service(client, keys), ehr.call("P-1")), 412)
    assert ehr.asked == []


def test_a_listed_server_elsewhere_is_not_asked_without_tls(sqlite_settings, ehr):
    open_ = sqlite_settings.model_copy(update={"fhir_servers": "http://ehr.example/fhir"})
    keys = make_keys(open_)
    with open_service(open_) as client:
        call = ehr.call("P-1", fhirServer="http://ehr.example/fhir")
        found = issues(ask(Service(client, keys), call), 412)
    assert found == {("prefetch.pnfh", "missing"), ("fhirServer", "not_fetched")}


def test_the_simulated_ehr_wants_its_token(ehr):
    address = f"{ehr.base}/Patient/P-1"
    assert httpx.get(address).status_code == 401
    known = httpx.get(address, headers={"authorization": f"Bearer {ehr.token}"})
    assert known.json()["id"] == "P-1"
