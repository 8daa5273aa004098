"""A clinic's patients as columns: follow-up, facts, covariates, and the latest CSF level."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.filter import PNFH, STRATUM, Condition, Filter
from app.cohort.cohort import UNKNOWN, Cohort
from app.cohort.columns import CategoricalColumn, Column
from app.cohort.follow_up import CENSORED
from app.db.audit import audit_chain, audit_event
from app.db.cohort_terms import ENDED_BY, VITAL, days_of, is_synthetic, of_clinic
from app.db.column_chunks import Chunk, Ids, Wanted, read_chunks
from app.db.fact_columns import Facts
from app.db.filters import matching
from app.db.level_columns import read_levels
from app.db.patient_keys import check_distinct, keys_of
from app.db.patients import NOT_DELETED, patient
from app.db.text_codes import Coder
from app.survival.stratum import Range

MOST_EVENTS: Final = 2_000
"""So many are looked through for who has changed; after more, everybody is read again."""

CHANGES_NOBODY: Final = frozenset(
    (
        "get_patients", "find_patients", "export_all_patients", "get_import", "list_audit",
        "verify_audit", "describe_cohort", "fit_cohort_model", "read_cohort_model",
        "calibrate_cohort", "create_evidence", "read_all_evidence", "read_one_evidence",
        "read_evidence_card", "read_evidence_difference", "estimate", "create_estimate",
        "create_estimates", "stratum", "treatment_effect", "survival_curves", "issue_token",
        "assess_pnfh_survival", "search_fhir_patients", "find_fhir_patients",
        "search_fhir_observations", "find_fhir_observations", "read_fhir_observation",
        "search_fhir_risk_assessments", "find_fhir_risk_assessments", "read_fhir_risk_assessment",
        "keep_card_feedback", "sum_up_card_feedback",
    )
)  # fmt: skip
"""Deeds that are about no single patient and change none."""

NEVER_CHANGED: Final = "unchanged"
"""The version of a cohort that nothing changed since versions are kept."""


@dataclass(frozen=True, slots=True)
class State:
    """A state of a clinic's records: its version, and the last event of the chain then."""

    version: str
    sequence: int


