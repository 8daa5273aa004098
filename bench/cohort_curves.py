"""Kaplan-Meier with bands by arm and stratum, beside lifelines on the same rows and R's survfit."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any, TypeAlias

from bench.cohort_peers import Heard, hear_lifelines, hear_r
from bench.cohort_question import Answered, Asker
from bench.server import serve_ours
from bench.tables import Column, Table, Target

if TYPE_CHECKING:
    from bench.cohort_clinics import Clinic
    from bench.machine import Pinning

TITLE = "Kaplan-Meier by arm and stratum of a clinic's own patients, on PostgreSQL"
COLUMNS = (
    Column("rows", "patients"),
    Column("ms", "ms", 1),
    Column("cpu_ms", "its CPU ms", 1),
    Column("growth_mb", "memory growth, MB"),
    Column("most_mb", "memory at most, MB"),
    Column("of_lifelines", "times lifelines' speed", 1),
    Column("of_r", "times R's speed", 1),
)
THAN_LIFELINES = Target("of_lifelines", 10, "≥ 10 × lifelines")
THAN_R = Target("of_r", 10, "≥ 10 × R")
SMALL = Target("most_mb", 1000, "≤ 1 GB", at_most=True)
GOALS = (THAN_LIFELINES, THAN_R, SMALL)
CLOSE = 1e-9
OURS = (
    "neurostrata, first question: columns are read",
    "neurostrata, after one changed row",
    "neurostrata, another question",
    "neurostrata, the same again",
)
Seen: TypeAlias = Heard | Answered
Readings: TypeAlias = dict[str, dict[str, list[float]]]


def measure_curves(clinic: Clinic, rounds: int, pinning: Pinning) -> Table:
    """Both peers and all questions in every round, each time on a server newly started."""
    seen = [_round(clinic, number, pinning) for number in range(rounds)]
    table = Table(TITLE, COLUMNS)
    lifelines, r = (one.version for one in seen[0][:2] if isinstance(one, Heard))
    names = [f"{lifelines}, rows read into pandas", f"{r}: survfit, rows in memory", *OURS]
    for place, name in enumerate(names):
        targets = GOALS if name in OURS else ()
        table.add(name, {"rows": clinic.rows, **figures(seen, place)}, targets)
    return table


def figures(rounds: list[list[Seen]], place: int) -> dict[str, float | None]:
    """A case's medians; its ratios are taken inside each round: lifelines is first, R second."""
    own = [cases[place] for cases in rounds]
    growth = [one.growth for one in own if isinstance(one, Answered)]
    return {
        "ms": median(one.seconds for one in own) * 1e3,
        "cpu_ms": median(one.cpu_seconds for one in own) * 1e3,
        "growth_mb": max(growth) / 1e6 if growth else None,
        "most_mb": max(one.most for one in own) / 1e6,
        "of_lifelines": median(cases[0].seconds / cases[place].seconds for cases in rounds),
        "of_r": median(cases[1].seconds / cases[place].seconds for cases in rounds),
    }


def readings_of(document: dict[str, Any]) -> Readings:
    """What an answer says at the times asked for, by `arm,stratum`."""
    return {
        f"{group['group']['arm']},{group['group']['stratum']}": {
            name: [at[name] for at in group["survival_at"]]
            for name in ("survival", "lower", "upper")
        }
        for group in document["groups"]
    }


def check_curves(ours: Readings, theirs: Readings) -> None:
    """Raise RuntimeError unless both say the same of every group at every time."""
    if ours.keys() != theirs.keys():
        raise RuntimeError(f"the groups differ: {sorted(ours)} and {sorted(theirs)}")
    for group, readings in ours.items():
        for name, values in readings.items():
            pairs = zip(values, theirs[group][name], strict=True)
            if not all(abs(one - other) <= CLOSE for one, other in pairs):
                raise RuntimeError(f"{name} of {group} differs: {values}, {theirs[group][name]}")


def _round(clinic: Clinic, number: int, pinning: Pinning) -> list[Seen]:
    lifelines = hear_lifelines("curves", clinic.url, pinning, clinic.id)
    r = hear_r("curves", clinic.columns, pinning)
    with serve_ours(pinning, clinic.url, clinic.home) as server:
        asker = Asker(server, clinic.key)
        first = asker.curves()
        asker.change_a_patient(svc_percent=60 + number)
        changed = asker.curves()
        other = asker.curves(times=[200, 400, 600], level=0.9)
        again = asker.curves(times=[200, 400, 600], level=0.9)
    for answer in (first, changed):
        for peer in (lifelines, r):
            check_curves(readings_of(answer.document()), peer.found)
    return [lifelines, r, first, changed, other, again]
