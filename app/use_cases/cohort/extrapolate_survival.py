"""Carry the curves of a cohort past its follow-up: by assumption alone, only when asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from app.answers.cohort.extrapolation import show_extrapolation
from app.use_cases.cohort.describe_survival import Described
from app.use_cases.cohort.fit_families import fit_families
from app.use_cases.cohort.worker_process import WorkerProcess

LONGEST_SECONDS: Final = 120.0
"""For all groups together."""

MOST_PATIENTS: Final = 50_000
"""Patients of one group whose families are fitted; a registry's groups are far smaller."""

TOO_MANY: Final = "too_many_patients"


@dataclass(frozen=True, slots=True)
class Beyond:
    """How far the curves are carried, and the days for which each family is read."""

    until: float
    times: tuple[float, ...]


async def extrapolate_survival(
    described: Described, beyond: Beyond, level: float, *, worker: WorkerProcess
) -> list[Mapping[str, Any] | None]:
    """Give each group's families, in the order of the groups; None for one that is suppressed.

    Raises Unavailable if the worker dies or takes too long.
    """
    told = [code for code, group in enumerate(described.found.groups) if group is not None]
    sizes = np.bincount(described.groups.codes, minlength=len(described.groups))
    fitted = [code for code in told if sizes[code] <= MOST_PATIENTS]
    groups = [described.selection.follow_up.of(described.groups.codes == code) for code in fitted]
    fits = await fit_families(
        groups, beyond.until, beyond.times, level, worker=worker, seconds=LONGEST_SECONDS
    )
    too_many = {"kind": "extrapolated", "reason": TOO_MANY, "families": []}
    found: dict[int, Mapping[str, Any]] = dict.fromkeys(told, too_many)
    found |= {code: show_extrapolation(fit) for code, fit in zip(fitted, fits, strict=True)}
    return [found.get(code) for code in range(len(described.found.groups))]
