"""One patient created and read, beside a bare FastAPI and SQLAlchemy app on the same PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from bench.client import start_client
from bench.postgres import postgres_databases
from bench.server import ROOT, serve_ours, serve_peer
from bench.tables import Column, Table, Target

if TYPE_CHECKING:
    from bench.effort import Effort
    from bench.machine import Pinning
    from bench.server import Server

TITLE = "One patient created and read, on PostgreSQL"
COLUMNS = (
    Column("per_second", "pairs/s"),
    Column("cpu_us", "server CPU µs/pair"),
    Column("ratio", "of the bare app, by time", 2),
    Column("cpu_ratio", "of the bare app, by CPU", 2),
)
GOAL = Target("ratio", 0.60, "≥ 0.60 of the bare app")
CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Seen:
    """What one run came to."""

    per_second: float
    cpu_us: float


def measure_records(effort: Effort, pinning: Pinning) -> Table:
    """Both in every round, so that what disturbs one disturbs the other too."""
    with (
        postgres_databases("ours", "bare") as urls,
        serve_peer(
            "bench.peer_records:app", "/hello", pinning, BENCH_DATABASE_URL=urls["bare"]
        ) as bare,
        serve_ours(pinning, urls["ours"]) as ours,
    ):
        key = make_key(urls["ours"])
        cases = [(bare, ""), (ours, key)]
        for server, held in cases:
            run_pairs(server, held, 1, pinning)
        rounds = [
            [run_pairs(server, held, effort.seconds * 2, pinning) for server, held in cases]
            for _ in range(effort.rounds)
        ]
    table = Table(TITLE, COLUMNS)
    table.add("bare FastAPI + SQLAlchemy ORM", figures(rounds, 0))
    table.add("neurostrata", figures(rounds, 1), (GOAL,))
    return table


def make_key(database_url: str, clinic: str = "Bench") -> str:
    """An editor's key of a new clinic."""
    wished = ["--clinic", clinic, "--role", "editor"]
    command = [sys.executable, "-m", "app", "keys", "create", *wished]
    own = os.environ | {"NEUROSTRATA_DATABASE_URL": database_url}
    said = subprocess.run(command, cwd=ROOT, env=own, check=True, capture_output=True, text=True)
    return said.stdout.strip()


def run_pairs(server: Server, key: str, seconds: int, pinning: Pinning) -> Seen:
    """Create and read for a while."""
    arguments = [server.port, seconds, CONNECTIONS, *filter(None, [key])]
    with start_client("pair_client", arguments, pinning) as client:
        used = server.cpu_seconds()
        client.begin()
        seen = client.result()
        used = server.cpu_seconds() - used
    return Seen(seen["pairs"] / seen["seconds"], used / seen["pairs"] * 1e6)


def figures(rounds: list[list[Seen]], position: int) -> dict[str, float]:
    """A case's medians; its ratios are taken inside each round, against the first case."""
    pairs = [(cases[position], cases[0]) for cases in rounds]
    return {
        "per_second": median(own.per_second for own, _ in pairs),
        "cpu_us": median(own.cpu_us for own, _ in pairs),
        "ratio": median(own.per_second / bare.per_second for own, bare in pairs),
        "cpu_ratio": median(bare.cpu_us / own.cpu_us for own, bare in pairs),
    }
