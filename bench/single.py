"""One question at a time, beside the least that a FastAPI service can do."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from bench.server import serve_ours, serve_peer
from bench.tables import Column, Table, Target
from bench.wrk import Question, Round, ask

if TYPE_CHECKING:
    from bench.effort import Effort
    from bench.machine import Pinning
    from bench.server import Server

TITLE = "One question at a time"
COLUMNS = (
    Column("per_second", "requests/s"),
    Column("cpu_us", "CPU µs/request"),
    Column("answer_bytes", "bytes with headers"),
    Column("wall_ratio", "of hello, by time", 2),
    Column("ratio", "of hello, by CPU", 2),
)
GOAL = Target("ratio", 0.60, "≥ 0.60 of hello")
ANY_LEVEL = "/v1/estimate?unit=pg/mL&pnfh="
ONE_LEVEL = f"{ANY_LEVEL}1234.5"


@dataclass(frozen=True, slots=True)
class Case:
    """A row: what is asked of which server."""

    name: str
    server: Server
    question: Question
    targets: tuple[Target, ...] = ()


def measure_single(effort: Effort, pinning: Pinning) -> Table:
    """Every case in every round, so that what disturbs one disturbs its neighbours too."""
    with (
        serve_peer("bench.peer_hello:app", "/hello", pinning) as hello,
        serve_peer("bench.peer_hello:quiet", "/hello", pinning) as quiet,
        serve_ours(pinning) as ours,
    ):
        cases = [
            Case("hello: FastAPI alone", hello, Question("fixed", "/hello")),
            Case("hello without telemetry", quiet, Question("fixed", "/hello")),
            *our_cases(ours),
        ]
        for case in cases:
            ask(case.server, case.question, 1, 0, pinning)
        rounds = [
            [ask(case.server, case.question, effort.seconds, seed, pinning) for case in cases]
            for seed in range(1, effort.rounds + 1)
        ]
    table = Table(TITLE, COLUMNS)
    for position, case in enumerate(cases):
        table.add(case.name, figures(rounds, position), case.targets)
    return table


def our_cases(ours: Server) -> list[Case]:
    """What is asked of the service."""
    held = ours.get(ONE_LEVEL).headers["etag"]
    return [
        Case("estimate, another level each time", ours, Question("query", ANY_LEVEL), (GOAL,)),
        Case("estimate, the same level again", ours, Question("fixed", ONE_LEVEL)),
        Case("the same, held: 304", ours, Question("fixed", ONE_LEVEL, held)),
        Case("estimate from a body (POST)", ours, Question("body", "/v1/estimates")),
        Case("stratum alone", ours, Question("query", "/v1/stratum?unit=pg/mL&pnfh=")),
    ]


def figures(rounds: list[list[Round]], position: int) -> dict[str, float]:
    """A case's medians; its ratios are taken inside each round, against the first case."""
    own = [cases[position] for cases in rounds]
    first = [cases[0] for cases in rounds]
    pairs = list(zip(own, first, strict=True))
    return {
        "per_second": median(seen.per_second for seen in own),
        "cpu_us": median(seen.cpu_us for seen in own),
        "answer_bytes": median(seen.answer_bytes for seen in own),
        "wall_ratio": median(seen.per_second / hello.per_second for seen, hello in pairs),
        "ratio": median(hello.cpu_us / seen.cpu_us for seen, hello in pairs),
    }
