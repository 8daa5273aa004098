"""A real server, started as its users start it: `python -m app migrate`, then `serve`."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Give the address of a server that runs while the tests do."""
    folder = tmp_path_factory.mktemp("server")
    port = free_port()
    own = {"NEUROSTRATA_PORT": str(port), "NEUROSTRATA_DATA_DIR": str(folder)}
    environment = os.environ | own
    run_app("migrate", environment)
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        address = f"http://127.0.0.1:{port}"
        try:
            wait_until_healthy(address, process, log)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)


def free_port():
    """Find a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def run_app(command, environment):
    """Run one command of the service to its end."""
    subprocess.run([sys.executable, "-m", "app", command], cwd=ROOT, env=environment, check=True)


def wait_until_healthy(address, process, log, **options):
    """Wait for the first good answer; a server that stopped says why."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{address}/healthz", **options).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{log.read_text()}")
