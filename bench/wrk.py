"""wrk, run for a while against one address."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.machine import Pinning
    from bench.server import Server

SCRIPT = Path(__file__).with_name("requests.lua")
CONNECTIONS = 32


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: how `requests.lua` makes it, where, and the entity tag that is held."""

    made: str
    path: str
    held: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """What one run came to."""

    per_second: float
    cpu_us: float
    answer_bytes: float


def ask(server: Server, question: Question, seconds: int, seed: int, pinning: Pinning) -> Round:
    """Ask as fast as the server answers. Raises RuntimeError if any answer was a refusal."""
    address = f"http://127.0.0.1:{server.port}{question.path}"
    wrk = [*pinning.load, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(SCRIPT)]
    seed_text = f"{seed * 0.001:.3f}"
    command = [*wrk, address, "--", question.made, seed_text, *filter(None, [question.held])]
    used = server.cpu_seconds()
    said = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=seconds + 60
    ).stdout
    used = server.cpu_seconds() - used
    return read_round(said, used)


def read_round(said: str, cpu_seconds: float) -> Round:
    """What `requests.lua` printed in its last line, beside what the server used."""
    seen = json.loads(said.rstrip().rpartition("\n")[2])
    if seen["faults"] or not seen["requests"]:
        raise RuntimeError(f"not every request was answered well: {seen}")
    return Round(
        seen["requests"] / seen["seconds"],
        cpu_seconds / seen["requests"] * 1e6,
        seen["bytes"] / seen["requests"],
    )
