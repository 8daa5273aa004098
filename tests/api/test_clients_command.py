"""`clients …` in the terminal."""

import json
import re

import pytest
import typer
from joserfc.jwk import ECKey
from typer.testing import CliRunner

from app.cli.clients import clients
from app.cli.keys import keys
from app.cli.migrate import migrate
from app.errors import Conflict, InvalidInput, NotFound, Unavailable
from tests.services.clients import LocalClient
from tests.services.issuer import entry_of

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n")
GOOD = {
    "--clinic": "North",
    "--name": "EHR of North",
    "--scopes": "system/*.rs",
    "--jwks-url": "https://ehr.example/keys",
}


@pytest.fixture(scope="module")
def client():
    made = LocalClient()
    yield made
    made.server.server_close()


@pytest.fixture
def run(empty_settings, monkeypatch):
    """Run a command on a database that has the clinic North."""
    monkeypatch.setenv("NEUROSTRATA_DATA_DIR", str(empty_settings.data_dir))
    if empty_settings.database_url:
        monkeypatch.setenv("NEUROSTRATA_DATABASE_URL", empty_settings.database_url)
        monkeypatch.setenv("NEUROSTRATA_AUDIT_KEY", "k" * 32)
    commands = typer.Typer()
    commands.add_typer(keys, name="keys")
    commands.add_typer(clients, name="clients")
    commands.command()(migrate)
    runner = CliRunner()
    runner.invoke(commands, ["migrate"])
    runner.invoke(commands, ["keys", "create", "--clinic", "North", "--role", "viewer"])
    return lambda *words: runner.invoke(commands, words)


@pytest.fixture
def add(run):
    """Add a client by these options; None leaves one out."""

    def adding(*further, **changes):
        named = {f"--{name.replace('_', '-')}": value for name, value in changes.items()}
        options = {name: value for name, value in (GOOD | named).items() if value is not None}
        words = [word for pair in options.items() for word in pair]
        return run("clients", "add", *words, *further)

    return adding


def test_adding_a_client_prints_its_id_and_nothing_else(add, run):
    result = add("--fhir-server", "https://ehr.example/r4", issuer="https://ehr.example")
    assert (result.exit_code, result.stderr) == (0, "")
    assert UUID.fullmatch(result.stdout)
    header, row = run("clients", "list").stdout.splitlines()
    assert header.split()[:4] == ["id", "clinic", "name", "issuer"]
    assert row.startswith(result.stdout.strip())
    for told in ("North", "EHR of North", "https://ehr.example/keys", "system/*.rs", "never"):
        assert told in row


def test_keys_may_be_in_a_file(add, client, tmp_path):
    file = tmp_path / "keys.json"
    file.write_text(json.dumps(client.key_set()))
    assert add(jwks_url=None, jwks=str(file)).exit_code == 0


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "two\nlines"}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"issuer": ""}, "/issuer"),
        ({"issuer": "x" * 501}, "/issuer"),
        ({"scopes": ""}, "/scopes"),
        ({"scopes": "system/*.sr"}, "/scopes"),
        ({"scopes": "patient/*.rs"}, "/scopes"),
        ({"scopes": "system/Patient.rs?_id=1"}, "/scopes"),
        ({"jwks_url": None}, "/jwks"),
        ({"jwks_url": "http://ehr.example/keys"}, "/jwks_url"),
        ({"jwks_url": "https://user@ehr.example/keys"}, "/jwks_url"),
        ({"jwks_url": "file:///etc/passwd"}, "/jwks_url"),
        ({"fhir_server": "ehr.example"}, "/fhir_servers"),
        ({"fhir_server": "https://ehr.example/r4?x=1"}, "/fhir_servers"),
    ],
)
def test_a_client_that_cannot_be_trusted_is_refused_by_what_is_wrong(add, run, changes, pointer):
    result = add(**changes)
    assert (result.stdout, type(result.exception)) == ("", InvalidInput)
    assert [fault.pointer for fault in result.exception.faults] == [pointer]
    assert len(run("clients", "list").stdout.splitlines()) == 1


def wrong_files(client):
    """Files that hold no good key set, by what is wrong with them."""
    secret, good = client.held["rsa"].as_dict(private=True), json.dumps(client.key_set())
    return {
        "no JSON": "no JSON",
        "a list": "[]",
        "no key": '{"keys": []}',
        "no kid": json.dumps({"keys": [client.held["rsa"].as_dict(private=False)]}),
        "another curve": json.dumps({"keys": [entry_of(ECKey.generate_key("P-256"), "ec")]}),
        "a secret": json.dumps({"keys": [secret | {"kid": "rsa", "use": "sig"}]}),
        "two in one": good * 2,
        "far too long": good + " " * 300_000,
    }


def test_a_file_without_a_public_key_or_with_a_secret_is_refused(add, client, tmp_path):
    file, told = tmp_path / "keys.json", {}
    for name, content in wrong_files(client).items():
        file.write_text(content)
        result = add(jwks_url=None, jwks=str(file))
        told[name] = [fault.pointer for fault in result.exception.faults]
    assert told == {name: ["/jwks"] for name in told}


def test_every_fault_is_told_at_once(add):
    result = add(name="", scopes="", jwks_url=None)
    assert len(result.exception.faults) == 3


def test_an_issuer_is_trusted_once(add, run, monkeypatch):
    first = add(issuer="https://ehr.example").stdout.strip()
    assert isinstance(add(issuer="https://ehr.example").exception, Conflict)
    assert run("clients", "revoke", first).stdout == f"The client {first} is revoked.\n"
    assert run("clients", "revoke", first).stdout == f"The client {first} was revoked before.\n"
    assert add(issuer="https://ehr.example").exit_code == 0
    monkeypatch.setenv("NEUROSTRATA_OIDC_ISSUER", "https://idp.example")
    monkeypatch.setenv("NEUROSTRATA_OIDC_AUDIENCE", "neurostrata")
    assert isinstance(add(issuer="https://idp.example").exception, Conflict)


def test_a_clinic_or_a_client_that_is_not_there_is_told_so(add, run):
    assert isinstance(add(clinic="Nowhere").exception, NotFound)
    for named in ("nobody", "00000000-0000-4000-8000-000000000000"):
        assert isinstance(run("clients", "revoke", named).exception, NotFound)


def test_a_database_that_is_not_migrated_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setenv("NEUROSTRATA_DATA_DIR", str(tmp_path))
    commands = typer.Typer()
    commands.add_typer(clients, name="clients")
    result = CliRunner().invoke(commands, ["clients", "list"])
    assert isinstance(result.exception, Unavailable)
