"""What a running service writes down, and that nothing of it was sent by a caller."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from tests.e2e.conftest import PATIENCE, ROOT, free_port, wait_until_healthy
from tests.e2e.servers import environment, prepare, serving

FIELDS = ["time", "level", "event", "request_id", "trace_id", "method", "route", "status",
          "duration_ms", "bytes"]  # fmt: skip
TRACE = "0af7651916cd43dd8448eb211c80319c"
STEER = "\x1b[31m"


class Canaries:
    """Words that stand nowhere else, each sent once."""

    def __init__(self):
        self.sent = []

    def __call__(self, form="{}"):
        word = f"c4n4ry{len(self.sent):04d}x"
        self.sent.append(word)
        return form.format(word)

    def day(self):
        """Give a date that nobody else would write."""
        word = f"19{len(self.sent) % 80 + 10:02d}-07-{len(self.sent) % 28 + 1:02d}"
        self.sent.append(word)
        return word

    def number(self):
        """Give a level with digits of its own."""
        word = f"1234.{len(self.sent):04d}7351"
        self.sent.append(word)
        return word


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Send marked words wherever words can be sent; give them, and the log."""
    folder, say = tmp_path_factory.mktemp("logs"), Canaries()
    key = prepare(data_dir=folder)
    with serving(folder, log_level="debug", failed_logins_per_minute=0) as live:
        positive = live.ask("GET", "/healthz", headers={"x-request-id": "positive-control"})
        assert positive.is_success
        patients(live, key, say)
        levels(live, say)
        heads(live, key, say)
        bodies(live, key, say)
        assert live.stop() == 0
    return live, say.sent, key


def patients(live, key, say):
    """Keep, read and change a patient whose every field is marked."""
    facts = {
        "identifier": say("SITE-{}").upper(), "onset_date": say.day(), "diagnosis_date": say.day(),
        "riluzole_start": say.day(), "baseline_date": say.day(), "follow_up_date": say.day(),
        "arm": say("arm-{}"), "covariates": {say(): say(), say(): 1.25},
    }  # fmt: skip
    kept = {"identifier": facts["identifier"], "covariates": facts["covariates"]}
    good = live.ask("POST", "/v1/patients", key, json=kept)
    assert good.status_code == 201, good.text
    path = f"/v1/patients/{good.json()['id']}"
    say.sent += [good.json()["id"], facts["identifier"]]
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
        live.ask(method, path, key, json=facts, headers={"if-match": say('"{}"')})
    live.ask("POST", "/v1/patients", key, json=facts)
    live.ask("POST", "/v1/patients", key, json=facts | {name: say() for name in facts})
    level = {"biomarker": "pnfh", "value": float(say.number()), "unit": "pg/mL", "specimen": "csf"}
    assert live.ask("POST", f"{path}/measurements", key, json=level).status_code == 201
    marked = {name: say() for name in level}
    live.ask("POST", f"{path}/measurements", key, json=level | marked | {"assay": say()})
    live.ask("GET", f"/v1/patients/{say()}/measurements/{say()}?{say()}={say()}", key)


def levels(live, say):
    """Ask for estimates, rightly and wrongly."""
    assert live.ask("GET", f"/v1/estimate?pnfh={say.number()}&unit=pg/mL").is_success
    live.ask("GET", f"/v1/estimate?pnfh={say()}&unit={say()}&{say()}={say()}")
    live.ask("GET", f"/v1/evidence/{say()}")
    live.ask("GET", f"/{say()}/{say()}?{say()}#{say()}")
    live.ask("GET", f"/static/{say()}")
    live.ask("GET", f"/problems/{say()}")
    line = f'{{"ref":"{say()}","pnfh":{{"value":{say.number()},"unit":"pg/mL"}}}}\n'
    for content in (line, say(), f'{{"{say()}":"{say()}"}}\n'):
        ndjson = {"content-type": "application/x-ndjson"}
        live.ask("POST", "/v1/estimates/batch", content=content, headers=ndjson)


