"""The cohorts that a process holds: columns of each clinic's patients, in their newest state.

They are read once for each state of a clinic's records. One changed row is another state: the
version is asked of the database with every question, in the transaction that reads what is missing.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.clinic.filter import STRATUM, Filter
from app.cohort.cohort import Cohort
from app.cohort.disclosure import Disclosures
from app.cohort.renewal import renew
from app.db.cohort_columns import CohortColumns
from app.db.patient_keys import keys_of_texts
from app.survival.stratum import Range
from app.use_cases.cohort.lane import Lane
from app.use_cases.cohort.worker_process import WorkerProcess
from app.use_cases.transfer.export_patients import one_moment

MOST_MASKS: Final = 64
MOST_ANSWERS: Final = 64
MOST_ANSWER_BYTES: Final = 1_048_576
"""A longer answer is computed again."""

_Value = TypeVar("_Value")


@dataclass(slots=True, eq=False)
class Held:
    """One clinic's cohort, and what was worked out about it in this state."""

    cohort: Cohort
    disclosures: Disclosures
    sequence: int = 0
    masks: OrderedDict[str, NDArray[np.bool_]] = field(default_factory=OrderedDict)
    answers: OrderedDict[str, Any] = field(default_factory=OrderedDict)

    def answer_to(self, question: str) -> Any | None:
        """Give what was answered in this state, if it is still known."""
        return self.answers.get(question)

    def remember(self, question: str, answer: Any) -> None:
        """Keep an answer for whoever asks again."""
        _put(self.answers, question, answer, MOST_ANSWERS)


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """The cohort with the variables that a question needs, and which patients it means."""

    held: Held
    cohort: Cohort
    meant: NDArray[np.bool_]


class Cohorts:
    """Holds the cohorts that were asked about last, as many as the memory allows."""

    def __init__(
        self,
        engine: AsyncEngine,
        strata: Mapping[str, Range],
        minimum: int,
        most_bytes: int,
        fit_seconds: float = 600.0,
    ) -> None:
        """`apart` computes what is too much for a thread, for `fit_seconds` at most."""
        self._engine = engine
        self._strata = strata
        self._minimum = minimum
        self._most_bytes = most_bytes
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._turns: dict[str, asyncio.Lock] = {}
        self.apart = WorkerProcess()
        self.fit_seconds = fit_seconds
        self._questions = Lane("cohort questions")
        self._fits = Lane("cohort fits")

    async def gather(self, clinic_id: str, wanted: Filter, names: Iterable[str]) -> Gathered:
        """Give the clinic's cohort as it is now. Raises Unavailable if the database is away."""
        async with self._turns.setdefault(clinic_id, asyncio.Lock()):
            async with one_moment(self._engine, clinic_id) as connection:
                columns = CohortColumns(connection, clinic_id, self._strata)
                asked = {STRATUM for one in wanted.conditions if one.field == STRATUM}
                needed = {*names, *asked}
                held = await self._newest(columns, connection, clinic_id, needed)
                held.cohort = await columns.add(held.cohort, needed)
                meant = await self._meant(held, columns, wanted)
            self._hold(clinic_id, held)
        return Gathered(held, held.cohort, meant)

    async def unchanged(self, clinic_id: str) -> Held | None:
        """Give what is held of the clinic, if its records are still in that state."""
        held = self._held.get(clinic_id)
        if held is None:
            return None
        async with one_moment(self._engine, clinic_id) as connection:
            newest = await CohortColumns(connection, clinic_id, self._strata).state()
        return held if held.cohort.version == newest.version else None

    async def compute(self, function: Callable[..., _Value], *arguments: Any) -> _Value:
        """Compute the answer to a question, beside the requests and one after the other."""
        return await self._questions.run(function, *arguments)

    async def fit(self, function: Callable[..., _Value], *arguments: Any) -> _Value:
        """Compute what may take long: no question waits for it."""
        return await self._fits.run(function, *arguments)

    def close(self) -> None:
        """Compute nothing more. What is being computed does not keep the process from ending."""
        self._questions.close()
        self._fits.close()
        self.apart.close()

    async def _newest(
        self,
        columns: CohortColumns,
        connection: AsyncConnection,
        clinic_id: str,
        names: Iterable[str],
    ) -> Held:
        """Give the cohort in its newest state; if few patients changed, only they are read."""
        state, held = await columns.state(), self._held.get(clinic_id)
        if held is not None and held.cohort.version == state.version:
            held.sequence = state.sequence
            return held
        changed = await columns.changed_since(held.sequence) if held is not None else None
        if held is None or changed is None:
            cohort = await columns.read(state.version, names)
        else:
            some = CohortColumns(connection, clinic_id, self._strata, changed)
            known = list(held.cohort.columns)
            now = await some.add(await some.read(state.version, known), known)
            cohort = renew(held.cohort, keys_of_texts(changed), now)
        return Held(cohort, Disclosures(self._minimum), state.sequence)

    async def _meant(self, held: Held, columns: CohortColumns, wanted: Filter) -> NDArray[np.bool_]:
        if not wanted.conditions:
            return np.ones(len(held.cohort), dtype=bool)
        if wanted.digest not in held.masks:
            mask = await columns.meant(held.cohort, wanted)
            _put(held.masks, wanted.digest, mask, MOST_MASKS)
        return held.masks[wanted.digest]

    def _hold(self, clinic_id: str, held: Held) -> None:
        self._held[clinic_id] = held
        self._held.move_to_end(clinic_id)
        while len(self._held) > 1 and self._size() > self._most_bytes:
            self._held.popitem(last=False)

    def _size(self) -> int:
        return sum(held.cohort.size for held in self._held.values())


def _put(kept: OrderedDict[str, Any], name: str, value: Any, most: int) -> None:
    kept[name] = value
    while len(kept) > most:
        kept.popitem(last=False)