class CohortColumns:
    """The columns of one clinic, in a transaction that sees one moment of the database."""

    def __init__(
        self,
        connection: AsyncConnection,
        clinic_id: str,
        strata: Mapping[str, Range],
        only: Sequence[str] | None = None,
    ) -> None:
        """`only` are the ids of the few patients whose columns are wanted; without it, all."""
        self._connection = connection
        self._clinic_id = clinic_id
        self._strata = strata
        self._only = only
        self._ours = [of_clinic(patient, connection, clinic_id), NOT_DELETED]
        if only is not None:
            self._ours = [patient.c.clinic_id == clinic_id, patient.c.id.in_(only), NOT_DELETED]

    async def state(self) -> State:
        """Name the state that the clinic's patients and levels are in."""
        ours = audit_chain.c.clinic_id == self._clinic_id
        query = select(audit_chain.c.changed_digest, audit_chain.c.last_sequence).where(ours)
        row = (await self._connection.execute(query)).first()
        if row is None:
            return State(NEVER_CHANGED, 0)
        return State(row.changed_digest or NEVER_CHANGED, row.last_sequence)

    async def changed_since(self, sequence: int) -> list[str] | None:
        """Give the ids of the patients whom events after this one are about; None if unknown.

        What is not known are the patients of an import, or those of events that were let go of.
        """
        events = audit_event.c
        query = (
            select(events.sequence, events.action, events.patient_id)
            .where(events.clinic_id == self._clinic_id, events.sequence > sequence)
            .order_by(events.sequence)
            .limit(MOST_EVENTS + 1)
        )
        rows = (await self._connection.execute(query)).all()
        if not 0 < len(rows) <= MOST_EVENTS or rows[0].sequence != sequence + 1:
            return None
        if any(row.patient_id is None and row.action not in CHANGES_NOBODY for row in rows):
            return None
        return sorted({row.patient_id for row in rows if row.patient_id is not None})

    async def read(self, version: str, names: Iterable[str] = ()) -> Cohort:
        """Give the follow-up of all patients, and those of these variables that are facts."""
        numbers = [
            *(days_of(self._connection), patient.c.entry_days, VITAL, ENDED_BY),
            is_synthetic(self._connection),
        ]
        facts = Facts.among(names)
        ids, found, coded = await self._gather([*numbers, *facts.numbers], facts.texts)
        keys = keys_of(ids)
        order = await asyncio.to_thread(np.argsort, keys)
        columns = [column[order] for column in found]
        days, entry, vital, ended_by, synthetic = columns[: len(numbers)]
        return Cohort(
            version,
            check_distinct(keys[order]),
            days,
            np.nan_to_num(entry, nan=0.0),
            np.nan_to_num(vital, nan=UNKNOWN).astype(np.int8),
            np.nan_to_num(ended_by, nan=CENSORED).astype(np.int8),
            synthetic == 1,
            facts.columns(columns[len(numbers) :], [one.of(order) for one in coded]),
        )

    async def add(self, cohort: Cohort, names: Iterable[str]) -> Cohort:
        """Give the same cohort with these variables. It must be of this transaction's version."""
        wanted = [name for name in names if name not in cohort.columns]
        found: dict[str, Column] = {}
        if {PNFH, STRATUM} & set(wanted):
            levels = await read_levels(
                self._connection,
                self._clinic_id,
                cohort.keys,
                self._strata,
                only=self._only,
            )
            found |= {PNFH: levels.pnfh, STRATUM: levels.stratum}
        facts = [name for name in wanted if name not in {PNFH, STRATUM}]
        if facts:
            found |= await self._facts(cohort.keys, facts)
        return replace(cohort, columns=cohort.columns | found)

    async def meant(self, cohort: Cohort, wanted: Filter) -> NDArray[np.bool_]:
        """Say which patients of the cohort a filter means.

        The cohort must have the stratum if the filter asks for it: to look for each patient's
        latest level again would take longer than all the rest.
        """
        others = tuple(one for one in wanted.conditions if one.field != STRATUM)
        mask = np.ones(len(cohort), dtype=bool)
        if others:
            mask = await self._matching(cohort, Filter(others))
        for condition in wanted.conditions:
            strata = cohort.columns.get(condition.field)
            if condition.field == STRATUM and isinstance(strata, CategoricalColumn):
                mask &= _lies_in(strata, condition)
        return mask

    async def _matching(self, cohort: Cohort, wanted: Filter) -> NDArray[np.bool_]:
        chunks = read_chunks(
            self._connection,
            Wanted([patient.c.id]),
            patient,
            *self._ours,
            *matching(wanted, patient, self._strata),
        )
        mask = np.zeros(len(cohort), dtype=bool)
        async for chunk in chunks:
            mask[np.searchsorted(cohort.keys, keys_of(chunk.ids[0]))] = True
        return mask

    async def _facts(self, keys: NDArray[np.uint64], names: Sequence[str]) -> dict[str, Column]:
        facts = Facts.among(names)
        ids, found, coded = await self._gather(facts.numbers, facts.texts)
        order = await asyncio.to_thread(np.argsort, keys_of(ids))
        if not np.array_equal(keys_of(ids)[order], keys):
            raise RuntimeError("the columns of a cohort were read from two states")
        return facts.columns([one[order] for one in found], [one.of(order) for one in coded])

    async def _gather(
        self, numbers: Sequence[ColumnElement[Any]], texts: Sequence[ColumnElement[Any]]
    ) -> tuple[Ids, list[NDArray[np.float64]], list[CategoricalColumn]]:
        coders = [Coder() for _ in texts]
        chunks: list[Chunk] = []
        wanted = Wanted([patient.c.id], numbers, texts)
        few = self._only is not None
        async for chunk in read_chunks(self._connection, wanted, patient, *self._ours, few=few):
            for coder, values in zip(coders, chunk.texts, strict=True):
                coder.add(values)
            chunks.append(replace(chunk, texts=[]))
        ids = np.concatenate([np.empty((0, 2), np.uint64), *(chunk.ids[0] for chunk in chunks)])
        found = [
            np.concatenate([np.empty(0), *(chunk.numbers[i] for chunk in chunks)])
            for i in range(len(numbers))
        ]
        return ids, found, [coder.column() for coder in coders]


def _lies_in(strata: CategoricalColumn, condition: Condition) -> NDArray[np.bool_]:
    """Who lies in a stratum that a condition allows. Code -1, of those without, is the last."""
    names = (*strata.categories, None)
    return np.array([_allows(condition, name) for name in names])[strata.codes]


def _allows(condition: Condition, name: str | None) -> bool:
    if condition.operator == "exists":
        return bool((name is not None) == condition.value)
    if condition.operator == "any_of":
        return name in condition.value
    return name not in {None, condition.value}
