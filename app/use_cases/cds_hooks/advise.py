"""Advise on a patient: the latest level that stands, answered as any other question."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson

from app.answers.answer import Manner
from app.integrations.cds_hooks.card import Sample
from app.integrations.fhir.facts import is_deceased, read_facts
from app.integrations.fhir.latest import read_latest
from app.integrations.fhir.levels import collected_day
from app.schemas.estimates import DEFAULT_EVIDENCE
from app.survival.applicability import Facts
from app.survival.estimate import Question
from app.survival.level import parse_level
from app.use_cases.estimates.give_estimate import give_estimate

if TYPE_CHECKING:
    from app.answers.answer import Answers
    from app.answers.phrases import Language
    from app.clinic.measurement import MeasurementFacts
    from app.evidence.library import Library
    from app.integrations.fhir.element import Element
    from app.use_cases.cds_hooks.gather_chart import Chart


@dataclass(frozen=True, slots=True)
class Advice:
    """The answer document, its levels with every digit, and what a card says of the sample."""

    document: dict[str, Any]
    sample: Sample


def advise(
    chart: Chart, language: Language, *, library: Library, answers: Answers
) -> Advice | None:
    """Give the answer, or None where there is nothing to say.

    There is nothing without a result that stands, and nothing about who has died. Raises
    InvalidInput with every fault of the result that would be used, each at its element.
    """
    found = chart.results.candidates()
    if not found or is_deceased(chart.patient):
        return None
    result, level = read_latest(found, chart.results.read)
    question = question_of(level, chart.patient)
    manner = Manner("estimate", "summary", language)
    answer = give_estimate(question, DEFAULT_EVIDENCE, manner, library=library, answers=answers)
    document: dict[str, Any] = orjson.loads(answer.body)
    # Parsed as floats, 749.999… with thirty nines would be 750, and in another stratum.
    document["input"]["given"]["value"] = Decimal(question.level.text)
    document["input"]["used"]["value"] = question.level.value
    sample = Sample(collected_day(result), chart.results.has_newer_draft(result))
    return Advice(document, sample)


def question_of(level: MeasurementFacts, patient: Element | None) -> Question:
    """Put the question that a result and a Patient ask."""
    day = level.collected_date
    facts = Facts(collected_date=day) if patient is None else read_facts(patient, day)
    measured = parse_level(level.value, level.unit, level.comparator, level.specimen)
    return Question(measured, facts=facts)
