"""Faults, for real: the database stops or falls silent, the process is killed, the disk is full.

What was acknowledged is kept, what cannot be done is answered so, and the service mends itself.
"""

import random
import resource
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psutil
import pytest

from tests.e2e.conftest import free_port
from tests.e2e.faults import (
    OwnPostgres,
    OwnSqlite,
    Writers,
    settings_of,
    silent_proxy,
    wait_until,
)
from tests.e2e.servers import prepare, run_app, serving

ROUNDS = 3


@pytest.fixture(scope="module")
def postgres():
    own = OwnPostgres()
    yield own
    own.remove()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path):
    """Give a database that writes as one in production does."""
    if request.param == "sqlite":
        return OwnSqlite(tmp_path)
    return request.getfixturevalue("postgres")


def post(live, key, name, **options):
    return live.ask("POST", "/v1/patients", key, json={"identifier": name}, **options)


def assert_away(answer):
    """Check that a request was refused as one that can be tried again."""
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/unavailable"
    assert int(answer.headers["retry-after"]) > 0


def assert_works_without_a_database(live):
    assert live.ask("GET", "/healthz").status_code == 200
    assert live.ask("GET", "/v1/estimate?pnfh=1500").status_code == 200
    assert live.ask("GET", "/metrics").status_code == 200


def assert_recovers(live, key, name, seconds=15):
    """Check that it mends itself, in seconds, and is ready."""
    wait_until(lambda: live.ask("GET", "/readyz").is_success, seconds)
    wait_until(lambda: post(live, key, name).status_code in (201, 409), seconds)


def assert_kept(database, acknowledged):
    """Check that what was acknowledged is there, each once."""
    found = database.identifiers()
    assert len(found) == len(set(found))
    assert set(acknowledged) - set(found) == set()


def test_postgres_stops_and_starts_again(postgres, tmp_path):
    own = settings_of(postgres, tmp_path)
    key = prepare("Stopping", **own)
    with serving(tmp_path, **own) as live:
        kept = post(live, key, "STOP-001")
        assert kept.status_code == 201, kept.text
        path = f"/v1/patients/{kept.json()['id']}"
        postgres.stop()
        try:
            assert_away(post(live, key, "STOP-002"))
            assert_away(live.ask("GET", path, key))
            assert_away(live.ask("GET", "/v1/patients", key))
            assert_away(live.ask("GET", "/readyz"))
            assert_works_without_a_database(live)
        finally:
            postgres.start()
        assert_recovers(live, key, "STOP-003")
        assert live.ask("GET", path, key).json()["identifier"] == "STOP-001"


def test_postgres_restarts_under_writers(postgres, tmp_path):
    own = settings_of(postgres, tmp_path)
    key = prepare("Restarting", **own)
    with serving(tmp_path, **own) as live, Writers([live.address], key) as writers:
        for round_ in range(ROUNDS):
            writers.wait_for(20 * (round_ + 1))
            postgres.stop()
            postgres.start()
        writers.wait_for(len(writers.acknowledged) + 20)
    assert set(writers.statuses) <= {201, 503}
    assert_kept(postgres, writers.acknowledged)


def test_a_killed_service_has_kept_what_it_acknowledged(database, tmp_path):
    own = settings_of(database, tmp_path)
    key, chance, acknowledged, port = prepare("Killed", **own), random.Random(7), [], free_port()
    for _ in range(ROUNDS):
        with serving(tmp_path, port, **own) as live, Writers([live.address], key) as writers:
            writers.wait_for(10)
            time.sleep(chance.uniform(0, 0.3))
            live.process.kill()
            live.process.wait()
        acknowledged += writers.acknowledged
        assert set(writers.statuses) == {201}
        assert_kept(database, acknowledged)
    with serving(tmp_path, port, **own) as live:
        assert_recovers(live, key, "KILLED-LAST", seconds=5)


def test_two_processes_share_a_sqlite_file(tmp_path):
    database, one, two = OwnSqlite(tmp_path), tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    key = prepare(data_dir=tmp_path)
    with (
        serving(one, data_dir=tmp_path) as first,
        serving(two, data_dir=tmp_path) as second,
        Writers([first.address, second.address], key) as writers,
    ):
        writers.wait_for(200)
    assert set(writers.statuses) == {201}
    assert sorted(database.identifiers()) == sorted(writers.acknowledged)


