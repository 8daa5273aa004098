"""Each patient's latest CSF pNFH as columns: the number, and the stratum it lies in.

What takes long in numpy is done in a thread, where it lets go of the interpreter's lock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Double, String, and_, case, cast, func, or_, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.measurement import CSF, PNFH
from app.cohort.columns import CategoricalColumn, NumericColumn
from app.db.cohort_terms import day_number, instant_number, of_clinic
from app.db.column_chunks import Chunk, Wanted, read_chunks
from app.db.latest_levels import level, lies_in
from app.db.patient_keys import keys_of
from app.survival.level import FACTORS
from app.survival.stratum import Range

NEAR: Final = 1e-6
"""Relative distance from a cut point within which a float does not decide, the database does."""


@dataclass(frozen=True, slots=True, eq=False)
class LevelColumns:
    """The latest level in pg/mL (NaN where only a bound is known, or nothing), and its stratum."""

    pnfh: NumericColumn
    stratum: CategoricalColumn


async def read_levels(
    connection: AsyncConnection,
    clinic_id: str,
    keys: NDArray[np.uint64],
    strata: Mapping[str, Range],
    *,
    only: Sequence[str] | None = None,
) -> LevelColumns:
    """Read the levels of all patients, whose keys are ascending, and keep the latest of each.

    `only` are the ids of the patients, if they are few.
    """
    number, decided = _value_and_decision(strata)
    found = await _gather(connection, clinic_id, [level.c.patient_id], [number, decided], only)
    owned = await asyncio.to_thread(_owned, keys, keys_of(found.ids[0]))
    if owned.has_several:  # only then it matters which is the latest
        numbers = [number, decided, *_moments(connection)]
        ids = [level.c.patient_id, level.c.id]
        found = await _gather(connection, clinic_id, ids, numbers, only)
        owned = await asyncio.to_thread(_owned, keys, keys_of(found.ids[0]))
    return await asyncio.to_thread(_columns, keys.size, owned, found, strata)


@dataclass(frozen=True, slots=True, eq=False)
class _Owned:
    """Whose the levels are: rows of patients who were not deleted, and each row's patient."""

    rows: NDArray[np.intp]
    of_patient: NDArray[np.intp]
    has_several: bool


def _owned(keys: NDArray[np.uint64], owners: NDArray[np.uint64]) -> _Owned:
    """Sorted keys are found many times as fast as keys in any order: their places lie together."""
    order = np.argsort(owners)
    ascending = owners[order]
    of_patient = np.empty(owners.size, np.intp)
    places = np.searchsorted(keys, ascending)
    of_patient[order] = places
    is_known = np.append(keys, np.uint64(0))[places] == ascending
    has_several = bool((ascending[1:] == ascending[:-1]).any())
    return _Owned(order[is_known], of_patient, has_several)


def _columns(n: int, owned: _Owned, found: Chunk, strata: Mapping[str, Range]) -> LevelColumns:
    rows = _latest(owned.rows, owned.of_patient, found)
    pnfh = np.full(n, np.nan)
    stratum = np.full(n, -1, np.int32)
    pnfh[owned.of_patient[rows]] = found.numbers[0][rows]
    stratum[owned.of_patient[rows]] = _strata(found, strata)[rows]
    return LevelColumns(NumericColumn(pnfh), CategoricalColumn(stratum, tuple(strata)))


async def _gather(
    connection: AsyncConnection,
    clinic_id: str,
    of_rows: Sequence[ColumnElement[Any]],
    numbers: Sequence[ColumnElement[Any]],
    only: Sequence[str] | None,
) -> Chunk:
    ours = of_clinic(level, connection, clinic_id)
    if only is not None:
        ours = and_(level.c.clinic_id == clinic_id, level.c.patient_id.in_(only))
    chunks = read_chunks(
        connection,
        Wanted(of_rows, numbers),
        level,
        ours,
        level.c.deleted_at.is_(None),
        and_(level.c.biomarker == PNFH, level.c.specimen == CSF),
        few=only is not None,
    )
    read = [chunk async for chunk in chunks]
    ids = [
        np.concatenate([np.empty((0, 2), np.uint64), *(chunk.ids[i] for chunk in read)])
        for i in range(len(of_rows))
    ]
    columns = [
        np.concatenate([np.empty(0), *(chunk.numbers[i] for chunk in read)])
        for i in range(len(numbers))
    ]
    return Chunk(ids, columns, [])


def _moments(connection: AsyncConnection) -> list[ColumnElement[Any]]:
    """When each level was collected and kept: what decides which is the latest."""
    return [
        day_number(level.c.collected_date, connection),
        instant_number(level.c.collected_at, connection),
        instant_number(level.c.created_at, connection),
    ]


def _latest(rows: NDArray[np.intp], of_patient: NDArray[np.intp], found: Chunk) -> NDArray[np.intp]:
    """The row of each patient's last collected level, as `LATEST_FIRST` orders them."""
    owners = of_patient[rows]
    if len(found.numbers) == 2:
        return rows
    moments = (np.nan_to_num(column[rows], nan=-np.inf) for column in found.numbers[2:])
    date, instant, created = moments
    ids = found.ids[1][rows]
    order = np.lexsort((ids[:, 1], ids[:, 0], created, instant, date, owners))
    is_last = np.ones(order.size, dtype=bool)
    is_last[:-1] = np.diff(owners[order]) != 0
    latest: NDArray[np.intp] = rows[order[is_last]]
    return latest


def _strata(found: Chunk, strata: Mapping[str, Range]) -> NDArray[np.int32]:
    """The stratum of each level: by its number, but where the database has decided exactly."""
    value, exact = found.numbers[:2]
    code = np.full(value.size, -1, np.int32)
    for place, held in enumerate(strata.values()):
        lower = 0.0 if held.lower is None else float(held.lower)
        upper = np.inf if held.upper is None else float(held.upper)
        code[(value > lower) & (value < upper)] = place
    is_decided = ~np.isnan(exact) | np.isnan(value)
    code[is_decided] = np.nan_to_num(exact[is_decided], nan=-1.0).astype(np.int32)
    return code


def _value_and_decision(
    strata: Mapping[str, Range],
) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The level in pg/mL, and the place of its stratum where a float cannot tell it."""
    number = cast(type_coerce(level.c.value, String()), Double)
    value = number * case(*((level.c.unit == unit, int(by)) for unit, by in FACTORS.items()))
    is_number = level.c.comparator.is_(None)
    cuts = [float(held.upper) for held in strata.values() if held.upper is not None]
    is_near = or_(*(func.abs(value - cut) <= NEAR * cut for cut in cuts))
    exact = case(*((lies_in(held), place) for place, held in enumerate(strata.values())))
    return case((is_number, value)), case((or_(~is_number, is_near), exact))
