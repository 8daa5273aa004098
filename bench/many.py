"""Many levels at once, beside a list of Pydantic models."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.client import start_client
from bench.server import serve_ours, serve_peer
from bench.tables import Column, Table, Target

if TYPE_CHECKING:
    from bench.effort import Effort
    from bench.machine import Pinning
    from bench.server import Server

TITLE = "Many patients at once"
COLUMNS = (
    Column("per_second", "patients/s"),
    Column("per_core", "per core of CPU"),
    Column("cpu_us", "CPU µs/patient", 2),
    Column("answer_bytes", "bytes/patient"),
    Column("megabytes", "MB/s"),
    Column("server", "server's core in use", 2),
    Column("client", "client's", 2),
    Column("ratio", "of the list, by CPU", 1),
)
STREAM = "/v1/estimates/batch?detail="
GOAL = Target("per_second", 300_000, "≥ 300,000 patients/s")


@dataclass(frozen=True, slots=True)
class Load:
    """What a client sends: where to, as what, how many patients and how often, in which order."""

    path: str
    kind: str
    count: int
    repeats: int = 1
    order: str = "together"

    def arguments(self, server: Server) -> list[Any]:
        """The arguments of `stream_client.py`."""
        return [server.port, self.path, self.kind, self.order, self.count, self.repeats]


@dataclass(frozen=True, slots=True)
class Case:
    """A row: what is sent to which server."""

    name: str
    server: Server
    load: Load
    targets: tuple[Target, ...] = ()


def measure_many(effort: Effort, pinning: Pinning) -> Table:
    """Every case in every round; the first round warms up and is let go."""
    with (
        serve_peer("bench.peer_batch:app", "/openapi.json", pinning) as peer,
        serve_ours(pinning) as ours,
    ):
        cases = our_cases(effort, peer, ours)
        for case in cases:
            send(case.server, case.load, pinning)
        rounds = [
            [send(case.server, case.load, pinning) for case in cases]
            for _ in range(effort.stream_rounds)
        ]
    table = Table(TITLE, COLUMNS)
    for position, case in enumerate(cases):
        table.add(case.name, figures(rounds, position), case.targets)
    return table


def our_cases(effort: Effort, peer: Server, ours: Server) -> list[Case]:
    """The peer first, for everything is compared with it."""
    patients = effort.patients
    peers = Load("/summaries", "list", patients // 4)
    summary = Load(f"{STREAM}summary", "ndjson", patients)
    group = Load(f"{STREAM}group", "ndjson", patients)
    full = Load(f"{STREAM}full", "ndjson", patients // 4)
    batch = Load("/v1/estimates/batch", "batch", 10_000)
    return [
        Case("FastAPI and Pydantic: a list for a list", peer, peers),
        Case("NDJSON stream, summary", ours, summary, (GOAL,)),
        Case("NDJSON stream, group", ours, group),
        Case("NDJSON stream, full", ours, full),
        Case("JSON batch of 10,000, summary", ours, batch),
    ]


def send(server: Server, load: Load, pinning: Pinning) -> dict[str, float]:
    """One stream from beginning to end, and what the server used for it."""
    with start_client("stream_client", load.arguments(server), pinning) as client:
        before = server.cpu_seconds()
        client.begin()
        seen = client.result()
        return read_stream(seen, server.cpu_seconds() - before, load)


def read_stream(seen: dict[str, Any], cpu_seconds: float, load: Load) -> dict[str, float]:
    """The figures of one stream. Raises RuntimeError unless every patient was answered."""
    count = load.count * load.repeats
    if seen["count"] != count:
        raise RuntimeError(f"{load.path}: {seen['count']} answers to {count} patients")
    return {
        "per_second": count / seen["seconds"],
        "per_core": count / cpu_seconds,
        "cpu_us": cpu_seconds / count * 1e6,
        "answer_bytes": seen["bytes"] / count,
        "megabytes": seen["bytes"] / seen["seconds"] / 1e6,
        "server": cpu_seconds / seen["seconds"],
        "client": seen["client_cpu_seconds"] / seen["seconds"],
    }


def figures(rounds: list[list[dict[str, float]]], position: int) -> dict[str, float]:
    """A case's medians; its ratio is taken inside each round, against the first case."""
    own = [cases[position] for cases in rounds]
    found = {key: median(seen[key] for seen in own) for key in own[0]}
    pairs = zip(own, (cases[0] for cases in rounds), strict=True)
    return found | {"ratio": median(peer["cpu_us"] / seen["cpu_us"] for seen, peer in pairs)}
