"""Stopping: what was begun is finished, nothing new is begun, and the process ends well."""

import signal
import time

import psutil
import pytest

from tests.e2e.conftest import PATIENCE
from tests.e2e.servers import prepare, serving, starting

BODY = b'{"pnfh":{"value":1500,"unit":"pg/mL"}}'
LINE = b'{"ref":"%d","pnfh":{"value":1500,"unit":"pg/mL"}}\n'


def head(path, *headers):
    named = "".join(f"{header}\r\n" for header in headers)
    return f"POST {path} HTTP/1.1\r\nHost: a\r\n{named}\r\n".encode()


def chunk(body):
    return b"%x\r\n%b\r\n" % (len(body), body)


def read_to(wire, end):
    """Read until the bytes end so."""
    heard = b""
    while not heard.endswith(end):
        piece = wire.recv(65_536)
        assert piece, heard
        heard += piece
    return heard


def wait_until_it_reads(wire):
    """Wait until the service wants the body of a request that asked whether to send it."""
    assert read_to(wire, b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")


def wait_until_it_listens_no_more(live):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            live.dial().close()
        except ConnectionRefusedError:
            return
        time.sleep(0.02)
    pytest.fail("it still takes connections")


def ask(live):
    """Tell it to stop, and wait until it has heard."""
    live.process.send_signal(signal.SIGTERM)
    wait_until_it_listens_no_more(live)
    assert live.process.poll() is None


def test_an_idle_service_stops_at_once(tmp_path):
    prepare(data_dir=tmp_path)
    with serving(tmp_path) as live:
        started = time.monotonic()
        assert live.stop() == 0
    assert time.monotonic() - started < 5
    assert [line["level"] for line in live.lines() if line["level"] != "info"] == []


def test_connections_that_ask_nothing_do_not_hold_it_up(tmp_path):
    with serving(tmp_path) as live, live.dial() as idle, live.dial() as kept:
        kept.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        read_to(kept, b"}")
        started = time.monotonic()
        assert live.stop() == 0
        assert time.monotonic() - started < 5
        assert (idle.recv(10), kept.recv(10)) == (b"", b"")


def test_a_slow_body_and_a_stream_in_flight_are_finished(tmp_path):
    key = prepare(data_dir=tmp_path)
    stream = head("/v1/estimates/batch?detail=group", "Content-Type: application/x-ndjson",
                  "Transfer-Encoding: chunked")  # fmt: skip
    patient = b'{"identifier":"SITE-0042"}'
    kept = head("/v1/patients", "Content-Type: application/json", f"Authorization: Bearer {key}",
                f"Content-Length: {len(patient)}", "Expect: 100-continue")  # fmt: skip
    slow = head("/v1/estimates", "Content-Type: application/json", f"Content-Length: {len(BODY)}",
                "Expect: 100-continue")  # fmt: skip
    with (
        serving(tmp_path) as live,
        live.dial(stream + chunk(LINE % 1)) as streaming,
        live.dial(slow) as asking,
        live.dial(kept) as keeping,
    ):
        read_to(streaming, b"}\n\r\n")
        wait_until_it_reads(asking)
        wait_until_it_reads(keeping)
        ask(live)
        for at in range(0, len(BODY), 10):
            asking.sendall(BODY[at : at + 10])
            time.sleep(0.05)
        keeping.sendall(patient)
        streaming.sendall(chunk(LINE % 2) + chunk(b""))
        assert b"HTTP/1.1 200 " in read_to(asking, b"}")
        assert b"HTTP/1.1 201 " in read_to(keeping, b"}")
        assert b'{"ref":"2","status":"estimate"' in read_to(streaming, b"0\r\n\r\n")
        assert live.process.wait(PATIENCE) == 0
    statuses = {line["route"]: line["status"] for line in live.lines() if "route" in line}
    assert statuses["/v1/estimates/batch"] == 200
    assert statuses["/v1/patients"] == 201


def test_a_body_that_never_ends_is_given_up_after_the_settings_time(tmp_path):
    slow = head("/v1/estimates", "Content-Type: application/json", "Content-Length: 1000",
                "Expect: 100-continue")  # fmt: skip
    with serving(tmp_path, shutdown_seconds=1) as live, live.dial(slow) as wire:
        wait_until_it_reads(wire)
        wire.sendall(b"{")
        started = time.monotonic()
        ask(live)
        assert live.process.wait(PATIENCE) == 0
        assert 0.5 < time.monotonic() - started < 10
        assert b"HTTP/1.1 200" not in wire.recv(1000)
    (line,) = [line for line in live.lines() if line.get("route") == "/v1/estimates"]
    assert (line["event"], line["status"]) == ("request cut off", 499)
    assert "Traceback" not in live.log.read_text()


def test_a_service_told_to_stop_while_it_starts_does_so(tmp_path):
    with starting(tmp_path) as live:
        while b"uvicorn" not in _modules(live) and live.process.poll() is None:
            time.sleep(0.01)
        assert live.stop() in (0, -signal.SIGTERM)


def _modules(live):
    """Read what the process has mapped so far."""
    try:
        mapped = psutil.Process(live.process.pid).memory_maps()
    except psutil.Error:
        return b""
    return b"uvicorn" if any("httptools" in part.path for part in mapped) else b""
