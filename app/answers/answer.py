"""Answers as bytes: what a level shares with others of its kind is computed and written once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import orjson

from app.answers.document import Detail, applicability, document, part_document
from app.answers.phrases import Language, phrases_for
from app.answers.splice import Gap, Splice, cut
from app.survival.applicability import Facts, judge_applicability
from app.survival.estimate import Question, Wishes, estimate_survival
from app.survival.level import plain
from app.survival.reading import Reading, ReadingKind, read_level

if TYPE_CHECKING:
    from app.survival.applicability import Grade
    from app.survival.study import Study

Part: TypeAlias = Literal["estimate", "stratum", "treatment_effect", "survival_curves"]
"""`estimate` for the whole answer, or the one part that is asked for."""

NO_FACTS = Facts()
KEPT = 512
"""How many kinds of answer are kept. Few are asked for; odd wishes must not fill the memory."""

GIVEN: Gap = ("input", "given", "value")
GIVEN_UNIT: Gap = ("input", "given", "unit")
GIVEN_BOUND: Gap = ("input", "given", "comparator")
USED: Gap = ("input", "used", "value")
USED_BOUND: Gap = ("input", "used", "comparator")
SPREAD: Gap = ("stratum", "assay_cv")
NEAREST: Gap = ("stratum", "nearest_cut_point")
DISTANCE: Gap = ("stratum", "distance_to_cut_point")
CONTINUOUS: tuple[Gap, ...] = (
    ("treatment_effect", "continuous", "hazard_ratio"),
    ("treatment_effect", "continuous", "lower"),
    ("treatment_effect", "continuous", "upper"),
    ("treatment_effect", "continuous", "rounding_range", "lower"),
    ("treatment_effect", "continuous", "rounding_range", "upper"),
)
APPLICABILITY: Gap = ("applicability",)


def chance_gap(position: int) -> Gap:
    """Where the probability stands that the level truly lies in the stratum at a position."""
    return ("stratum", "membership", position, "probability")


@dataclass(frozen=True, slots=True)
class Manner:
    """How an answer is to be given: which part, in how much detail, in which language."""

    part: Part = "estimate"
    detail: Detail = "full"
    language: Language = "en"


@dataclass(frozen=True, slots=True)
class AnswerKind:
    """All that decides an answer's fixed pieces; `facts_given` leaves a gap for the judgement."""

    reading: ReadingKind
    wishes: Wishes
    unit_assumed: bool
    assay_cv_given: bool
    facts_given: bool
    grade: Grade
    manner: Manner


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished JSON document and the tag that names exactly these bytes."""

    body: bytes
    etag: str


class Answers:
    """Gives answers from studies, keeping the pieces that answers of one kind share."""

    def __init__(self, version: str) -> None:
        self.version = version
        self._kept: dict[tuple[AnswerKind, Study], Splice] = {}

    def give(self, question: Question, study: Study, manner: Manner) -> Answer:
        """The answer to a question, in a manner."""
        reading = read_level(question.level, study, question.assay_cv)
        facts_given = question.facts != NO_FACTS
        judged = judge_applicability(question.facts, study.criteria) if facts_given else None
        kind = AnswerKind(
            reading.kind,
            question.wishes,
            question.unit_assumed,
            question.assay_cv is not None,
            facts_given,
            judged.grade if judged else "undetermined",
            manner,
        )
        splice = self.splice(kind, question, study)
        values = gap_values(reading)
        if judged:
            shown = applicability(judged, phrases_for(study, manner.language))
            values[APPLICABILITY] = orjson.dumps(shown)
        return Answer(splice.fill(values), splice.etag(values))

    def splice(self, kind: AnswerKind, question: Question, study: Study) -> Splice:
        """The fixed pieces of a kind of answer, made from the first question of that kind."""
        kept = self._kept.get((kind, study))
        if kept is None:
            if len(self._kept) >= KEPT:
                self._kept.pop(next(iter(self._kept)))
            kept = self._kept[(kind, study)] = self._cut(kind, question, study)
        return kept

    def _cut(self, kind: AnswerKind, question: Question, study: Study) -> Splice:
        chances = tuple(chance_gap(i) for i in range(len(study.strata)))
        gaps = (
            GIVEN, GIVEN_UNIT, GIVEN_BOUND, USED, USED_BOUND,
            *chances, SPREAD, NEAREST, DISTANCE, *CONTINUOUS,
        )  # fmt: skip
        if kind.facts_given:
            gaps += (APPLICABILITY,)
        return cut(self.document(question, study, kind.manner), gaps)

    def document(self, question: Question, study: Study, manner: Manner) -> dict[str, Any]:
        """The answer as plain data, computed from the start: what `give` must equal."""
        estimate = estimate_survival(question, study)
        phrases = phrases_for(study, manner.language)
        if manner.part == "estimate":
            return document(estimate, phrases, manner.detail, self.version)
        return part_document(estimate, phrases, manner.part, manner.detail, self.version)


def gap_values(reading: Reading) -> dict[Gap, bytes]:
    """The numbers that the level itself decides, as finished JSON."""
    level, at = reading.level, reading.continuous
    values: dict[Gap, bytes] = {
        GIVEN: level.text.encode(),
        GIVEN_UNIT: orjson.dumps(level.unit),
        GIVEN_BOUND: orjson.dumps(level.comparator),
        USED: plain(level.value).encode(),
        USED_BOUND: orjson.dumps(level.comparator),
        SPREAD: orjson.dumps(reading.assay_cv),
    }
    for position, chance in enumerate(reading.probabilities or ()):
        values[chance_gap(position)] = orjson.dumps(chance)
    if reading.nearest_cut_point is not None and reading.distance_to_cut_point is not None:
        values[NEAREST] = plain(reading.nearest_cut_point).encode()
        values[DISTANCE] = orjson.dumps(float(reading.distance_to_cut_point))
    if at is not None:
        numbers = (at.hazard_ratio, at.lower, at.upper, at.rounding_lower, at.rounding_upper)
        values |= dict(zip(CONTINUOUS, map(orjson.dumps, numbers), strict=True))
    return values
