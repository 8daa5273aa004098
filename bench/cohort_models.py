"""Cox's model with an interaction: the service and its bare fit, beside R's coxph and lifelines."""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, TypeAlias

from bench.cohort_peers import Heard, hear_bare_fit, hear_lifelines, hear_r
from bench.cohort_question import Answered, Asker
from bench.tables import Column, Table, Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.cohort_clinics import Clinic
    from bench.machine import Pinning
    from bench.server import Server

TITLE = "Cox's model, arm × ln pNFH + age, of a clinic's own patients"
COLUMNS = (
    Column("rows", "patients"),
    Column("ms", "ms", 1),
    Column("cpu_ms", "its CPU ms", 1),
    Column("growth_mb", "memory growth, MB"),
    Column("most_mb", "memory at most, MB"),
    Column("of_coxph", "times coxph's speed", 1),
    Column("of_whole", "of all three in R", 1),
)
FAST = Target("of_coxph", 10, "≥ 10 × coxph")
SMALL = Target("most_mb", 1000, "≤ 1 GB", at_most=True)
CLOSE = 1e-6
COXPH, WHOLE, LIFELINES, BARE, SERVICE = range(5)
Seen: TypeAlias = Heard | Answered
Round: TypeAlias = "list[Seen | None]"


def measure_models(
    server: Server, clinics: Sequence[Clinic], largest: Clinic, rounds: int, pinning: Pinning
) -> Table:
    """Time the clinics; the largest once, where nobody waits for lifelines nor for cox.zph."""
    table = Table(TITLE, COLUMNS)
    for clinic in clinics:
        slow = hear_lifelines("fit", str(clinic.columns), pinning, _batch_mode(clinic))
        asker = _ready(server, clinic)
        seen = [_round(asker, clinic, slow, number, pinning) for number in range(rounds)]
        _add(table, clinic, seen, (FAST, SMALL))
    once = _round(_ready(server, largest), largest, None, 0, pinning)
    _add(table, largest, [once], (SMALL,))
    return table


def figures(rounds: Sequence[Round], place: int) -> dict[str, float | None]:
    """A case's medians; its ratios are taken inside each round, against R."""
    own = _of(rounds, place)
    growth = [one.growth for one in own if isinstance(one, Answered)]
    return {
        "ms": median(one.seconds for one in own) * 1e3,
        "cpu_ms": median(one.cpu_seconds for one in own) * 1e3,
        "growth_mb": max(growth) / 1e6 if growth else None,
        "most_mb": max(one.most for one in own) / 1e6,
        "of_coxph": _ratio(_of(rounds, COXPH), own),
        "of_whole": _ratio(_of(rounds, WHOLE), own),
    }


def coefficients_of(seen: Seen) -> list[float]:
    """The coefficients that were found."""
    if isinstance(seen, Heard):
        found: list[float] = seen.found["coefficients"]
        return found
    return [row["coefficient"] for row in seen.document()["coefficients"]]


def check_model(ours: Sequence[float], theirs: Sequence[float]) -> None:
    """Raise RuntimeError unless all coefficients are the same."""
    pairs = zip(ours, theirs, strict=True)
    if not all(abs(one - other) <= CLOSE for one, other in pairs):
        raise RuntimeError(f"the coefficients differ: {ours}, {theirs}")


def _of(rounds: Sequence[Round], place: int) -> list[Seen]:
    return [seen for cases in rounds if (seen := cases[place]) is not None]


def _ratio(peer: list[Seen], own: list[Seen]) -> float | None:
    if not peer:
        return None
    return median(one.seconds / other.seconds for one, other in zip(peer, own, strict=True))


def _batch_mode(clinic: Clinic) -> str:
    """The quicker of lifelines' two ways, which it does not always find by itself."""
    return "batch" if clinic.whole_days else "single"


def _ready(server: Server, clinic: Clinic) -> Asker:
    """Ask once, so that the columns are read."""
    asker = Asker(server, clinic.key)
    asker.model()
    return asker


def _round(
    asker: Asker, clinic: Clinic, slow: Heard | None, number: int, pinning: Pinning
) -> Round:
    """Everybody once. Another level of the curve each time, so that no kept answer will do."""
    r = hear_r("fit" if slow is None else "whole", clinic.columns, pinning)
    bare = hear_bare_fit(clinic.columns, pinning)
    service = asker.model(effect_at=[500 + number, 5000])
    cases: Round = [r, _whole(r), slow, bare, service]
    for seen in cases:
        if seen is not None:
            check_model(coefficients_of(seen), coefficients_of(r))
    return cases


def _whole(r: Heard) -> Heard | None:
    if r.whole_seconds is None or r.whole_cpu_seconds is None:
        return None
    return replace(r, seconds=r.whole_seconds, cpu_seconds=r.whole_cpu_seconds)


def _add(
    table: Table, clinic: Clinic, rounds: Sequence[Round], targets: tuple[Target, ...]
) -> None:
    names = {
        COXPH: f"{_version(rounds, COXPH)}: coxph",
        WHOLE: "R: coxph, coxph without the interaction, cox.zph",
        LIFELINES: f"{_version(rounds, LIFELINES)}: to 1e-12",
        BARE: "neurostrata: the fit alone",
        SERVICE: "neurostrata: the whole answer, over HTTP",
    }
    for place, name in names.items():
        if _of(rounds, place):
            own = targets if place in {BARE, SERVICE} else ()
            found = {"rows": clinic.rows, **figures(rounds, place)}
            table.add(f"{clinic.told}, {name}", found, own)


def _version(rounds: Sequence[Round], place: int) -> str:
    seen = _of(rounds, place)
    return seen[0].version if seen and isinstance(seen[0], Heard) else ""
