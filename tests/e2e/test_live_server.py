"""The server as a process of its own, on a real socket: streams, dawdlers, signals, bad starts."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from tests.e2e.conftest import PATIENCE, ROOT, free_port, wait_until_healthy

STREAM = "/v1/estimates/batch?detail=group"
NDJSON = {"content-type": "application/x-ndjson"}
MEGABYTE = 2**20
SHORT = {"header_seconds": 1, "body_idle_seconds": 1}


@dataclass
class Live:
    """A running server."""

    port: int
    process: subprocess.Popen
    log: Path

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def dial(self, text=b""):
        """Open a connection and send."""
        wire = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        wire.sendall(text)
        return wire


def environment(**own):
    return os.environ | {f"NEUROSTRATA_{name.upper()}": str(value) for name, value in own.items()}


@contextmanager
def serving(folder, **own):
    """Run a server with its own settings."""
    port, log = free_port(), folder / "server.log"
    command = [sys.executable, "-m", "app", "serve"]
    settings = environment(port=port, data_dir=folder, **own)
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=ROOT, env=settings, stdout=output, stderr=output) as process,
    ):
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}", process, log)
            yield Live(port, process, log)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("live"), **SHORT) as running:
        yield running


def line(ref, level=1500):
    return b'{"ref":"%d","pnfh":{"value":%d,"unit":"pg/mL"}}\n' % (ref, level)


def head(path=STREAM, *headers):
    named = "".join(f"{header}\r\n" for header in headers)
    return f"POST {path} HTTP/1.1\r\nHost: a\r\n{named}\r\n".encode()


CHUNKED = head(STREAM, "Content-Type: application/x-ndjson", "Transfer-Encoding: chunked")


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


def read_all(wire):
    """Read until the server closes; the bytes, and how long it took."""
    started, heard = time.monotonic(), b""
    try:
        while piece := wire.recv(MEGABYTE):
            heard += piece
    except ConnectionResetError:
        pass
    return heard, time.monotonic() - started


def open_files(live):
    return psutil.Process(live.process.pid).num_fds()


@contextmanager
def watching_memory(live):
    """Give a function that tells by how much the server has grown at most."""
    process = psutil.Process(live.process.pid)
    sizes, done = [process.memory_info().rss], threading.Event()

    def watch():
        while not done.wait(0.02):
            sizes.append(process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield lambda: max(sizes) - sizes[0]
    finally:
        done.set()
        watcher.join()


def test_a_client_may_send_all_its_lines_before_it_reads(live):
    def lines():
        for start in range(0, 200_000, 500):
            yield b"".join(line(i, 751 + i % 2000) for i in range(start, start + 500))

    with httpx.Client(base_url=live.address, timeout=PATIENCE) as client:
        client.post(STREAM, content=line(0) * 1000, headers=NDJSON)  # warms the server up
        with (
            watching_memory(live) as growth,
            client.stream("POST", STREAM, content=lines(), headers=NDJSON) as answer,
        ):
            assert answer.status_code == 200
            count, last = 0, b""
            for piece in answer.iter_raw():
                count += piece.count(b"\n")
                last = (last + piece)[-8000:]
    assert count == 200_000
    assert json.loads(last.splitlines()[-1])["ref"] == "199999"
    assert growth() < 60 * MEGABYTE


def test_a_line_is_answered_before_the_next_one_is_sent(live):
    with live.dial(CHUNKED) as wire:
        for ref in range(3):
            wire.sendall(chunk(line(ref)))
            assert b'{"ref":"%d","status":"estimate"' % ref in read_to(wire, b"}\n\r\n")
        wire.sendall(chunk(b""))
        assert read_to(wire, b"0\r\n\r\n")


def test_a_client_that_reads_slowly_keeps_nobody_waiting(live):
    body = b"".join(line(i) for i in range(3_000))
    request = head(STREAM, "Content-Type: application/x-ndjson", f"Content-Length: {len(body)}",
                   "Connection: close")  # fmt: skip
    with live.dial(request + body) as wire:
        slowest = 0.0
        for _ in range(20):
            assert wire.recv(1024)
            started = time.monotonic()
            assert httpx.get(f"{live.address}/v1/stratum?pnfh=1500").is_success
            slowest = max(slowest, time.monotonic() - started)
        heard, _ = read_all(wire)
    assert slowest < 2
    assert heard.endswith(b"}\n\r\n0\r\n\r\n")
    assert heard.count(b'{"ref":') > 2_900


def test_a_client_that_goes_away_leaves_nothing_behind(live):
    others = httpx.Client(base_url=live.address)
    assert others.get("/healthz").is_success
    before = open_files(live)
    used = psutil.Process(live.process.pid).cpu_times
    for _ in range(3):
        wire = live.dial(CHUNKED + chunk(b"".join(line(i) for i in range(200_000))))
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        wire.close()
    assert others.get("/v1/stratum?pnfh=1500").is_success
    deadline = time.monotonic() + 10
    while open_files(live) > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert open_files(live) <= before
    at_rest = used()
    time.sleep(0.3)
    assert used().user - at_rest.user < 0.2
    others.close()


def test_a_stream_in_flight_is_finished_before_the_server_stops(tmp_path):
    with serving(tmp_path) as own, own.dial(CHUNKED) as wire:
        wire.sendall(chunk(line(1)))
        read_to(wire, b"}\n\r\n")
        own.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert own.process.poll() is None
        wire.sendall(chunk(line(2)) + chunk(b""))
        assert b'{"ref":"2","status":"estimate"' in read_to(wire, b"0\r\n\r\n")
        assert own.process.wait(PATIENCE) in (0, -signal.SIGTERM)
        with pytest.raises(OSError, match="refused"):
            own.dial()


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET", b"GET /healthz HTTP/1.1\r\nHost: a\r\n", b"\r\n\r\n"],
    ids=["nothing", "a word", "half a head", "line ends"],
)
def test_a_connection_that_does_not_ask_is_told_so_and_closed(live, sent):
    with live.dial(sent) as wire:
        heard, seconds = read_all(wire)
    assert heard.startswith(b"HTTP/1.1 408 ")
    assert 0.5 < seconds < 5


def told_of(heard):
    """Read an answer to what never became a request: a problem document with an id."""
    head_of_it, _, body = heard.partition(b"\r\n\r\n")
    line_of_it, *lines = head_of_it.decode().split("\r\n")
    headers = dict(one.split(": ", 1) for one in lines)
    problem = json.loads(body)
    assert headers["content-type"] == "application/problem+json"
    assert headers["content-length"] == str(len(body))
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-request-id"] == problem["request_id"]
    assert line_of_it.split()[1] == str(problem["status"])
    assert problem["title"]
    assert problem["detail"]
    return problem["status"], problem["type"]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\n", (408, "/problems/timeout")),
        (b"FOO / HTTP/1.1\r\nHost: a\r\n\r\n", (400, "/problems/validation-error")),
        (head("/v1/estimates", "Content-Length: -1"), (400, "/problems/validation-error")),
        (CHUNKED + b"ZZ\r\n", (400, "/problems/validation-error")),
        (
            b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 70_000,
            (431, "/problems/too-large"),
        ),
    ],
    ids=["stops", "method", "length", "chunk", "head"],
)
def test_what_never_became_a_request_is_told_as_a_problem(live, sent, told):
    with live.dial(sent) as wire:
        heard, _ = read_all(wire)
    assert told_of(heard) == told


def test_a_head_that_trickles_is_not_waited_for(live):
    with live.dial(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: ") as wire:
        started = time.monotonic()
        with pytest.raises(ConnectionError):  # noqa: PT012  (one of many sends fails)
            while time.monotonic() - started < 10:
                wire.sendall(b"x")
                time.sleep(0.1)
        assert time.monotonic() - started < 5


def test_a_second_request_on_a_connection_has_its_own_time(live):
    ask = b"GET /healthz HTTP/1.1\r\nHost: a\r\n"
    with live.dial() as wire:
        for _ in range(5):
            wire.sendall(ask)
            time.sleep(0.3)
            wire.sendall(b"\r\n")
            assert read_to(wire, b'{"status":"ok"}').startswith(b"HTTP/1.1 200")
        wire.sendall(ask)
        assert read_all(wire)[0].startswith(b"HTTP/1.1 408 ")


def test_a_head_without_end_is_cut_short(live):
    with live.dial(b"GET /healthz HTTP/1.1\r\nHost: a\r\n") as wire:
        with pytest.raises(ConnectionError):  # noqa: PT012  (one of many sends fails)
            for _ in range(100):
                wire.sendall(b"X: " + b"x" * 10_000 + b"\r\n")
                time.sleep(0.001)
        assert open_files(live) < 100


JSON_HEAD = ["Content-Type: application/json", "Content-Length: 1000"]


@pytest.mark.parametrize("path", ["/v1/estimates", "/v1/estimates/batch", "/v1/prognosis"])
def test_a_body_that_stops_arriving_is_answered_and_closed(live, path):
    with live.dial(head(path, *JSON_HEAD) + b"{") as wire:
        heard, seconds = read_all(wire)
    assert heard.startswith(b"HTTP/1.1 408 ")
    assert b'"type":"/problems/timeout"' in heard
    assert 0.5 < seconds < 5


@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/v1/estimate", 405)])
def test_a_body_that_nobody_reads_is_not_taken_for_ever(live, path, status):
    with live.dial(head(path, "Content-Length: 100000000")) as wire:
        started = time.monotonic()
        wire.sendall(b"x")
        assert read_to(wire, b"}").startswith(b"HTTP/1.1 %d" % status)
        with pytest.raises(ConnectionError):  # noqa: PT012  (one of many sends fails)
            while time.monotonic() - started < 10:
                wire.sendall(b"x")
                time.sleep(0.1)
        assert time.monotonic() - started < 5


GET = b"GET /healthz HTTP/1.1\r\n"
POST = b"POST /v1/estimates HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
SECOND = b"GET /v1/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        GET + b"\r\n",
        GET + b"Host: a\r\nHost: b\r\n\r\n",
        GET + b"Host: a\r\n folded\r\n\r\n",
        GET + b"Host : a\r\n\r\n",
        GET + b"Host: a\r\nX: a\0b\r\n\r\n",
        GET + b"Host: a\r\n: b\r\n\r\n",
        GET.replace(b"HTTP/1.1", b"HTTP/1.1 x") + b"Host: a\r\n\r\n",
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        POST + b"Content-Length: +5\r\n\r\nhello",
        POST + b"Content-Length: 5 5\r\n\r\nhello",
        POST + b"Content-Length: -1\r\n\r\n",
        POST + b"Content-Length: 0x5\r\n\r\nhello",
        POST + b"Transfer-Encoding: chunked\r\n\r\n5;\nhello\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
        POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"GARBAGE\r\n\r\n",
        b"GET /v1/estimate?pnfh=\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)  # fmt: skip
def test_a_request_that_could_be_read_in_two_ways_is_refused_and_ends_the_connection(live, sent):
    with live.dial(sent + SECOND) as wire:
        heard, _ = read_all(wire)
    assert heard.startswith(b"HTTP/1.1 400 ")
    assert heard.count(b"HTTP/1.1 ") == 1


def test_two_requests_sent_at_once_have_two_answers_in_order(live):
    ask = b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n"
    with live.dial(ask % b"healthz" + ask % b"nothing") as wire:
        heard = read_to(wire, b"}")
        while heard.count(b"HTTP/1.1 ") < 2:
            heard += read_to(wire, b"}")
    assert heard.index(b"HTTP/1.1 200") < heard.index(b"HTTP/1.1 404")


def test_the_server_does_not_name_itself(live):
    with live.dial(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n") as wire:
        heard = read_to(wire, b"}").lower()
    assert b"uvicorn" not in heard
    assert b"\nserver:" not in heard


def test_nothing_that_was_sent_stands_in_the_log(live):
    secret = "c4n4ryJaneDoe"
    with httpx.Client(base_url=live.address, headers={"x-secret": secret}) as client:
        client.get(f"/{secret}?{secret}={secret}", headers={"x-request-id": f"{secret} \x1b[31m"})
        client.get("/v1/patients", headers={"authorization": f"Bearer {secret}"})
        client.post("/v1/estimates", json={secret: secret, "pnfh": secret})
        client.post(STREAM, content=f'{{"ref":"{secret}"\n', headers=NDJSON)
    with live.dial(f"{secret} {secret}\r\n\r\n".encode()) as wire:
        read_all(wire)
    told = live.log.read_text()
    assert "Invalid HTTP request received." in told
    assert secret not in told


def test_an_old_client_needs_to_name_no_host(live):
    with live.dial(b"GET /healthz HTTP/1.0\r\n\r\n") as wire:
        assert read_all(wire)[0].startswith(b"HTTP/1.1 200 ")
