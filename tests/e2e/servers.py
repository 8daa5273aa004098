"""A server as a process of its own, with its own settings, keys and log."""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.e2e.conftest import PATIENCE, ROOT, free_port, wait_until_healthy


@dataclass
class Live:
    """A running server: what it says to people in `greeting`, its log lines in `log`."""

    port: int
    process: subprocess.Popen
    greeting: Path
    log: Path
    scheme: str = "http"

    @property
    def address(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def dial(self, text=b""):
        """Open a connection and send."""
        wire = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        wire.sendall(text)
        return wire

    def ask(self, method, path, key=None, **options):
        """Send one request on a connection of its own."""
        headers = dict(options.pop("headers", {}))
        if key is not None:
            headers["authorization"] = f"Bearer {key}"
        options = {"timeout": PATIENCE} | options
        return httpx.request(method, self.address + path, headers=headers, **options)

    def stop(self):
        """Ask it to stop, and give what it ended with."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def lines(self):
        """Read the log, each line as JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def environment(**own):
    return os.environ | {f"NEUROSTRATA_{name.upper()}": str(value) for name, value in own.items()}


def run_app(*words, **own):
    """Run one command of the service to its end."""
    return subprocess.run(
        [sys.executable, "-m", "app", *words], cwd=ROOT, env=environment(**own),
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


def prepare(clinic="North", **own):
    """Migrate a database and make a key for it."""
    migrated = run_app("migrate", **own)
    assert migrated.returncode == 0, migrated.stderr
    made = run_app("keys", "create", "--clinic", clinic, "--role", "editor", **own)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


@contextmanager
def starting(folder, port=None, *, wrap=(), **own):
    """Run a server; whether it answers is not waited for. `wrap` is a command to run it in."""
    port = port or free_port()
    log, greeting = folder / "server.log", folder / "server.out"
    command = [*wrap, sys.executable, "-m", "app", "serve"]
    settings = environment(**{"port": port, "data_dir": folder} | own)
    scheme = "https" if "tls_certificate" in own else "http"
    with (
        log.open("ab") as errors,
        greeting.open("ab") as output,
        subprocess.Popen(command, cwd=ROOT, env=settings, stdout=output, stderr=errors) as process,
    ):
        try:
            yield Live(port, process, greeting, log, scheme)
        finally:
            process.kill()


@contextmanager
def serving(folder, port=None, **own):
    """Run a server that answers."""
    with starting(folder, port, **own) as live:
        wait_until_healthy(live.address, live.process, live.log)
        yield live
