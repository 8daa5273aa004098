"""Carry the curves of groups past their follow-up, beside the service and not in it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from app.cohort.families.extrapolation import Extrapolation
from app.cohort.families.parametric import extrapolate
from app.cohort.follow_up import FollowUp
from app.use_cases.cohort.worker_process import WorkerProcess


async def fit_families(
    groups: Sequence[FollowUp],
    until: float,
    times: Sequence[float],
    level: float,
    *,
    worker: WorkerProcess,
    seconds: float,
) -> list[Extrapolation]:
    """Fit every parametric family to each of the groups, within so many seconds in all.

    Only groups that may be shown belong here. Others have their turn between two groups. Raises
    Unavailable if there is not enough time.
    """
    loop = asyncio.get_running_loop()
    end, fitted = loop.time() + seconds, []
    for group in groups:
        left = max(end - loop.time(), 0.0)
        done = await worker.run(extrapolate, group, until, times, level, timeout=left)
        fitted.append(done)
    return fitted