def heads(live, key, say):
    """Send headers that nobody asked for, and bad ones that somebody did."""
    for name in ("user-agent", "referer", "cookie", "origin", "forwarded", "x-forwarded-for",
                 "accept", "accept-language", "if-none-match", "idempotency-key", "traceparent",
                 "x-request-id"):  # fmt: skip
        live.ask("GET", "/v1/patients", key, headers={name: say(STEER + "{}")})
    live.ask("GET", "/v1/patients", f"nst_{say()}")
    live.ask("GET", "/v1/patients", say())
    live.ask(say().upper(), "/v1/patients", key)
    for text in (f"{say()} /{say()} HTTP/1.1\r\n\r\n", f"GET /{say()} HTTP/9.{say()}\r\n\r\n"):
        with live.dial(text.encode()) as wire:
            wire.recv(1000)


def bodies(live, key, say):
    """Send bodies that cannot be read."""
    for path in ("/v1/patients", "/v1/estimates", "/v1/prognosis", "/v1/estimates/batch"):
        for content in (say('{{"{}": '), say('"{}"'), say('{{"a": "{}\\ud800"}}'), say()):
            head = {"content-type": "application/json"}
            live.ask("POST", path, key, content=content, headers=head)
        live.ask("POST", path, key, content=say(), headers={"content-type": say("text/{}")})


def test_nothing_that_was_sent_stands_in_the_log(told):
    live, sent, key = told
    text = live.log.read_text() + live.greeting.read_text()
    assert len(set(sent)) == len(sent) > 90
    assert [word for word in (*sent, key, key[4:16]) if word.lower() in text.lower()] == []


def test_what_may_be_told_is_found_where_it_was_looked_for(told):
    live, _, _ = told
    assert "positive-control" in live.log.read_text()


def test_every_line_is_one_event_as_json(told):
    live, _, _ = told
    text = live.log.read_bytes()
    assert text.endswith(b"}\n")
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f-\xff]", text)
    for line in live.lines():
        assert list(line)[:3] == ["time", "level", "event"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["time"])


def test_a_request_is_told_by_its_template_with_caller_and_clinic(told):
    live, _, _ = told
    read = [line for line in live.lines() if line.get("route") == "/v1/patients/{patient_id}"]
    assert {line["method"] for line in read} == {"GET", "HEAD", "PUT", "PATCH", "DELETE"}
    first = read[0]
    assert [*first] == [*FIELDS, "caller", "clinic_id"]
    assert (first["event"], first["status"], first["caller"]) == ("request", 200, "key")
    assert re.fullmatch("[0-9a-f-]{32,36}", first["clinic_id"])
    assert first["bytes"] > 100
    assert 0 < first["duration_ms"] < 60_000


def test_addresses_that_lead_nowhere_are_not_told(told):
    live, _, _ = told
    assert {line["route"] for line in live.lines() if line.get("status") == 404} >= {
        "unmatched",
        "/v1/evidence/{evidence_id}",
        "/v1/patients/{patient_id}/measurements/{measurement_id}",
    }


