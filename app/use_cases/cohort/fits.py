"""Fits that are under way: begun once for whoever asks, waited for a while, then left to finish."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from sqlalchemy.ext.asyncio import AsyncEngine

from app.clinic.cohort_model import LEASE, Status
from app.db.cohort_columns import CohortColumns
from app.db.cohort_models import CohortModelRepository
from app.db.transaction import clinic_transaction
from app.errors import AppError, Unavailable
from app.use_cases.cohort.cohorts import Cohorts
from app.use_cases.cohort.fit_model import ModelQuestion, fit_model

MOST_AT_ONCE: Final = 16
"""Fits under way or waiting for their turn; whoever asks for more is told to come back."""

TOO_LONG: Final[Mapping[str, Any]] = {
    "situation": "FitFailed",
    "errors": [],
    "detail": "The fit took longer than the service allows. Ask for fewer terms or resamples.",
}
UNEXPECTED: Final[Mapping[str, Any]] = {
    "situation": "AppError",
    "errors": [],
    "detail": "The fit could not be finished.",
}

_Name: TypeAlias = tuple[str, str, ModelQuestion]
"""A clinic, the version of its cohort, and the question."""

logger = logging.getLogger("neurostrata")


@dataclass(frozen=True, slots=True)
class Finished:
    """A fit that has ended well: its answer, and the version of the cohort it is of."""

    document: Mapping[str, Any]
    cohort_version: str


class Fits:
    """All fits of this process."""

    def __init__(self, engine: AsyncEngine, cohorts: Cohorts, longest_seconds: float) -> None:
        self._engine = engine
        self._cohorts = cohorts
        self._longest = longest_seconds
        self._under_way: dict[_Name, asyncio.Task[Finished]] = {}
        self._followers: set[asyncio.Task[None]] = set()

    async def begin(self, asked: ModelQuestion, clinic_id: str) -> asyncio.Task[Finished]:
        """Begin a fit, or join the same one that is under way in this state of the records.

        Raises Unavailable if too many are.
        """
        name = (clinic_id, await self._version(clinic_id), asked)
        if name not in self._under_way:
            if len(self._under_way) >= MOST_AT_ONCE:
                raise Unavailable("Too many models are being fitted. Please come back.", 30)
            task = asyncio.create_task(self._fit(asked, clinic_id))
            self._under_way[name] = task
            task.add_done_callback(lambda ended: self._forget(name, ended))
        return self._under_way[name]

    async def wait(self, task: asyncio.Task[Finished], seconds: float) -> Finished | None:
        """Give the fit if it ends in time. Raises what it ends with if it is refused."""
        done, _ = await asyncio.wait([task], timeout=max(seconds, 0.0))
        return task.result() if done else None

    def follow(self, task: asyncio.Task[Finished], clinic_id: str, model_id: str) -> None:
        """Keep how a fit ends that nobody waits for any more."""
        follower = asyncio.create_task(self._follow(task, clinic_id, model_id))
        self._followers.add(follower)
        follower.add_done_callback(self._followers.discard)

    async def close(self) -> None:
        """Give up what is under way: whoever reads it is told that it was interrupted."""
        everything = [*self._followers, *self._under_way.values()]
        for task in everything:
            task.cancel()
        await asyncio.gather(*everything, return_exceptions=True)

    async def _version(self, clinic_id: str) -> str:
        async with clinic_transaction(self._engine, clinic_id, writes=False) as connection:
            return (await CohortColumns(connection, clinic_id, {}).state()).version

    async def _fit(self, asked: ModelQuestion, clinic_id: str) -> Finished:
        return Finished(*await fit_model(asked, clinic_id, cohorts=self._cohorts))

    def _forget(self, name: _Name, ended: asyncio.Task[Finished]) -> None:
        self._under_way.pop(name, None)
        if not ended.cancelled():
            ended.exception()  # whoever waits is told; nobody else must be

    async def _follow(self, task: asyncio.Task[Finished], clinic_id: str, model_id: str) -> None:
        status, document, version = await self._outcome(task, clinic_id, model_id)
        try:
            async with clinic_transaction(self._engine, clinic_id, writes=True) as connection:
                models = CohortModelRepository(connection, clinic_id)
                await models.finish(model_id, status, document, version)
        except Unavailable:  # whoever reads it is told that it was interrupted
            logger.warning("the end of a fit could not be kept")

    async def _outcome(
        self, task: asyncio.Task[Finished], clinic_id: str, model_id: str
    ) -> tuple[Status, Mapping[str, Any], str]:
        """Wait for the end, and say from time to time that the fit is still worked on."""
        until = asyncio.get_running_loop().time() + self._longest
        while not task.done():
            left = until - asyncio.get_running_loop().time()
            if left <= 0:
                return "failed", TOO_LONG, ""
            await asyncio.wait([task], timeout=min(left, LEASE.total_seconds() / 3))
            if not task.done():
                await self._renew(clinic_id, model_id)
        error = task.exception()
        if error is None:
            return "done", task.result().document, task.result().cohort_version
        if isinstance(error, AppError):
            return "failed", problem_of(error), ""
        logger.error("unexpected %s in a fit", type(error).__name__)
        return "failed", UNEXPECTED, ""

    async def _renew(self, clinic_id: str, model_id: str) -> None:
        try:
            async with clinic_transaction(self._engine, clinic_id, writes=True) as connection:
                models = CohortModelRepository(connection, clinic_id)
                await models.is_alive(model_id, datetime.now(UTC) + LEASE)
        except Unavailable:
            logger.warning("a running fit could not be renewed")


def problem_of(error: AppError) -> dict[str, Any]:
    """What went wrong, as it is kept; the door completes it."""
    faults = [
        {"pointer": fault.pointer, "code": fault.code, "detail": fault.detail}
        for fault in getattr(error, "faults", ())
    ]
    return {"situation": type(error).__name__, "detail": error.detail, "errors": faults}
