"""What long work on a cohort does to light requests: a fit, the reading of columns, a picture."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING, TypeAlias

from bench.beside import delays_of
from bench.client import start_client
from bench.cohort_question import Asker
from bench.server import serve_ours
from bench.tables import Column, Table, Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.cohort_clinics import Clinic
    from bench.effort import Effort
    from bench.machine import Pinning
    from bench.server import Server

TITLE = "Beside work on a cohort: a light request every 3 ms"
COLUMNS = (
    Column("rows", "patients"),
    Column("light_requests", "light requests"),
    Column("median_ms", "p50 ms", 2),
    Column("p99_ms", "p99 ms", 2),
    Column("longest_ms", "longest ms", 1),
    Column("of_idle", "p99, times idle", 1),
)
PROMPT = Target("of_idle", 5, "p99 ≤ 5 × idle", at_most=True)
IDLE, FITS, READING, FIRST_PICTURE, PICTURE = (
    "nothing else",
    "models are fitted",
    "the columns are read: a new process's first question",
    "the first picture is drawn",
    "another picture is drawn",
)
Delays: TypeAlias = dict[str, float]


def measure_beside_cohort(clinic: Clinic, effort: Effort, pinning: Pinning) -> Table:
    """Every case in every round, on a server newly started for the round."""
    rounds = [_round(clinic, effort.idle_seconds, pinning) for _ in range(effort.beside_rounds)]
    table = Table(TITLE, COLUMNS)
    for name in rounds[0]:
        own = {"rows": None if name == IDLE else clinic.rows, **figures(rounds, name)}
        table.add(name, own, () if name == IDLE else (PROMPT,))
    return table


def figures(rounds: list[dict[str, Delays]], name: str) -> Delays:
    """A case's medians; its ratio is taken inside each round, against idle."""
    found = {key: median(cases[name][key] for cases in rounds) for key in rounds[0][name]}
    ratios = (cases[name]["p99_ms"] / cases[IDLE]["p99_ms"] for cases in rounds)
    return found | {"of_idle": median(ratios)}


def _round(clinic: Clinic, seconds: float, pinning: Pinning) -> dict[str, Delays]:
    """The columns are read once in a process, and the first picture starts another one."""
    with serve_ours(pinning, clinic.url, clinic.home) as server:
        asker = Asker(server, clinic.key)
        found = {
            IDLE: beside(server, lambda: time.sleep(seconds), pinning),
            READING: beside(server, lambda: asker.curves(times=[100]), pinning),
            FIRST_PICTURE: beside(server, lambda: asker.curves("image/png"), pinning),
            PICTURE: beside(server, lambda: _draw_again(asker, seconds), pinning),
        }
        asker.model()
        return found | {FITS: beside(server, lambda: _fit_on(asker, seconds), pinning)}


def beside(server: Server, work: Callable[[], object], pinning: Pinning) -> Delays:
    """The delays of the light requests from the beginning of the work to its end."""
    with start_client("light_client", [server.port], pinning) as light:
        light.begin()
        work()
        return delays_of(light)


def _draw_again(asker: Asker, seconds: float) -> None:
    """Draw other curves again and again."""
    until, day = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        day += 1
        asker.curves("image/png", times=[day])


def _fit_on(asker: Asker, seconds: float) -> None:
    """Fit one model after another, each a little different."""
    until, level = time.monotonic() + seconds, 500
    while time.monotonic() < until:
        level += 1
        asker.model(effect_at=[level])
