"""From the wire to a question: query strings and bodies, with every fault at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from app.api.query import check_names, read_parameters
from app.errors import Fault, InvalidInput
from app.schemas.estimates import DEFAULT_EVIDENCE, EstimateQuery
from app.schemas.validation import faults_of, first_of_each
from app.survival.applicability import Facts
from app.survival.estimate import Question, Wishes
from app.survival.level import CANONICAL_UNIT, SPECIMEN, Level, parse_level
from app.use_cases.estimates.give_estimate import study_for

if TYPE_CHECKING:
    from app.evidence.library import Library
    from app.schemas.estimates import (
        Detail,
        EstimateRequest,
        LevelRequest,
        PatientFactsRequest,
        WishesQuery,
        WishesRequest,
    )

M = TypeVar("M", bound=BaseModel)

PARAMETERS = frozenset(EstimateQuery.model_fields)
NO_WISHES = Wishes()
LEVEL_FIELDS = {"/value": "/pnfh"}
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")


STAND_IN = parse_level("1500", CANONICAL_UNIT)
"""In the place of a level that could not be read, so that all else can be judged too."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, with the evidence and the detail asked for, and what is wrong with it so far."""

    question: Question
    evidence: str
    detail: Detail
    faults: tuple[Fault, ...] = ()

    def check(self, library: Library) -> None:
        """Raise InvalidInput with these faults and those that only the evidence can find."""
        if self.faults:
            raise InvalidInput(first_of_each([*self.faults, *self._further(library)]))

    def _further(self, library: Library) -> tuple[Fault, ...]:
        try:
            study_for(self.question, self.evidence, library)
        except InvalidInput as error:
            return error.faults
        return ()


def ask_by_query(query_string: bytes) -> Asked:
    """A question in a query string; its faults come along."""
    pairs = read_parameters(query_string)
    faults = check_names(pairs, PARAMETERS)
    values = dict(pairs)
    query = _validated(EstimateQuery, {n: v for n, v in values.items() if n in PARAMETERS}, faults)
    level = _level_of_query(values, faults)
    spread = checked_spread(_number("assay_cv", values, faults), "/assay_cv", faults)
    wishes = wishes_of_query(values, faults)
    question = Question(level or STAND_IN, "unit" not in values, spread, wishes=wishes)
    if query is None or faults:
        evidence = values.get("evidence", DEFAULT_EVIDENCE)
        return Asked(question, evidence, "full", tuple(faults))
    return Asked(question, query.evidence, query.detail)


def ask_by_body(body: EstimateRequest) -> Asked:
    """A question in a body that has its shape already; its faults come along."""
    wishes = wishes_of(body)
    try:
        question = question_of(body.pnfh, body.patient, wishes)
    except InvalidInput as error:
        question = Question(STAND_IN, wishes=wishes)
        return Asked(question, body.evidence, body.detail, error.faults)
    return Asked(question, body.evidence, body.detail)


def question_of(
    pnfh: LevelRequest, patient: PatientFactsRequest | None, wishes: Wishes
) -> Question:
    """A level and the facts about a patient as a question. Raises InvalidInput."""
    faults: list[Fault] = []
    spread = checked_spread(_float(pnfh.assay_cv), "/pnfh/assay_cv", faults)
    try:
        level = parse_level(pnfh.value, pnfh.unit, pnfh.comparator, pnfh.specimen, pointer="/pnfh")
    except InvalidInput as error:
        raise InvalidInput([*error.faults, *faults]) from None
    if faults:
        raise InvalidInput(faults)
    return Question(level, False, spread, facts_of(patient, pnfh.collected_at), wishes)


def checked_spread(spread: float | None, pointer: str, faults: list[Fault]) -> float | None:
    """The assay's coefficient of variation, if it is a plausible ratio."""
    if spread is not None and not 0 < spread <= 1:
        detail = "assay_cv is a ratio greater than 0 and at most 1: 0.08 for 8 %."
        faults.append(Fault(pointer, "out_of_range", detail))
    return spread


