"""A clinic's own cohort beside R and lifelines: curves, models, and what they do to others."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench import cohort_beside, cohort_curves, cohort_models
from bench.cohort_beside import measure_beside_cohort
from bench.cohort_clinics import fill_clinic
from bench.cohort_curves import measure_curves
from bench.cohort_models import measure_models
from bench.cohort_peers import need_r
from bench.postgres import postgres_databases
from bench.server import serve_ours

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.effort import Effort
    from bench.machine import Pinning
    from bench.tables import Table

PARTS = (cohort_curves, cohort_models, cohort_beside)


def measure_cohort(effort: Effort, pinning: Pinning) -> Iterator[Table]:
    """Import everybody once, then measure: three tables, each when it is ready."""
    need_r()
    many, rounds = effort.cohort_patients, min(effort.rounds, 3)
    with (
        tempfile.TemporaryDirectory(prefix="neurostrata-bench-") as name,
        postgres_databases("ours") as urls,
    ):
        home, url = Path(name), urls["ours"]
        with serve_ours(pinning, url, home) as server:
            large = fill_clinic(server, url, home, many, whole_days=True)
            smaller = [
                fill_clinic(server, url, home, many // 5, whole_days=is_whole)
                for is_whole in (True, False)
            ]
        yield measure_curves(large, rounds, pinning)
        with serve_ours(pinning, url, home) as server:
            yield measure_models(server, smaller, large, rounds, pinning)
        yield measure_beside_cohort(large, effort, pinning)