def test_a_command_beside_the_service_takes_no_write_from_it(tmp_path):
    database, own = OwnSqlite(tmp_path), {"data_dir": tmp_path}
    key, acknowledged = prepare(**own), []
    with serving(tmp_path, **own) as live:
        for _ in range(ROUNDS):
            with Writers([live.address], key, count=8) as writers:
                writers.wait_for(30)
            told = run_app("keys", "list", **own)
            assert told.returncode == 0, told.stderr
            assert (tmp_path / "neurostrata.sqlite3-wal").exists()
            acknowledged += writers.acknowledged
        with Writers([live.address], key, count=8) as writers:
            writers.wait_for(30)
        live.process.kill()
        live.process.wait()
    assert_kept(database, acknowledged + writers.acknowledged)
    assert run_app("audit", "verify", **own).returncode == 0


@contextmanager
def small_disk(folder):
    """Mount a disk of a few megabytes, and give how it is made larger."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], check=True)

    def enlarge(_):
        subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)

    try:
        yield lambda _: None, enlarge
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def small_files(folder):
    """Let the process write no file beyond a size, and give how it may again."""
    database = folder / "neurostrata.sqlite3"

    def bound(process):
        largest = max(file.stat().st_size for file in database.parent.glob("neurostrata*"))
        psutil.Process(process.pid).rlimit(
            resource.RLIMIT_FSIZE, (largest + 100_000, resource.RLIM_INFINITY)
        )

    def unbound(process):
        whole = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        psutil.Process(process.pid).rlimit(resource.RLIMIT_FSIZE, whole)

    yield bound, unbound


def can_mount(folder="/mnt"):
    """Say whether this machine lets us have a disk of our own; else a bound on files stands in."""
    tried = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", folder]
    try:
        return subprocess.run(tried, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("bounded", [small_files, *([small_disk] if can_mount() else [])])
def test_a_full_disk_refuses_writes_and_loses_none(tmp_path, bounded):
    folder = tmp_path / "data"
    folder.mkdir()
    with bounded(folder) as (fill, make_room):
        database, key = OwnSqlite(folder), prepare(data_dir=folder)
        with serving(tmp_path, data_dir=folder) as live:
            first = post(live, key, "FULL-000")
            fill(live.process)
            with Writers([live.address], key) as writers:
                wait_until(lambda: writers.statuses.count(503) > 20, 60)
            assert set(writers.statuses) == {201, 503}
            assert_away(post(live, key, "FULL-001"))
            # To read a patient is accounted for, and that is a write.
            assert_away(live.ask("GET", f"/v1/patients/{first.json()['id']}", key))
            assert_works_without_a_database(live)
            make_room(live.process)
            assert_recovers(live, key, "FULL-002")
            assert live.stop() == 0
        assert_kept(database, ["FULL-000", *writers.acknowledged, "FULL-002"])


def test_a_database_that_falls_silent_is_not_waited_for(postgres, tmp_path):
    key = prepare("Silent", **settings_of(postgres, tmp_path))
    with (
        silent_proxy(postgres) as (proxy, url),
        serving(tmp_path, data_dir=tmp_path, database_url=url) as live,
        ThreadPoolExecutor(4) as crowd,
    ):

        def ask(number):
            started = time.monotonic()
            answer = post(live, key, f"SILENT-{number:03d}")
            return answer, time.monotonic() - started

        assert {answer.status_code for answer, _ in crowd.map(ask, range(20))} == {201}
        proxy.fall_silent()
        for answer, seconds in crowd.map(ask, range(20, 28)):
            assert_away(answer)
            assert seconds < 15
        started = time.monotonic()
        assert_away(live.ask("GET", "/readyz"))
        assert time.monotonic() - started < 10
        assert_works_without_a_database(live)
        proxy.speak_again()
        assert_recovers(live, key, "SILENT-999")
        # Every connection that was lost is given up, not only the first that was tried.
        assert {answer.status_code for answer, _ in crowd.map(ask, range(100, 120))} == {201}
        assert live.stop() == 0
