"""`audit verify` in the terminal, with the service running, stopped, killed, and put back."""

import shutil
import signal
import sqlite3
from uuid import UUID

import pytest

from app.db.checkpoint_file import FILE
from tests.e2e.conftest import PATIENCE, wait_until_healthy
from tests.e2e.servers import prepare, run_app, starting

CUT_OFF = "A checkpoint knows of event {}: the end has been cut off."


@pytest.fixture
def key(tmp_path):
    return prepare(data_dir=tmp_path)


def serve(tmp_path, key, requests, stop=signal.SIGTERM):
    """Run the service for a few requests, and look in while it runs."""
    with starting(tmp_path) as live:
        wait_until_healthy(live.address, live.process, live.log)
        for _ in range(requests):
            assert live.ask("GET", "/v1/patients", key).status_code == 200
        meanwhile = verify(tmp_path)
        live.process.send_signal(stop)
        live.process.wait(PATIENCE)
    return meanwhile


def verify(tmp_path, *words):
    return run_app("audit", "verify", *words, data_dir=tmp_path)


def database(tmp_path):
    return tmp_path / "neurostrata.sqlite3"


def copy_whole(tmp_path):
    """Copy the database of a service that was stopped, with what its journal still holds."""
    with sqlite3.connect(database(tmp_path)) as hand:
        hand.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(database(tmp_path), tmp_path / "older")


def test_a_whole_chain_is_told_with_exit_0_while_the_service_runs_and_after(tmp_path, key):
    running = serve(tmp_path, key, 3)
    assert (running.returncode, running.stderr) == (0, "")
    assert "North: whole, events 1 to 3, 0 checkpoints, ends with " in running.stdout
    stopped = verify(tmp_path, "--clinic", "North")
    assert (stopped.returncode, stopped.stderr) == (0, "")
    assert "North: whole, events 1 to 3, 1 checkpoints, ends with " in stopped.stdout


def test_a_killed_service_leaves_a_whole_chain_that_goes_on(tmp_path, key):
    serve(tmp_path, key, 3, stop=signal.SIGKILL)
    assert "events 1 to 3" in verify(tmp_path).stdout
    serve(tmp_path, key, 2)
    assert "North: whole, events 1 to 5" in verify(tmp_path).stdout


def test_what_was_changed_in_the_file_is_told_with_exit_1(tmp_path, key):
    serve(tmp_path, key, 3)
    with sqlite3.connect(database(tmp_path)) as hand:
        hand.execute("UPDATE audit_event SET principal = 'key:x' WHERE sequence = 2")
    ended = verify(tmp_path)
    assert (ended.returncode, ended.stderr) == (1, "")
    assert ended.stdout.splitlines() == [
        "North: NOT WHOLE, events 1 to 3, 1 checkpoints, 1 faults",
        "  event 2: event_changed: The event is not as it was sealed.",
    ]


def test_a_clinic_taken_out_of_the_database_is_told_by_its_checkpoints(tmp_path, key):
    serve(tmp_path, key, 3)
    with sqlite3.connect(database(tmp_path)) as hand:
        hand.execute("PRAGMA foreign_keys = OFF")
        for table in ("audit_event", "audit_chain", "api_key"):
            hand.execute(f"DELETE FROM {table}")
        ((gone,),) = hand.execute("DELETE FROM clinic RETURNING id").fetchall()
    ended = verify(tmp_path)
    assert (ended.returncode, ended.stderr) == (1, "")
    told, fault = ended.stdout.splitlines()
    assert told.startswith(f"{UUID(gone)} (not in the database): NOT WHOLE, ")
    assert fault == "  event 3: checkpoint_ahead: " + CUT_OFF.format(3)


def test_an_older_database_put_back_is_found_by_the_file_or_by_log_lines_kept_elsewhere(
    tmp_path, key
):
    serve(tmp_path, key, 2)
    copy_whole(tmp_path)
    serve(tmp_path, key, 3)
    shutil.copy(tmp_path / "server.log", tmp_path / "elsewhere.log")
    shutil.move(tmp_path / "older", database(tmp_path))
    found = verify(tmp_path)
    assert found.returncode == 1
    assert "  event 5: checkpoint_ahead: " in found.stdout
    (tmp_path / FILE).unlink()
    blind = verify(tmp_path)
    assert blind.returncode == 0
    assert blind.stdout.startswith("checkpoints: there is no file of them")
    told = verify(tmp_path, "--checkpoints", str(tmp_path / "elsewhere.log"))
    assert told.returncode == 1
    assert "  event 5: checkpoint_ahead: " in told.stdout


@pytest.mark.parametrize(
    "words", [("--clinic", "Nowhere"), ("--checkpoints", "/nonexistent/checkpoints")]
)
def test_what_is_not_there_is_told_in_one_line(tmp_path, key, words):
    serve(tmp_path, key, 1)
    ended = verify(tmp_path, *words)
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stderr.startswith("neurostrata: ")
