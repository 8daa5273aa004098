"""What a long stream does to others: the delay of light requests, and the server's memory."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from statistics import median, quantiles
from typing import TYPE_CHECKING

from bench.client import start_client
from bench.many import STREAM, Load, read_stream, send
from bench.server import serve_ours
from bench.tables import Column, Table, Target

if TYPE_CHECKING:
    from bench.client import Client
    from bench.effort import Effort
    from bench.machine import Pinning
    from bench.server import Server

TITLE = "Beside a light request every 3 ms"
COLUMNS = (
    Column("patients", "patients"),
    Column("median_ms", "p50 ms", 2),
    Column("p99_ms", "p99 ms", 2),
    Column("longest_ms", "longest ms", 1),
    Column("before", "MB before", 1),
    Column("tenth", "growth in the first tenth, MB", 1),
    Column("growth", "growth in all, MB", 1),
)
PROMPT = Target("p99_ms", 5.0, "p99 ≤ 5 ms", at_most=True)
FLAT = Target("growth", 16.0, "growth ≤ 16 MB", at_most=True)
SMALL = Load(f"{STREAM}summary", "ndjson", 2000)
EVERY = 0.01
PATIENCE = 300.0


@dataclass(slots=True)
class Memory:
    """The server's memory while something goes on."""

    before: int
    samples: list[int] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """In megabytes: at rest, and how much more at most, early and at all."""
        early = self.samples[: max(1, len(self.samples) // 10)]
        return {
            "before": self.before / 1e6,
            "tenth": (max(early) - self.before) / 1e6,
            "growth": (max(self.samples) - self.before) / 1e6,
        }


@dataclass(frozen=True, slots=True)
class Case:
    """A row: what goes on, and what the server has answered before."""

    name: str
    load: Load | None
    before: Load | None
    targets: tuple[Target, ...] = ()


def measure_beside(effort: Effort, pinning: Pinning) -> Table:
    """Every case in every round, each time on a server of its own, newly started."""
    watched = cases(effort)
    rounds = [
        [watch(case, effort.idle_seconds, pinning) for case in watched]
        for _ in range(effort.beside_rounds)
    ]
    table = Table(TITLE, COLUMNS)
    for case, *seen in zip(watched, *rounds, strict=True):
        patients = case.load.count * case.load.repeats if case.load else None
        found = {key: median(one[key] for one in seen) for key in seen[0]}
        table.add(case.name, {"patients": patients, **found}, case.targets)
    return table


def cases(effort: Effort) -> list[Case]:
    """What goes on beside the light requests."""
    most, both = effort.most_patients, (PROMPT, FLAT)
    first = Load(f"{STREAM}summary", "ndjson", 1000)
    summary = Load(f"{STREAM}summary", "ndjson", most)
    batches = Load("/v1/estimates/batch", "batch", 10_000, effort.batches)
    return [
        Case("nothing else", None, None, (PROMPT,)),
        Case("a new server's first stream", first, None),
        Case("NDJSON stream, summary", summary, SMALL, both),
        Case("NDJSON stream, group", replace(summary, path=f"{STREAM}group"), SMALL, both),
        Case("summary, sent whole first", replace(summary, order="first"), SMALL, both),
        Case("JSON batches of 10,000", batches, replace(batches, count=2000, repeats=1), (PROMPT,)),
    ]


def watch(case: Case, idle_seconds: float, pinning: Pinning) -> dict[str, float]:
    """The delays and the memory of one case on a new server."""
    with serve_ours(pinning) as server:
        if case.before is not None:
            send(server, replace(case.before, path=case.load.path), pinning)
        with start_client("light_client", [server.port], pinning) as light:
            memory = Memory(server.resident_bytes())
            if case.load is None:
                light.begin()
                time.sleep(idle_seconds)
                memory.samples.append(server.resident_bytes())
            else:
                stream(server, case.load, light, memory, pinning)
            return {**delays_of(light), **memory.figures()}


def stream(server: Server, load: Load, light: Client, memory: Memory, pinning: Pinning) -> None:
    """One stream from beginning to end, watched."""
    with start_client("stream_client", load.arguments(server), pinning) as client:
        used = server.cpu_seconds()
        light.begin()
        client.begin()
        watch_memory(memory, server, client)
        light.end()
        read_stream(client.result(), server.cpu_seconds() - used, load)


def watch_memory(memory: Memory, server: Server, client: Client) -> None:
    """Look again and again until the client has said what it saw."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        memory.samples.append(server.resident_bytes())
        if client.has_more(EVERY):
            return
    raise TimeoutError("a stream did not end")


def delays_of(light: Client) -> dict[str, float]:
    """End the light client; what it saw, in milliseconds."""
    light.end()
    delays = [seconds * 1e3 for seconds in light.result()["delays"]]
    hundredths = quantiles(delays, n=100, method="inclusive")
    return {
        "median_ms": hundredths[49],
        "p99_ms": hundredths[98],
        "longest_ms": max(delays),
        "light_requests": len(delays),
    }
