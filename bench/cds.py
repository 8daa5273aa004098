"""A card in an EHR, beside the same question in JSON of our own: how long somebody waits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

from joserfc.jwk import ECKey

from bench.cds_client import ISSUER
from bench.client import start_client
from bench.postgres import postgres_databases
from bench.server import ROOT, serve_ours
from bench.tables import Column, Table, Target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.effort import Effort
    from bench.machine import Pinning
    from bench.server import Server

TITLE = "A CDS Hooks call with prefetch, beside the same question asked natively"
COLUMNS = (
    Column("p50_ms", "p50 ms", 2),
    Column("p95_ms", "p95 ms", 2),
    Column("p99_ms", "p99 ms", 2),
    Column("cpu_us", "server CPU µs/request"),
    Column("ratio", "p95 of POST /v1/estimates", 2),
)
GOAL = Target("ratio", 3.0, "p95 < 3 × native", at_most=True)
CLINIC = "Bench"
COUNT = 500
"""Requests in a second's worth of effort."""


@dataclass(frozen=True, slots=True)
class Case:
    """A row: what is asked of which server, with what to prove it."""

    name: str
    server: Server
    what: str
    key: str = ""
    targets: tuple[Target, ...] = ()


def measure_cds(effort: Effort, pinning: Pinning) -> Table:
    """Every case in every round, so that what disturbs one disturbs its neighbours too."""
    table = Table(TITLE, COLUMNS)
    with postgres_databases("cds") as urls, tempfile.TemporaryDirectory() as folder:
        for database, url in (("SQLite", None), ("PostgreSQL", urls["cds"])):
            place = Path(folder) / database
            place.mkdir()
            with served(database, url, place, pinning) as cases:
                rounds = [
                    [run(case, effort.seconds * COUNT, pinning) for case in cases]
                    for _ in range(effort.rounds)
                ]
            for position, case in enumerate(cases):
                table.add(case.name, figures(rounds, position), case.targets)
    return table


@contextmanager
def served(database: str, url: str | None, place: Path, pinning: Pinning) -> Iterator[list[Case]]:
    """A server on this database, with a key and a client that it trusts."""
    with serve_ours(pinning, url, place) as ours:
        own = {"NEUROSTRATA_DATA_DIR": str(place)}
        own |= {"NEUROSTRATA_DATABASE_URL": url} if url else {}
        key = command(own, "keys", "create", "--clinic", CLINIC, "--role", "viewer")
        private = trust_a_client(own, place)
        yield [
            Case(f"POST /v1/estimates, {database}", ours, "native"),
            Case(f"POST /v1/estimates, detail=summary, {database}", ours, "summary"),
            Case(f"CDS call with a key, {database}", ours, "keyed", key, (GOAL,)),
            Case(f"CDS call with a JWT, {database}", ours, "signed", str(private)),
        ]


def trust_a_client(own: dict[str, str], place: Path) -> Path:
    """Make a key, have its public half trusted, and give the file of the private one."""
    key = ECKey.generate_key("P-384")
    public, private = place / "public.json", place / "private.json"
    known = key.as_dict(private=False) | {"kid": "bench", "use": "sig"}
    public.write_text(json.dumps({"keys": [known]}))
    private.write_text(json.dumps(key.as_dict(private=True)))
    wished = ["--clinic", CLINIC, "--name", "EHR", "--scopes", "system/*.rs"]
    command(own, "clients", "add", *wished, "--issuer", ISSUER, "--jwks", str(public))
    return private


def command(own: dict[str, str], *words: str) -> str:
    """Run a command of the service, and give what it printed."""
    said = subprocess.run(
        [sys.executable, "-m", "app", *words],
        cwd=ROOT, env=os.environ | own, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return said.stdout.strip()


def run(case: Case, count: int, pinning: Pinning) -> dict[str, float]:
    """Ask so many times, one after another."""
    arguments = [case.server.port, count, case.what, *filter(None, [case.key])]
    with start_client("cds_client", arguments, pinning) as client:
        used = case.server.cpu_seconds()
        client.begin()
        delays = client.result()["delays"]
        used = case.server.cpu_seconds() - used
    cuts = quantiles(delays, n=100)
    milliseconds = {"p50_ms": cuts[49] * 1e3, "p95_ms": cuts[94] * 1e3, "p99_ms": cuts[98] * 1e3}
    return milliseconds | {"cpu_us": used / len(delays) * 1e6}


def figures(rounds: list[list[dict[str, float]]], position: int) -> dict[str, float]:
    """A case's medians; its ratio is taken inside each round, against the first case."""
    own = [cases[position] for cases in rounds]
    found = {name: median(one[name] for one in own) for name in own[0]}
    ratios = [cases[position]["p95_ms"] / cases[0]["p95_ms"] for cases in rounds]
    return found | {"ratio": median(ratios)}
