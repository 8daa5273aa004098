"""TLS on the service's own port: what it speaks, what it refuses, how it is set."""

import socket
import ssl
import warnings

import httpx
import pytest

from tests.e2e.certificates import make_certificate
from tests.e2e.conftest import PATIENCE, wait_until_healthy
from tests.e2e.servers import run_app, starting

HSTS = "strict-transport-security"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def live(files, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    pair = {"tls_certificate": files.certificate, "tls_key": files.key}
    with starting(folder, header_seconds=2, **pair) as running:
        wait_until_healthy(running.address, running.process, running.log, verify=trust(files))
        yield running


def trust(files):
    return ssl.create_default_context(cafile=files.authority)


def shake_hands(live, files, **wanted):
    """Connect with a client that will do nothing else than what is wanted."""
    context = trust(files)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the point is that they are old
        context.minimum_version = wanted.get("version", ssl.TLSVersion.TLSv1_2)
        context.maximum_version = wanted.get("version", ssl.TLSVersion.TLSv1_3)
        context.set_ciphers(wanted.get("ciphers", "DEFAULT") + ":@SECLEVEL=0")
        with (
            socket.create_connection(("127.0.0.1", live.port), timeout=PATIENCE) as wire,
            context.wrap_socket(wire, server_hostname="localhost") as secure,
        ):
            return secure.version(), secure.cipher()[0]


def test_a_client_that_knows_the_authority_is_answered(live, files):
    answer = live.ask("GET", "/v1/stratum?pnfh=1500", verify=trust(files))
    assert answer.status_code == 200


def test_a_client_that_does_not_is_not(live):
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        live.ask("GET", "/healthz")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_versions_of_today_are_spoken(live, files, version):
    spoken, _ = shake_hands(live, files, version=version)
    assert spoken == {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_the_versions_of_yesterday_are_refused(live, files, version):
    with pytest.raises((ssl.SSLError, ConnectionError)) as refusal:
        shake_hands(live, files, version=version)
    assert "NO_PROTOCOLS_AVAILABLE" not in str(refusal.value)  # the client did offer it


def test_the_client_of_these_tests_could_speak_them():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:@SECLEVEL=0")
    offered = {cipher["protocol"] for cipher in context.get_ciphers()}
    assert "TLSv1.0" in offered


def offered_suites():
    context = ssl.create_default_context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    return [c["name"] for c in context.get_ciphers() if c["protocol"] != "TLSv1.3"]


def test_of_all_suites_only_forward_secret_authenticated_ones_are_taken(live, files):
    taken = []
    for name in offered_suites():
        try:
            _, spoken = shake_hands(live, files, version=ssl.TLSVersion.TLSv1_2, ciphers=name)
        except (ssl.SSLError, ConnectionError):
            continue
        taken.append(spoken)
    assert taken
    assert all(name.startswith("ECDHE-ECDSA-") for name in taken)
    assert all("GCM" in name or "CHACHA20" in name for name in taken)
    assert len(taken) < len(offered_suites()) / 2


def test_browsers_are_told_to_come_back_over_tls_only(live, files):
    for path, status in (("/healthz", 200), ("/nothing", 404), ("/", 200)):
        answer = live.ask("GET", path, verify=trust(files))
        assert (answer.status_code, answer.headers[HSTS]) == (status, "max-age=31536000")


def test_without_tls_they_are_told_nothing_of_it(server):
    assert HSTS not in httpx.get(f"{server}/healthz").headers


def test_the_greeting_names_the_address_over_tls(live):
    assert f"https://127.0.0.1:{live.port}/docs" in live.greeting.read_text()


def test_a_request_in_the_clear_is_not_answered(live):
    with live.dial(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n") as wire:
        heard = b""
        try:
            while piece := wire.recv(1000):
                heard += piece
        except ConnectionError:
            pass
    assert b"HTTP/" not in heard


def test_a_dawdler_is_told_so_over_tls_too(live, files):
    with (
        socket.create_connection(("127.0.0.1", live.port), timeout=PATIENCE) as wire,
        trust(files).wrap_socket(wire, server_hostname="localhost") as secure,
    ):
        secure.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n")
        assert secure.recv(1000).startswith(b"HTTP/1.1 408 ")


def test_health_asks_over_tls_and_believes_no_other_certificate(live, files, tmp_path):
    pair = {"tls_certificate": files.certificate, "tls_key": files.key, "port": live.port}
    asked = run_app("health", **pair)
    assert (asked.returncode, asked.stdout) == (0, "ok\n")
    other = make_certificate(tmp_path)
    asked = run_app("health", **pair | {"tls_certificate": other.certificate})
    assert asked.returncode == 1


def wrong_pairs(files, folder):
    """Settings of TLS that cannot work, and a word of what is said of each."""
    other, locked = make_certificate(folder / "other"), make_certificate(folder / "locked", b"x")
    missing, broken = folder / "missing.pem", folder / "broken.pem"
    broken.write_text("c4n4ry")
    return {
        "no key": ({"tls_certificate": files.certificate}, "go together"),
        "no certificate": ({"tls_key": files.key}, "go together"),
        "another's": ({"tls_certificate": files.certificate, "tls_key": other.key}, "MISMATCH"),
        "missing": ({"tls_certificate": missing, "tls_key": files.key}, "No such file"),
        "locked": ({"tls_certificate": locked.certificate, "tls_key": locked.key}, "password"),
        "broken": ({"tls_certificate": broken, "tls_key": broken}, "could not be used"),
    }


@pytest.mark.parametrize(
    "wrong", ["no key", "no certificate", "another's", "missing", "locked", "broken"]
)
def test_a_pair_that_cannot_work_stops_the_start(files, tmp_path, wrong):
    settings, word = wrong_pairs(files, tmp_path)[wrong]
    ended = run_app("serve", port=0, data_dir=tmp_path, **settings)
    assert ended.returncode == 1
    assert ended.stderr.startswith("neurostrata: ")
    assert len(ended.stderr.splitlines()) == 1
    assert "NEUROSTRATA_TLS_" in ended.stderr
    assert word in ended.stderr
    assert "c4n4ry" not in ended.stderr
    assert str(tmp_path) not in ended.stderr


@pytest.mark.parametrize("hello", [b"", b"\x16\x03\x01\x02\x00\x01"], ids=["silent", "half"])
def test_a_handshake_that_does_not_end_is_given_up_like_slow_headers(live, hello):
    with socket.create_connection(("127.0.0.1", live.port), timeout=10) as wire:
        wire.sendall(hello)
        assert wire.recv(100) == b""  # header_seconds is 2; without it, a minute


def test_a_client_that_only_keeps_its_connection_does_not_hold_up_the_end(files, tmp_path):
    pair = {"tls_certificate": files.certificate, "tls_key": files.key}
    with (
        starting(tmp_path, shutdown_seconds=5, **pair) as own,
        httpx.Client(verify=trust(files)) as idle,
    ):
        wait_until_healthy(own.address, own.process, own.log, verify=trust(files))
        assert idle.get(f"{own.address}/healthz").status_code == 200
        assert own.stop() == 0
    assert "timeout graceful shutdown exceeded" not in own.log.read_text()
