"""Behind a reverse proxy: what it says of its clients is believed if it is one we know."""

import socket
import threading
from contextlib import contextmanager

import pytest

from tests.e2e.conftest import PATIENCE
from tests.e2e.servers import prepare, run_app, serving

BOUND = 3
HSTS = "strict-transport-security"
BAD_KEY = {"authorization": "Bearer nst_c4n4ry"}


@contextmanager
def proxy_to(port, source="127.0.0.1"):
    """Run a tiny reverse proxy: it says for whom it asks, and connects from `source`."""
    listener = socket.create_server(("127.0.0.1", 0))

    def pass_on():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client, socket.create_connection(
                ("127.0.0.1", port), PATIENCE, source_address=(source, 0)
            ) as server:  # fmt: skip
                server.sendall(_named(_head(client)))
                while piece := server.recv(65_536):
                    client.sendall(piece)

    def _head(client):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(65_536)
        return head

    def _named(head):
        # What the client said of itself stays, as in a proxy that appends.
        mine = b"X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n"
        return head.replace(b"Connection: keep-alive\r\n", b"")[:-2] + mine + b"\r\n"

    thread = threading.Thread(target=pass_on, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def try_bad_keys(live, times, port=None, **forwarded):
    """Try keys that do not exist, and give the statuses answered."""
    headers = BAD_KEY | {name.replace("_", "-"): value for name, value in forwarded.items()}
    statuses = []
    for _ in range(times):
        asked = live if port is None else type(live)(port, None, None, None)
        statuses.append(asked.ask("GET", "/v1/patients", headers=headers).status_code)
    return statuses


@pytest.fixture
def served(tmp_path):
    """Run a server that believes some proxies, and say which address is logged."""

    @contextmanager
    def serve(**own):
        prepare(data_dir=tmp_path)
        with serving(
            tmp_path, failed_logins_per_minute=BOUND, log_client_address=True, **own
        ) as live:
            yield live

    return serve


def clients(live):
    """Read the addresses that asked for patients."""
    assert live.stop() == 0
    lines = [line for line in live.lines() if line.get("route") == "/v1/patients"]
    return {line["client"] for line in lines}


def test_nobody_is_believed_unless_named(served):
    with served() as live:
        spoofed = [
            try_bad_keys(live, 1, x_forwarded_for=f"198.51.100.{n}", x_forwarded_proto="https")
            for n in range(BOUND + 1)
        ]
        assert spoofed == [[401]] * BOUND + [[429]]
        head = {"x-forwarded-proto": "https", "forwarded": "proto=https"}
        assert HSTS not in live.ask("GET", "/healthz", headers=head).headers
        assert clients(live) == {"127.0.0.1"}


def test_a_trusted_proxy_says_for_whom_it_asks(served):
    with served(trusted_proxies="127.0.0.1") as live, proxy_to(live.port) as port:
        assert try_bad_keys(live, BOUND + 1, port) == [401] * BOUND + [429]
        through = type(live)(port, None, None, None).ask("GET", "/healthz")
        assert through.headers[HSTS] == "max-age=31536000"
        # The bound is that client's alone.
        assert try_bad_keys(live, 1, x_forwarded_for="203.0.113.8") == [401]
        assert clients(live) == {"203.0.113.7", "203.0.113.8"}


def test_what_a_client_says_before_the_proxy_changes_nothing(served):
    with served(trusted_proxies="127.0.0.0/8") as live, proxy_to(live.port) as port:
        spoofed = [
            try_bad_keys(live, 1, port, x_forwarded_for=f"198.51.100.{n}, 127.0.0.1")
            for n in range(BOUND + 1)
        ]
        assert spoofed == [[401]] * BOUND + [[429]]
        assert clients(live) == {"203.0.113.7"}


def test_a_proxy_that_was_not_named_is_a_client_like_any_other(served):
    with served(trusted_proxies="127.0.0.2,10.0.0.0/8") as live, proxy_to(live.port) as port:
        assert try_bad_keys(live, BOUND, port) == [401] * BOUND
        assert try_bad_keys(live, 1, x_forwarded_for="198.51.100.1") == [429]
        assert clients(live) == {"127.0.0.1"}


def test_one_of_several_proxies_is_told_by_its_own_address(served):
    with (
        served(trusted_proxies="127.0.0.2") as live,
        proxy_to(live.port, source="127.0.0.2") as port,
    ):
        try_bad_keys(live, 1, port)
        try_bad_keys(live, 1, x_forwarded_for="198.51.100.1")
        assert clients(live) == {"203.0.113.7", "127.0.0.1"}


def test_a_word_in_place_of_an_address_is_not_logged(served):
    with served(trusted_proxies="127.0.0.1") as live:
        try_bad_keys(live, 1, x_forwarded_for="c4n4ry")
        assert clients(live) == {None}


@pytest.mark.parametrize(
    "written", ["*", "0.0.0.0/0", "::/0", "10.0.0.1/8", "proxy.example", "a,b"]
)
def test_everybody_or_a_name_cannot_be_trusted(tmp_path, written):
    ended = run_app("serve", port=0, data_dir=tmp_path, trusted_proxies=written)
    assert ended.returncode == 1
    assert ended.stderr.startswith("neurostrata: NEUROSTRATA_TRUSTED_PROXIES: ")
    assert len(ended.stderr.splitlines()) == 1
