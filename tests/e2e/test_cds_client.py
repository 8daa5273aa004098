"""CDS clients against a running server: one by others, unmodified, and a simulated EHR's own."""

import json
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from tests.api.cds_calls import a_page, a_patient, a_result, numbers
from tests.e2e.conftest import ROOT, free_port
from tests.e2e.servers import prepare, run_app, serving
from tests.services.simulated_ehr import Wire, answer, running, visit

CALL = "/cds-services/als-il2-pnfh"
CLIENT = ROOT / "build/cds-client/bin/python"
SCRIPT = ROOT / "tools/cds-client/call.py"
EHR = ROOT / "tests/services/simulated_ehr.py"
PATIENCE = 120


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """Run a server with one clinic, which trusts the simulated EHR; give all three."""
    tmp_path = tmp_path_factory.mktemp("live")
    key = prepare(data_dir=tmp_path)
    with running() as ehr:
        trusted = run_app(
            "clients", "add", "--clinic", "North", "--name", "EHR", "--scopes", "system/*.rs",
            "--issuer", ehr.issuer, "--jwks-url", ehr.keys_url, "--fhir-server", ehr.base,
            data_dir=tmp_path,
        )  # fmt: skip
        assert trusted.returncode == 0, trusted.stderr
        with serving(tmp_path) as server:
            yield server, key, ehr


@contextmanager
def gateway(service, ehr):
    """Stand before the service as an EHR's own gateway does: it signs what others send."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            address = f"{service}{self.path}"
            headers = {
                "authorization": f"Bearer {ehr.signed(address)}",
                "content-type": self.headers["content-type"],
            }
            told = httpx.post(address, content=body, headers=headers, timeout=PATIENCE)
            answer(self, told.content, told.status_code, content_type="application/json")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def send_with_healthchain(address, *calls):
    """Run HealthChain's client in its own environment."""
    done = subprocess.run(
        [CLIENT, SCRIPT, address], input=json.dumps(calls), cwd=ROOT,
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def a_visit(*results):
    return {"patient": "P-1", "prefetch": {"patient": a_patient(), "pnfh": a_page(*results)}}


@pytest.mark.skipif(not CLIENT.exists(), reason="make build/cds-client/installed.stamp")
def test_a_cds_client_by_others_gets_cards(live):
    server, _, ehr = live
    with gateway(server.address, ehr) as address:
        seen = send_with_healthchain(
            f"{address}{CALL}", a_visit(a_result()), a_visit(a_result(5000)), a_visit()
        )
    first, second, third = seen["answers"]
    assert [len(one["cards"]) for one in (first, second, third)] == [1, 1, 0]
    assert numbers(first["cards"][0])["hazard_ratio"]["value"] == 0.52
    assert second["cards"][0]["indicator"] == "warning"
    assert first["cards"][0].keys() - {"extension"} <= set(seen["card_members"])
    # Its model of a link asks for `autoLaunchable`, which the standard has as an option and
    # spells otherwise. With all else it agrees.
    faults = {place.rpartition(".")[2] for one in seen["faults"] for place in one}
    assert faults == {"autoLaunchable"}


def test_an_ehr_that_signs_its_calls_is_let_in_once_for_each(live):
    server, _, ehr = live
    address = f"{server.address}{CALL}"
    headers = {"authorization": f"Bearer {ehr.signed(address)}"}
    first = httpx.post(address, json=ehr.call("P-1"), headers=headers)
    assert "1500 pg/mL" in first.json()["cards"][0]["summary"]
    again = httpx.post(address, json=ehr.call("P-1"), headers=headers)
    assert (again.status_code, again.content) == (401, b"")


def test_a_client_may_have_its_own_server_asked_and_a_key_may_not(live):
    server, key, ehr = live
    by_key = server.ask("POST", CALL, key, json=ehr.call("P-1"))
    assert by_key.status_code == 412
    assert by_key.json()["resourceType"] == "OperationOutcome"
    address = f"{server.address}{CALL}"
    headers = {"authorization": f"Bearer {ehr.signed(address)}"}
    assert httpx.post(address, json=ehr.call("P-1"), headers=headers).json()["cards"]


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "http://127.0.0.1:1/cds-services/als-il2-pnfh"},
        {"iss": "https://another.example"},
        {"exp": 1},
        {"jti": ""},
    ],
    ids=lambda claims: next(iter(claims)),
)
def test_a_signature_for_something_else_is_told_nothing(live, claims):
    server, _, ehr = live
    address = f"{server.address}{CALL}"
    headers = {"authorization": f"Bearer {ehr.signed(address, **claims)}"}
    told = httpx.post(address, json=ehr.call("P-1"), headers=headers)
    assert (told.status_code, told.content) == (401, b"")


def test_a_visit_is_counted_and_its_feedback_summed_up(live, capsys):
    server, key, ehr = live
    before = server.ask("GET", "/v1/cds-hooks/feedback", key).json()["outcomes"]
    visit(Wire(server.address, ehr, None), "P-1", prefetches=True)
    assert "eyJ… (signed with ES384)" in capsys.readouterr().out
    found = server.ask("GET", "/v1/cds-hooks/feedback", key).json()["outcomes"]
    assert found == {"accepted": 0, "overridden": before["overridden"] + 1}


VARYING = re.compile(
    r'(?<="uuid": ")[0-9a-f-]{36}|(?<="card": ")[0-9a-f-]{36}'
    r'|(?<="outcomeTimestamp": ")[^"]+|http://127\.0\.0\.1:\d+'
)


def run_from_the_terminal(server, *words):
    """Run the simulated EHR as a reader does."""
    done = subprocess.run(
        [sys.executable, EHR, "--service", server.address, *words], cwd=ROOT,
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return VARYING.sub("…", done.stdout)


def test_a_reader_sees_every_message_from_the_terminal(live):
    server, key, _ = live
    told = run_from_the_terminal(server, "--key", key)
    heads = [line for line in told.splitlines() if line[:2] in {"> ", "< "}]
    assert heads == [
        "> GET /cds-services", "< 200", f"> POST {CALL}", "< 200",
        f"> POST {CALL}/feedback", "< 200",
    ]  # fmt: skip
    assert "hazard ratio of death 0.52 (0.30 to 0.89)" in told
    assert key not in told
    assert run_from_the_terminal(server, "--key", key) == told


def test_a_reader_sees_what_the_service_asks_of_a_trusted_ehr(tmp_path):
    key, port = prepare(data_dir=tmp_path), free_port()
    base = f"http://127.0.0.1:{port}/fhir"
    with serving(tmp_path, fhir_servers=base) as server:
        told = run_from_the_terminal(server, "--key", key, "--no-prefetch", "--port", str(port))
    assert "the service asks the EHR: GET /fhir/Observation?patient=P-1" in told
    assert "hazard ratio of death 0.52 (0.30 to 0.89)" in told
