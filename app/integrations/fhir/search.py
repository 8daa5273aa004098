"""FHIR searches: parameters into conditions, in the order and the number that are asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from app.clinic.filter import Condition, Filter
from app.clinic.page import BY_CREATION, By, Order
from app.clinic.sought import Sought
from app.errors import Fault, InvalidInput
from app.integrations.fhir.codes import (
    OBSERVATION_CATEGORIES,
    OBSERVATION_STATUS,
    PNFH,
    PNFH_CODE,
    PNFH_SYSTEM,
)
from app.integrations.fhir.times import Bounds, read_bounds
from app.schemas.validation import unknown_field

PAGE: Final = 50
LARGEST_PAGE: Final = 200

EVERYWHERE: Final = {"_format": "json, or its media type"}
PARAMETERS: Final[Mapping[str, Mapping[str, str]]] = {
    "Patient": {
        "_id": "ids, separated by commas",
        "identifier": "pseudonyms: value, or system|value; separated by commas",
        "_lastUpdated": "changed then: a day or an instant after ge, gt, sa, le, lt, eb or nothing",
    },
    "Observation": {
        "_id": "ids, separated by commas",
        "patient": "whose level: an id, or Patient/id",
        "subject": "the same as patient",
        "code": f"what was measured: {PNFH_SYSTEM}|{PNFH_CODE}",
        "status": "final: what is kept here stands",
        "category": "laboratory: all that is kept here",
        "date": "the day of collection, after ge, gt, sa, le, lt, eb or nothing",
    },
    "RiskAssessment": {
        "_id": "ids, separated by commas",
        "patient": "whose estimate: an id, or Patient/id",
        "subject": "the same as patient",
    },
}
"""Resource -> parameter -> what it asks."""

PAGING: Final = {
    "_count": f"most resources of a page, up to {LARGEST_PAGE}; 0 only tells how many there are",
    "_total": "accurate: tell how many there are in all; none, as ever: where one page tells",
    "_totalMethod": "count: the same as _total=accurate, which some clients write so",
    "_summary": "count: only tell how many there are; false: whole resources, as ever",
    "_sort": "the order, - to descend",
    "_cursor": "goes on after a page: follow its link",
}
ORDERS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "Patient": {"_lastUpdated": ("updated_at",), "identifier": ("identifier",)},
    "Observation": {"_lastUpdated": ("created_at",), "date": ("collected_date", "created_at")},
    "RiskAssessment": {"_lastUpdated": ("created_at",)},
}
"""Resource -> word for `_sort` -> the fields that it sorts by."""

ALWAYS: Final[Mapping[str, tuple[str, str]]] = {
    "code": PNFH,
    "status": (OBSERVATION_STATUS, "final"),
    "category": (OBSERVATION_CATEGORIES, "laboratory"),
}
"""Parameter -> the system and the code that every Observation has there."""

SAME: Final = {"patient:Patient": "patient", "subject:Patient": "subject"}
"""Parameter with its type, where there is no other -> the same without."""

WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "_total": ("accurate", "estimate", "none"),
    "_totalMethod": ("count",),
    "_summary": ("count", "false"),
}
"""Parameter -> what it may say. Whoever wishes an estimate of the total gets the total."""

COUNTED: Final = {"accurate", "estimate", "count"}

OFTEN: Final = {"_lastUpdated", "date"}
"""Parameters that may be given twice, as the two ends of a time."""

_ID: Final = re.compile(r"(.*/)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for: patients by `wanted`, all else by `sought`.

    `counts` says whether it is asked how many there are in all; a `size` of 0 asks only that.
    """

    wanted: Filter
    sought: Sought
    order: Order
    size: int
    counts: bool


def names_for(kind: str) -> dict[str, str]:
    """The parameters of a search for a kind of resource, and what they ask."""
    return {**PARAMETERS[kind], **PAGING, **EVERYWHERE}


def is_passed_over(kind: str, name: str, value: str) -> bool:
    """Whether a lenient search goes without this parameter: R4 lets no modifier be passed over.

    R4 lets a server answer with whole resources, whatever summary of them is wished.
    """
    if name == "_summary":
        return value not in WORDS[name]
    plain = name.partition(":")[0].partition(".")[0]
    return plain not in names_for(kind) and name not in SAME


def read_search(kind: str, pairs: Iterable[tuple[str, str]]) -> Search:
    """Read a search. Raises InvalidInput with every parameter that is unknown or unreadable."""
    return _read(kind, pairs, names_for(kind))


def read_condition(kind: str, pairs: Iterable[tuple[str, str]]) -> Search:
    """Read what a conditional create looks for: the same, without pages and orders.

    Raises InvalidInput.
    """
    return _read(kind, pairs, PARAMETERS[kind])


