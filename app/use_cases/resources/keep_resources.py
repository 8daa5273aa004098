"""Keep the patients and levels that a transaction brings: all of them, or none."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

from app.clinic.measurement import Measurement, MeasurementFacts
from app.clinic.page import BY_CREATION
from app.clinic.patient import Patient, PatientFacts
from app.db.across_patients import AcrossPatients
from app.db.measurements import MeasurementRepository
from app.db.patients import PatientRepository
from app.errors import Conflict, Fault, InvalidInput, PreconditionFailed
from app.integrations.fhir.bundle import full_reference
from app.integrations.fhir.element import Element
from app.integrations.fhir.search import Search, read_condition
from app.integrations.fhir.transaction import Draft, contradictions
from app.use_cases.records.keep_patient import keep_patient
from app.use_cases.records.record_measurement import record_measurement

UNKNOWN_PATIENT: Final = (
    "unknown_reference",
    "This leads to no patient: neither to one of the transaction, nor to one of your clinic.",
)
SEVERAL: Final = "If-None-Exist meets more than one resource: ask for what only one can have."

_PATIENT: Final = re.compile(r"(.*?)/?Patient/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


@dataclass(frozen=True, slots=True)
class KeptResource:
    """What became of a draft: what there is now, and whether it is new."""

    record: Patient | Measurement
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Keeps drafts in one transaction of a clinic, whose FHIR door has the address `base`.

    `faults` begin with those of resources that could not be read, so that all are told at once.
    """

    moment: datetime
    by: str
    base: str
    patients: PatientRepository
    measurements: MeasurementRepository
    across: AcrossPatients
    faults: list[Fault] = field(default_factory=list)
    taken: list[Fault] = field(default_factory=list)
    named: dict[str, Patient] = field(default_factory=dict)

    async def keep(
        self, drafts: Sequence[Draft], unread: Collection[str] = ()
    ) -> list[KeptResource]:
        """Keep all drafts, patients first. `unread` are names of patients who could not be read.

        Raises InvalidInput for what cannot be kept; Conflict if an identifier is taken, and
        nothing else is wrong; PreconditionFailed where a condition meets more than one.
        """
        done: dict[int, KeptResource | None] = {}
        for at, draft in enumerate(drafts):
            if isinstance(draft.facts, PatientFacts):
                done[at] = await self._patient(draft, draft.facts)
        urls = {draft.full_url for draft in drafts} | {*unread}
        for at, draft in enumerate(drafts):
            if isinstance(draft.facts, MeasurementFacts):
                done[at] = await self._level(draft, draft.facts, urls)
        if self.faults:
            raise InvalidInput([*self.faults, *self.taken])
        if self.taken:
            raise Conflict(" ".join(fault.detail for fault in self.taken), self.taken)
        return [kept for at in range(len(drafts)) if (kept := done[at])]

    async def _patient(self, draft: Draft, facts: PatientFacts) -> KeptResource | None:
        kept = await self._patient_there(draft) or await self._new_patient(draft, facts)
        if kept is not None and draft.full_url and isinstance(kept.record, Patient):
            self.named[draft.full_url] = kept.record
        return kept

    async def _new_patient(self, draft: Draft, facts: PatientFacts) -> KeptResource | None:
        try:
            patient = await keep_patient(
                facts, moment=self.moment, by=self.by, patients=self.patients
            )
        except Conflict as error:
            place = draft.identifier.pointer if draft.identifier else ""
            self.taken.extend(Fault(place, one.code, one.detail) for one in error.faults)
            return None
        return KeptResource(patient, is_new=True)

    async def _level(
        self, draft: Draft, facts: MeasurementFacts, urls: Collection[str | None]
    ) -> KeptResource | None:
        named = full_reference(draft.subject.text or "", draft.full_url)
        patient = self.named.get(named) or await self._whose(draft.subject)
        if patient is None:
            if named not in urls:
                self.faults.append(draft.subject.fault(*UNKNOWN_PATIENT))
            return None
        there = await self._level_there(draft)
        if there is not None:
            return there
        level = await record_measurement(
            patient, facts, moment=self.moment, measurements=self.measurements
        )
        return KeptResource(level, is_new=True)

    async def _whose(self, subject: Element) -> Patient | None:
        """The patient of the clinic that a reference leads to."""
        reference = subject.text or ""
        if reference.startswith("Patient?"):
            search = self._search("Patient", subject)
            found = search and await self._patients(search)
            return found[0] if found and len(found) == 1 else None
        known = _PATIENT.fullmatch(reference)
        if known is None or known[1] not in {"", self.base}:
            return None
        return await self.patients.find(known[2])

    async def _patient_there(self, draft: Draft) -> KeptResource | None:
        search = self._condition("Patient", draft)
        there = _only(await self._patients(search)) if search else None
        if there is not None:
            self.faults.extend(contradictions(draft, there.record.facts))
        return there

    async def _level_there(self, draft: Draft) -> KeptResource | None:
        search = self._condition("Observation", draft)
        if search is None:
            return None
        return _only(await self.across.levels(search.sought, BY_CREATION, None, 2))

    async def _patients(self, search: Search) -> list[Patient]:
        return await self.patients.page(None, 2, BY_CREATION, search.wanted)

    def _condition(self, kind: str, draft: Draft) -> Search | None:
        return None if draft.if_none_exist is None else self._search(kind, draft.if_none_exist)

    def _search(self, kind: str, stated: Element) -> Search | None:
        """Read a condition; one that asks nothing or cannot be read becomes faults."""
        pairs = parse_qsl((stated.text or "").rpartition("?")[2], keep_blank_values=True)
        try:
            if pairs:
                return read_condition(kind, pairs)
        except InvalidInput as error:
            detail = "; ".join(f"{fault.pointer[1:]}: {fault.detail}" for fault in error.faults)
            self.faults.append(stated.fault("unreadable_condition", detail))
            return None
        detail = "Say what is sought, such as identifier=SITE-0042."
        self.faults.append(stated.fault("unreadable_condition", detail))
        return None


def _only(found: Sequence[Patient] | Sequence[Measurement]) -> KeptResource | None:
    if len(found) > 1:
        raise PreconditionFailed(SEVERAL)
    return KeptResource(found[0], is_new=False) if found else None
