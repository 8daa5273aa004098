"""Servers as processes of their own: started, watched and stopped."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.machine import Pinning

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60.0
LIKE_OURS = (
    *("--http", "httptools", "--loop", "uvloop", "--ws", "none"),
    *("--no-access-log", "--no-server-header", "--log-level", "info"),
)
"""uvicorn's options for the peers: those of `app/cli/serve.py`."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    port: int
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """What all its threads have used of the processor so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def resident_bytes(self) -> int:
        """The memory it holds now."""
        return int(self.process.memory_info().rss)

    def get(self, path: str) -> http.client.HTTPResponse:
        """Ask once. Status and headers are what is wanted; the body is read and let go."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer


@contextmanager
def serve_ours(
    pinning: Pinning, database_url: str | None = None, data_dir: Path | None = None
) -> Iterator[Server]:
    """The service itself, started as its users start it.

    Everything is new but for a `database_url` that was served before, with the same `data_dir`.
    """
    with tempfile.TemporaryDirectory(prefix="neurostrata-bench-") as folder:
        port = free_port()
        own = {"NEUROSTRATA_PORT": str(port), "NEUROSTRATA_DATA_DIR": str(data_dir or folder)}
        own["NEUROSTRATA_ACCESS_LOG"] = "false"  # the peers keep none either
        if database_url is not None:
            own["NEUROSTRATA_DATABASE_URL"] = database_url
        app = [sys.executable, "-m", "app"]
        migrate = [*app, "migrate"]
        subprocess.run(
            migrate, cwd=ROOT, env=os.environ | own, check=True, stdout=subprocess.DEVNULL
        )
        with _running([*pinning.server, *app, "serve"], port, "/healthz", own) as server:
            yield server


@contextmanager
def serve_peer(place: str, path: str, pinning: Pinning, **environment: str) -> Iterator[Server]:
    """A peer, `module:app`, under uvicorn with the options of ours."""
    port = free_port()
    uvicorn = [sys.executable, "-m", "uvicorn", place, "--port", str(port), *LIKE_OURS]
    with _running([*pinning.server, *uvicorn], port, path, environment) as server:
        yield server


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def _running(
    command: Sequence[str], port: int, path: str, environment: dict[str, str]
) -> Iterator[Server]:
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment, stdout=log, stderr=log
        ) as process,
    ):
        try:
            server = Server(port, psutil.Process(process.pid))
            if not _answers(server, path, process):
                log.seek(0)
                raise RuntimeError(f"{command} did not start:\n{log.read().decode()}")
            yield server
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _answers(server: Server, path: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return server.get(path).status < 500
        except OSError:
            time.sleep(0.05)
    return False