def _read(kind: str, pairs: Iterable[tuple[str, str]], known: Mapping[str, str]) -> Search:
    faults: list[Fault] = []
    values: dict[str, list[str]] = {}
    for written, value in pairs:
        name = SAME.get(written, written) if "patient" in known else written
        if name not in known:
            faults.append(unknown_field([name], known))
        elif name in values and name not in OFTEN:
            faults.append(Fault(f"/{name}", "repeated", f"{name} may be given once."))
        else:
            values.setdefault(name, []).append(value)
    reader = _Reader(values, faults)
    search = Search(
        wanted=Filter(tuple(reader.conditions())) if kind == "Patient" else Filter(),
        sought=reader.sought(),
        order=reader.order(kind),
        size=reader.size(),
        counts=reader.counts(),
    )
    if faults:
        raise InvalidInput(faults)
    return search


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads values one by one; what cannot be read becomes a fault."""

    values: Mapping[str, Sequence[str]]
    faults: list[Fault]

    def conditions(self) -> Iterable[Condition]:
        """The conditions on a patient."""
        ids, identifiers = self._ids("_id"), self._one("identifier")
        if ids is not None:
            yield Condition("id", "any_of", tuple(sorted(ids)))
        if identifiers is not None:
            yield Condition("identifier", "any_of", tuple(self._tokens(identifiers)))
        for lower, upper in self._times("_lastUpdated"):
            if lower is not None:
                yield Condition("updated_at", "gte", lower)
            if upper is not None:
                yield Condition("updated_at", "lt", upper)

    def sought(self) -> Sought:
        """The conditions on what is kept about patients."""
        found = Sought(ids=self._ids("_id"))
        for name in ("patient", "subject"):
            whose = self._ids(name)
            if whose is not None:
                both = whose if found.patients is None else whose & found.patients
                found = replace(found, patients=both)
        if not all(self._meets(name, *pair) for name, pair in ALWAYS.items()):
            found = replace(found, ids=frozenset())
        for lower, upper in self._times("date"):
            found = replace(
                found,
                since=_later(found.since, lower and lower.date()),
                before=_earlier(found.before, upper and upper.date()),
            )
        return found

    def order(self, kind: str) -> Order:
        """The order that is asked for; without any, that of creation."""
        word = self._one("_sort")
        if word is None:
            return BY_CREATION
        fields = ORDERS[kind].get(word.removeprefix("-"))
        if fields is None:
            known = ", ".join(ORDERS[kind])
            self._fault("_sort", "unknown_order", f"Sort by {known}, after - to descend.")
            return BY_CREATION
        return tuple(By(field, word.startswith("-")) for field in fields)

    def size(self) -> int:
        """How many are asked for at once; more than the most are given as the most."""
        written = self._one("_count")
        if written is not None and not re.fullmatch(r"\d{1,9}", written, re.ASCII):
            self._fault("_count", "out_of_range", "This must be a whole number, 0 or more.")
        elif self._one("_summary") == "count":
            return 0
        elif written is not None:
            return min(int(written), LARGEST_PAGE)
        return PAGE

    def counts(self) -> bool:
        """Whether it is asked in a word how many there are in all."""
        told = [self._word(name) for name in WORDS]
        return not COUNTED.isdisjoint(told)

    def _word(self, name: str) -> str | None:
        written = self._one(name)
        if written is not None and written not in WORDS[name]:
            self._fault(name, "unknown_word", f"This may be {' or '.join(WORDS[name])}.")
        return written

    def _ids(self, name: str) -> frozenset[str] | None:
        """Ids, perhaps after `Patient/` or an address; what can be no id of ours finds nothing."""
        written = self._one(name)
        if written is None:
            return None
        found = [_ID.fullmatch(word.strip()) for word in written.split(",")]
        return frozenset(one[2] for one in found if one and _may_stand_before(one[1], name))

    def _tokens(self, written: str) -> Iterable[str]:
        """Pseudonyms: unique in the clinic, whatever system is named with them.

        `|value` asks for one that has no system, and all have one.
        """
        for word in written.split(","):
            system, bar, value = word.rpartition("|")
            if not value:
                self._fault("identifier", "missing", "Name a value: value, or system|value.")
            if system or not bar:
                yield value

    def _meets(self, name: str, system: str, code: str) -> bool:
        """Whether what is asked, if it is, is what all have."""
        written = self._one(name)
        asked = {
            tuple(word.rpartition("|"))
            for word in (code if written is None else written).split(",")
        }
        return bool(asked & {(system, "|", code), ("", "", code), (system, "|", "")})

    def _times(self, name: str) -> Iterable[Bounds]:
        for written in self.values.get(name, ()):
            bounds = read_bounds(written)
            if bounds is None or (name == "date" and "T" in written):
                example = "ge2024-01-31" + ("" if name == "date" else " or ge2024-01-31T09:30:00Z")
                self._fault(name, "not_a_date", f"Write a time such as {example}.")
            else:
                yield bounds

    def _one(self, name: str) -> str | None:
        return next(iter(self.values.get(name, ())), None)

    def _fault(self, name: str, code: str, detail: str) -> None:
        self.faults.append(Fault(f"/{name}", code, detail))


def _may_stand_before(prefix: str | None, name: str) -> bool:
    """Whether an id may be written after this: `Patient/` of whatever server, where it refers."""
    is_reference = name != "_id" and f"/{prefix}".endswith("/Patient/")
    return prefix is None or is_reference


def _later(one: date | None, other: date | None) -> date | None:
    return max((day for day in (one, other) if day is not None), default=None)


def _earlier(one: date | None, other: date | None) -> date | None:
    return min((day for day in (one, other) if day is not None), default=None)
