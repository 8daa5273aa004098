"""What R, lifelines and a bare fit say of the same patients, each in a process of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.server import ROOT

if TYPE_CHECKING:
    from bench.machine import Pinning

SCRIPT = Path(__file__).with_name("r_cohort.R")


@dataclass(frozen=True, slots=True)
class Heard:
    """What a process said: what was found, and what that took.

    `seconds` of the clock, `cpu_seconds` of the processor, `most` bytes of memory held in all.
    What begins with `whole_` is with the fit without interaction and cox.zph.
    """

    seconds: float
    cpu_seconds: float
    most: int
    found: dict[str, Any]
    version: str
    whole_seconds: float | None = None
    whole_cpu_seconds: float | None = None


def hear_r(task: str, file: Path, pinning: Pinning) -> Heard:
    """Let R do it with its package survival; the rows are read before its clock starts."""
    return _hear(["Rscript", "--vanilla", str(SCRIPT), task, str(file)], pinning)


def hear_lifelines(task: str, place: str, pinning: Pinning, *more: str) -> Heard:
    """Let lifelines do it; pandas and lifelines are imported before its clock starts."""
    return _hear([sys.executable, "-m", "bench.peer_cohort", task, place, *more], pinning)


def hear_bare_fit(file: Path, pinning: Pinning) -> Heard:
    """Let the service's own `fit_cox` do it, without a service around it."""
    return _hear([sys.executable, "-m", "bench.bare_fit", str(file)], pinning)


def need_r() -> None:
    """Raise RuntimeError unless there is an R with what the script needs."""
    if shutil.which("Rscript") is None:
        raise RuntimeError("this part needs R with survival and jsonlite: make bench installs it")


def read_heard(said: str) -> Heard:
    """Read the last line that a process said. Raises RuntimeError if it said nothing."""
    lines = said.strip().splitlines()
    if not lines:
        raise RuntimeError("a peer said nothing")
    told: dict[str, Any] = json.loads(lines[-1])
    return Heard(**told)


def _hear(command: list[str], pinning: Pinning) -> Heard:
    """Run it on the server's core, as the service is."""
    whole = [*pinning.server, *command]
    done = subprocess.run(whole, cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{command} failed:\n{done.stderr}")
    return read_heard(done.stdout)