def test_a_line_and_its_answer_can_be_matched(tmp_path):
    head = {"x-request-id": "mine", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    with serving(tmp_path) as live:
        answer = live.ask("GET", "/v1/estimate?pnfh=1500", headers=head)
        assert live.stop() == 0
    (line,) = [line for line in live.lines() if line.get("request_id") == "mine"]
    assert list(line) == FIELDS
    assert (line["route"], line["status"], line["bytes"]) == (
        "/v1/estimate", 200, len(answer.content),
    )  # fmt: skip
    assert line["trace_id"] == TRACE


def test_the_clients_address_is_told_only_if_asked_for(tmp_path):
    for asked, told in ((False, None), (True, "127.0.0.1")):
        folder = tmp_path / str(asked)
        folder.mkdir()
        with serving(folder, log_client_address=asked) as live:
            live.stop()
        requests = [line for line in live.lines() if line["event"] == "request"]
        assert requests
        assert {line.get("client") for line in requests} == {told}


def test_requests_need_not_be_told(tmp_path):
    with serving(tmp_path, access_log=False) as live:
        live.stop()
    assert "request" not in {line["event"] for line in live.lines()}


def test_lines_can_be_written_as_text(tmp_path):
    with serving(tmp_path, log_format="text") as live:
        live.ask("GET", "/v1/estimate?pnfh=1500", headers={"x-request-id": "mine"})
        live.stop()
    (line,) = [line for line in live.log.read_text().splitlines() if " mine " in line]
    assert re.match(r"\S+Z info request mine [0-9a-f]{32} GET /v1/estimate 200 ", line)


@contextmanager
def writing_to(pipe, folder):
    """Run a server whose two outputs are a pipe."""
    port = free_port()
    settings = environment(port=port, data_dir=folder)
    command = [sys.executable, "-m", "app", "serve"]
    with subprocess.Popen(command, cwd=ROOT, env=settings, stdout=pipe, stderr=pipe) as process:
        try:
            yield process, f"http://127.0.0.1:{port}", port
        finally:
            process.kill()


def ask_many(port, times):
    """Ask on one connection, and wait for each answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as wire:
        for _ in range(times):
            wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            heard = b""
            while not heard.endswith(b'{"status":"ok"}'):
                piece = wire.recv(65_536)
                assert piece, heard
                heard += piece
    return times


def test_a_log_that_nobody_reads_keeps_no_request_waiting(tmp_path):
    ours, theirs = os.pipe()
    with writing_to(theirs, tmp_path) as (process, address, port):
        os.close(theirs)
        wait_until_healthy(address, process, tmp_path / "none")
        # A pipe holds 64 KiB, about 250 lines; the rest has nowhere to go.
        assert ask_many(port, 3_000) == 3_000
        process.terminate()
        assert process.wait(PATIENCE) == 0
    os.close(ours)


def test_a_log_that_is_gone_keeps_no_request_waiting(tmp_path):
    ours, theirs = os.pipe()
    with writing_to(theirs, tmp_path) as (process, address, port):
        os.close(theirs)
        os.close(ours)
        wait_until_healthy(address, process, tmp_path / "none")
        assert ask_many(port, 100) == 100
        time.sleep(0.2)
        assert ask_many(port, 100) == 100
        process.terminate()
        assert process.wait(PATIENCE) == 0


FAILING = """
import asyncio, logging, threading, warnings
from app.cli.logs import open_log
from app.settings import Settings

def fail():
    int("c4n4ry")

class Fails:
    def __del__(self):
        fail()

async def forget():
    async def fail_alone():
        fail()
    task = asyncio.create_task(fail_alone())
    await asyncio.sleep(0)
    del task

writer = open_log(Settings())
thread = threading.Thread(target=fail)
thread.start()
thread.join()
Fails()
asyncio.run(forget())
warnings.warn("c4n4ry")
logging.getLogger("somebody").error("about %s", "c4n4ry")
writer.close()
"""


def test_whatever_fails_wherever_is_told_by_kind_and_place_alone():
    ended = subprocess.run(
        [sys.executable, "-c", FAILING], cwd=ROOT, capture_output=True, text=True,
        timeout=PATIENCE, check=True,
    )  # fmt: skip
    assert "c4n4ry" not in ended.stdout + ended.stderr
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [line["event"] for line in lines] == [
        "a thread failed",
        "an exception was ignored",
        *2 * ["(message withheld)"],
        "about %s",
    ]
    failed = [line for line in lines if "exception" in line]
    assert [line["exception"] for line in failed] == ["ValueError"] * 3
    assert all(line["raised_at"] for line in failed)