def level_faults(body: Any) -> list[Fault]:
    """The faults of the level in a body that may be anything."""
    pnfh = body.get("pnfh") if isinstance(body, dict) else None
    if not isinstance(pnfh, dict):
        return []
    try:
        parse_level(
            pnfh.get("value"),
            pnfh.get("unit"),
            pnfh.get("comparator"),
            pnfh.get("specimen", SPECIMEN),
            pointer="/pnfh",
        )
    except InvalidInput as error:
        return list(error.faults)
    return []


def wishes_of(body: WishesRequest) -> Wishes:
    """The wishes of a body."""
    times = None if body.times is None else tuple(sorted({float(day) for day in body.times}))
    alive_at = None if body.alive_at is None else float(body.alive_at)
    return Wishes(times, alive_at, body.extrapolate)


def facts_of(patient: PatientFactsRequest | None, collected: date | datetime | None) -> Facts:
    """The facts for the entry criteria; `age` wins over the record's `age_at_baseline`."""
    day = collected.date() if isinstance(collected, datetime) else collected
    if patient is None:
        return Facts(collected_date=day)
    age = patient.age if patient.age is not None else patient.age_at_baseline
    return Facts(
        age=_float(age),
        birth_year=patient.birth_year,
        el_escorial=patient.el_escorial,
        onset_date=patient.onset_date,
        symptom_months=_float(patient.symptom_months),
        svc_percent=_float(patient.svc_percent),
        riluzole_start=patient.riluzole_start,
        riluzole_weeks=_float(patient.riluzole_weeks),
        baseline_date=patient.baseline_date,
        collected_date=day,
        csf_after_run_in=patient.csf_after_run_in,
        excluded_condition=patient.excluded_condition,
    )


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _validated(model: type[M], values: Any, faults: list[Fault]) -> M | None:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        faults += faults_of(error, model)
        return None


def _level_of_query(values: dict[str, str], faults: list[Fault]) -> Level | None:
    if "pnfh" not in values:
        return None
    try:
        return parse_level(
            values["pnfh"],
            values.get("unit", CANONICAL_UNIT),
            values.get("comparator"),
            values.get("specimen", SPECIMEN),
        )
    except InvalidInput as error:
        for fault in error.faults:
            where = LEVEL_FIELDS.get(fault.pointer, fault.pointer)
            faults.append(Fault(where, fault.code, fault.detail))
        return None


def read_wishes(query: WishesQuery) -> tuple[list[Fault], Wishes, float | None]:
    """The wishes of a query that has its shape, the assay's imprecision, and their faults."""
    faults: list[Fault] = []
    values = query.model_dump(exclude_none=True)
    spread = checked_spread(_number("assay_cv", values, faults), "/assay_cv", faults)
    return faults, wishes_of_query(values, faults), spread


def wishes_of_query(values: dict[str, str], faults: list[Fault]) -> Wishes:
    """The wishes of a query string; faults are added to the list."""
    if not values.keys() & {"times", "alive_at", "extrapolate"}:
        return NO_WISHES
    times = None
    if "times" in values:
        days = [_read_number(text) for text in values["times"].split(",")]
        if None in days:
            detail = "times must be days separated by commas, such as 90,180,365."
            faults.append(Fault("/times", "not_a_number", detail))
        times = tuple(sorted({day for day in days if day is not None}))
    alive_at = _number("alive_at", values, faults)
    return Wishes(times, alive_at, values.get("extrapolate") == "true")


def _number(name: str, values: dict[str, str], faults: list[Fault]) -> float | None:
    if name not in values:
        return None
    number = _read_number(values[name])
    if number is None:
        faults.append(Fault(f"/{name}", "not_a_number", f"{name} must be a number."))
    return number


def _read_number(text: str) -> float | None:
    return float(text) if len(text) <= 64 and NUMBER.fullmatch(text) else None
