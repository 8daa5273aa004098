"""A PostgreSQL that comes back to other users than it had, or that can only be read."""

import shlex
import shutil
import uuid

import pytest
from sqlalchemy import make_url

from app.db.backup import EVERY_CLINIC, PG_DUMP, PG_RESTORE
from tests.e2e.conftest import ROOT
from tests.e2e.faults import wait_until
from tests.e2e.servers import prepare, run_app, serving
from tests.e2e.test_backup import assert_refused, keep, policies_of, rows_of, run_command, told_by
from tests.services.postgres import run

SUPERUSER = "postgres"
PLAIN, OTHER = "owner_of_the_old", "owner_of_the_new"
MAKER, OTHER_MAKER = "maker_of_the_old", "maker_of_the_new"
KINDS = {PLAIN: "", OTHER: "", MAKER: "CREATEROLE", OTHER_MAKER: "CREATEROLE"}

PG_COUNT = (
    f"{EVERY_CLINIC} psql --no-align --tuples-only"
    " --command='SELECT (SELECT count(*) FROM patient), (SELECT count(*) FROM audit_event)'"
)


@pytest.fixture
def database_of(postgres_url):
    """Make empty databases of users, and give their addresses."""
    for user, kind in KINDS.items():
        missing = f"NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{user}')"
        make = f"CREATE ROLE {user} LOGIN {kind}"
        run(postgres_url, f"DO $$ BEGIN IF {missing} THEN {make}; END IF; END $$")
    made = []

    def make(user):
        made.append(f"of_{user}_{uuid.uuid4().hex}")
        run(postgres_url, f"CREATE DATABASE {made[-1]} OWNER {user}")
        return address(postgres_url, user, made[-1])

    yield make
    for name in made:
        run(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


def address(postgres_url, user, name):
    url = make_url(postgres_url).set(drivername="postgresql", username=user, database=name)
    return url.render_as_string()


def keep_three_in_each_of_two_clinics(url, folder):
    """Keep patients, and give the keys of the clinics."""
    own = {"database_url": url, "data_dir": folder}
    keys = [prepare(clinic, **own) for clinic in ("North", "South")]
    with serving(folder, database_url=url) as live:
        for key in keys:
            for number in range(3):
                keep(live, key, number)
        live.stop()
    return keys


def read_through_the_door(url, folder, key):
    with serving(folder, database_url=url) as live:
        assert live.ask("GET", "/readyz").status_code == 200
        listed = live.ask("GET", "/v1/patients", key)
        live.stop()
    assert listed.status_code == 200, listed.text
    return [patient["identifier"] for patient in listed.json()["items"]]


@pytest.mark.parametrize(
    ("before", "after"), [(PLAIN, OTHER), (MAKER, OTHER_MAKER), (SUPERUSER, OTHER)]
)
def test_a_dump_comes_back_to_an_owner_of_another_name(
    database_of, postgres_url, tmp_path, before, after
):
    old, new, file = database_of(before), database_of(after), tmp_path / "dump"
    keys = keep_three_in_each_of_two_clinics(old, tmp_path)
    asked = {"database_url": old, "data_dir": tmp_path}
    dumped = run_command(told_by(run_app("backup", str(file), **asked)))
    assert (dumped.returncode, dumped.stderr) == (0, "")
    own = {"database_url": new, "data_dir": tmp_path}
    restored = run_command(told_by(run_app("restore", str(file), **own)))
    assert (restored.returncode, restored.stderr) == (0, "")
    migrated = run_app("migrate", **own)
    assert (migrated.returncode, migrated.stderr) == (0, "")
    assert rows_of(new) == rows_of(old)
    assert policies_of(new) == policies_of(old)
    assert counted(new) == counted(old) == "6|12"  # each patient was kept, then a level
    for key in keys:
        assert len(read_through_the_door(new, tmp_path, key)) == 3
    # Whoever serves it next: `migrate` gives the role its rights.
    superusers = address(postgres_url, SUPERUSER, make_url(new).database)
    assert run_app("migrate", **own | {"database_url": superusers}).returncode == 0
    assert len(read_through_the_door(superusers, tmp_path, keys[0])) == 3


def counted(url):
    ended = run_command(f"{PG_COUNT} {shlex.quote(url)}")
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def test_a_dump_that_forgets_the_setting_is_empty_and_only_the_count_tells(database_of, tmp_path):
    old, new, file = database_of(PLAIN), database_of(OTHER), tmp_path / "dump"
    keep_three_in_each_of_two_clinics(old, tmp_path)
    forgetful = PG_DUMP.removeprefix(f"{EVERY_CLINIC} ")
    dumped = run_command(f"{forgetful} --file={file} --dbname={shlex.quote(old)}")
    assert (dumped.returncode, dumped.stderr) == (0, "")
    assert run_command(f"{PG_RESTORE} {file} --dbname={shlex.quote(new)}").returncode == 0
    folder = tmp_path / "new"
    folder.mkdir()
    shutil.copy(tmp_path / "audit.key", folder / "audit.key")
    # The chains are whole, each as empty as the other tables; the old folder's file knows better.
    verified = {"database_url": new, "data_dir": folder}
    assert run_app("audit", "verify", **verified).returncode == 0
    assert run_app("audit", "verify", **verified | {"data_dir": tmp_path}).returncode == 1
    assert (counted(old), counted(new)) == ("6|12", "0|0")


def test_the_operators_page_counts_as_the_test_does():
    assert PG_COUNT in (ROOT / "docs/operations.md").read_text(encoding="utf-8")


def test_a_server_that_only_reads_is_told_by_readiness_and_by_every_command(
    database_of, postgres_url, tmp_path
):
    url = database_of(PLAIN)
    own = {"database_url": url, "data_dir": tmp_path}
    key = prepare(**own)
    read_only = f"ALTER DATABASE {make_url(url).database} SET default_transaction_read_only"
    with serving(tmp_path, database_url=url) as live:
        live.stop()
    run(postgres_url, f"{read_only} = on")
    with serving(tmp_path, database_url=url) as live:
        assert live.ask("GET", "/v1/patients", key).status_code == 503
        assert live.ask("GET", "/readyz").status_code == 503
        assert live.ask("GET", "/readyz").status_code == 503
        wait_until(lambda: told_in(live))
        assert run_app("keys", "list", **own).returncode == 0
        assert run_app("audit", "verify", **own).returncode == 0
        asked = ("keys", "create", "--clinic", "North", "--role", "viewer")
        assert_refused(run_app(*asked, **own), "database")
        run(postgres_url, f"{read_only} = off")
        wait_until(lambda: live.ask("GET", "/readyz").status_code == 200)
        wait_until(lambda: live.ask("GET", "/v1/patients", key).status_code == 200)
        assert live.stop() == 0
        assert len(told_in(live)) == 1


def told_in(live):
    return [line["event"] for line in live.lines() if line["event"].startswith("not ready")]
