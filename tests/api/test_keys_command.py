"""`keys …` and `migrate` in the terminal."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import typer
from typer.testing import CliRunner

from app.cli.keys import keys
from app.cli.migrate import migrate
from app.db.migrations import newest_version
from app.errors import Conflict, InvalidInput, NotFound, Unavailable
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


def test_a_key_that_would_have_expired_already_is_not_made(create, run):
    yesterday = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
    for day in (yesterday, "2020-01-01"):
        result = create("--clinic", "North", "--role", "viewer", "--expires", day)
        assert (result.stdout, type(result.exception)) == ("", Conflict)
    assert len(run("keys", "list").stdout.splitlines()) == 1


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


@pytest.fixture
def ids(run):
    """Give what the list shows: a row of words for each key."""
    return lambda *words: [
        re.split(r"\s{2,}", line) for line in run("keys", "list", *words).stdout.splitlines()
    ]


HEAD = ["id", "clinic", "role", "created", "expires", "last used", "state"]
MINUTE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")


def test_the_list_tells_what_became_of_each_key_and_nothing_of_its_secret(
    create, run, ids, empty_settings
):
    used = create("--clinic", "North East", "--role", "editor").stdout.strip()
    today = datetime.now(UTC).date().isoformat()
    create("--clinic", "South", "--role", "viewer", "--expires", today)
    create("--clinic", "South", "--role", "admin", "--expires", "2999-12-31")
    with open_service(empty_settings) as client:
        assert Service(client, {"key": used}).ask("GET", "/v1/patients", by="key").is_success
    run("keys", "revoke", ids()[3][0])
    run("keys", "rotate", ids()[1][0])
    head, *rows = ids()
    assert head == HEAD
    assert [row[1:3] + row[6:] for row in rows] == [
        ["North East", "editor", "rotated"],
        ["North East", "editor", "good"],
        ["South", "viewer", "expired"],
        ["South", "admin", "revoked"],
    ]
    assert all(MINUTE.fullmatch(row[3]) for row in rows)
    assert [row[4] for row in rows[1:]] == ["never", f"{today} 00:00", "2999-12-31 00:00"]
    assert MINUTE.fullmatch(rows[0][5])
    assert [row[5] for row in rows[1:]] == ["never"] * 3
    shown = run("keys", "list").stdout
    assert used[4:16] not in shown
    assert used[16:] not in shown


def test_the_list_can_be_about_one_clinic(create, ids, run):
    for clinic in ("North", "South"):
        create("--clinic", clinic, "--role", "viewer")
    assert [row[1] for row in ids("--clinic", "South")[1:]] == ["South"]
    assert isinstance(run("keys", "list", "--clinic", "West").exception, NotFound)


def test_rotating_prints_the_new_key_and_nothing_else(create, run, ids, empty_settings):
    old = create("--clinic", "North", "--role", "editor").stdout.strip()
    result = run("keys", "rotate", ids()[1][0], "--grace", "0")
    assert KEY.fullmatch(result.stdout)
    made = {"old": old, "new": result.stdout.strip()}
    with open_service(empty_settings) as client:
        service = Service(client, made)
        statuses = {by: service.ask("GET", "/v1/patients", by=by).status_code for by in made}
    assert statuses == {"old": 401, "new": 200}


def test_revoking_says_what_was_done_and_which_key_is_still_open(create, run, ids):
    create("--clinic", "North", "--role", "editor")
    old = ids()[1][0]
    run("keys", "rotate", old)
    new = ids()[2][0]
    assert run("keys", "revoke", old).stdout == (
        f"The key {old} is revoked.\nThe key that took its place is another: {new}.\n"
    )
    assert run("keys", "revoke", new).stdout == f"The key {new} is revoked.\n"
    assert run("keys", "revoke", new).stdout == f"The key {new} was revoked before.\n"


@pytest.mark.parametrize("verb", ["rotate", "revoke"])
@pytest.mark.parametrize("key_id", ["x", "00000000-0000-4000-8000-000000000000"])
def test_a_key_that_is_not_there_is_told_so(create, run, verb, key_id):
    create("--clinic", "North", "--role", "editor")
    result = run("keys", verb, key_id)
    assert isinstance(result.exception, NotFound)
    assert result.stdout == ""
    assert key_id not in result.exception.detail.split()


def test_a_revoked_key_is_not_rotated(create, run, ids):
    create("--clinic", "North", "--role", "editor")
    run("keys", "revoke", ids()[1][0])
    assert isinstance(run("keys", "rotate", ids()[1][0]).exception, Conflict)


@pytest.mark.parametrize("hours", ["-1", "721", "soon", "1.5"])
def test_a_grace_is_whole_hours_up_to_thirty_days(run, hours):
    result = run("keys", "rotate", "x", "--grace", hours)
    assert (result.exit_code, result.stdout) == (2, "")


def test_without_a_key_the_command_ends_in_one_line_and_status_one(create, empty_settings):
    create("--clinic", "North", "--role", "viewer")
    settings = {"NEUROSTRATA_DATA_DIR": str(empty_settings.data_dir)}
    if empty_settings.database_url:
        settings["NEUROSTRATA_DATABASE_URL"] = empty_settings.database_url
    ended = subprocess.run(
        [sys.executable, "-m", "app", "keys", "revoke", "x"],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.splitlines() == [
        "neurostrata: There is no such key. `keys list` shows the ids of those there are."
    ]


def test_migrating_says_where_the_database_is_now(run):
    for _ in range(2):
        result = run("migrate")
        assert (result.exit_code, newest_version() in result.stdout) == (0, True)
