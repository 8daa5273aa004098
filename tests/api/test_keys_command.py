"""`keys create` and `migrate` in the terminal."""

import re
from datetime import UTC, datetime

import pytest
import typer
from typer.testing import CliRunner

from app.cli.keys import keys
from app.cli.migrate import migrate
from app.db.migrations import newest_version
from app.errors import InvalidInput, Unavailable
from tests.api.clinics import Service, open_service

KEY = re.compile(r"nst_[\w-]{55}\n")


@pytest.fixture
def run(empty_settings, monkeypatch):
    """Run a command on a database."""
    monkeypatch.setenv("NEUROSTRATA_DATA_DIR", str(empty_settings.data_dir))
    if empty_settings.database_url:
        monkeypatch.setenv("NEUROSTRATA_DATABASE_URL", empty_settings.database_url)
    commands = typer.Typer()
    commands.add_typer(keys, name="keys")
    commands.command()(migrate)
    return lambda *words: CliRunner().invoke(commands, words)


@pytest.fixture
def create(run):
    """Create a key on a migrated database."""
    run("migrate")
    return lambda *words: run("keys", "create", *words)


def test_creating_a_key_prints_the_key_and_nothing_else(create):
    result = create("--clinic", "North", "--role", "editor")
    assert result.exit_code == 0
    assert KEY.fullmatch(result.stdout)
    assert result.stderr == ""


def test_a_created_key_opens_the_clinic_of_that_name_for_its_role(create, empty_settings):
    made = {
        ("North", "editor"): create("--clinic", "North", "--role", "editor").stdout.strip(),
        ("North", "viewer"): create("--clinic", " North", "--role", "viewer").stdout.strip(),
        ("South", "admin"): create("--clinic", "South", "--role", "admin").stdout.strip(),
    }
    with open_service(empty_settings) as client:
        service = Service(client, made)
        place = f"/v1/patients/{service.keep()['id']}"
        statuses = {by: service.ask("GET", place, by=by).status_code for by in made}
    assert statuses == {("North", "editor"): 200, ("North", "viewer"): 200, ("South", "admin"): 404}


def test_a_key_does_not_work_on_the_day_it_expires(create, empty_settings):
    today = datetime.now(UTC).date().isoformat()
    words = ("--clinic", "North", "--role", "viewer", "--expires")
    made = {day: create(*words, day).stdout.strip() for day in (today, "2999-12-31")}
    with open_service(empty_settings) as client:
        service = Service(client, made)
        statuses = {day: service.ask("GET", "/v1/patients", by=day).status_code for day in made}
    assert statuses == {today: 401, "2999-12-31": 200}


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--clinic", "North"),
        ("--role", "viewer"),
        ("--clinic", "North", "--role", "owner"),
        ("--clinic", "North", "--role", "viewer", "--expires", "soon"),
    ],
)
def test_a_command_that_is_not_complete_or_not_known_is_refused(create, words):
    result = create(*words)
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize("name", ["", "  ", "a\tb", "x" * 201, "\u202eNorth"])
def test_a_clinic_needs_a_name_that_can_be_read(create, name):
    result = create("--clinic", name, "--role", "viewer")
    assert isinstance(result.exception, InvalidInput)
    assert result.stdout == ""


def test_no_key_is_made_in_a_database_that_is_not_migrated(run):
    result = run("keys", "create", "--clinic", "North", "--role", "viewer")
    assert isinstance(result.exception, Unavailable)
    assert "migrate" in result.exception.detail


def test_migrating_says_where_the_database_is_now(run):
    for _ in range(2):
        result = run("migrate")
        assert (result.exit_code, newest_version() in result.stdout) == (0, True)
