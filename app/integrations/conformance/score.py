"""How well a system does: each vector's expectation beside what was heard of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from app.integrations.conformance.heard import Heard
from app.schemas.conformance import Dialect, Expectation, ExpectedProblem, VectorResponse

ANSWERS: Final = ("status", "reason", "stratum", "possible_strata", "hazard_ratio", "used")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was expected and not heard."""

    what: str
    expected: Any
    got: Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """A vector, and all that is wrong with what was heard of it."""

    vector: VectorResponse
    differences: tuple[Difference, ...]

    @property
    def is_right(self) -> bool:
        """Whether all was as expected."""
        return not self.differences


def judge(vector: VectorResponse, heard: Heard, dialect: Dialect) -> Verdict:
    """Hold what was heard against the expectation."""
    expected = vector.expect
    if heard.status_code != expected.status_code:
        found = [Difference("status_code", expected.status_code, heard.status_code)]
        # What was answered instead says which mistake it was.
        found += [Difference("status", None, heard.status)] if heard.status else []
    elif "problem" in expected.model_fields_set:
        found = list(_of_refusals(expected.problem, heard, dialect))
    else:
        found = list(_of_answers(expected, heard))
    return Verdict(vector, tuple(found))


def is_told_in(vector: VectorResponse, dialect: Dialect) -> bool:
    """Whether a dialect can say the case."""
    return dialect == "fhir" or vector.native is not None


def _of_answers(expected: Expectation, heard: Heard) -> Iterator[Difference]:
    stated = expected.model_dump(exclude_unset=True)
    for name in ANSWERS:
        wanted, got = stated.get(name), getattr(heard, name)
        if wanted != got:
            yield Difference(name, wanted, got)


def _of_refusals(problem: ExpectedProblem, heard: Heard, dialect: Dialect) -> Iterator[Difference]:
    if dialect == "native" and heard.slug != problem.slug:
        yield Difference("problem", problem.slug, heard.slug)
    fault = _fault(problem, dialect)
    faults = [(code, place) if fault[0] else (None, place) for code, place in heard.faults]
    if fault not in faults:
        yield Difference("fault", fault, heard.faults or None)


def _fault(problem: ExpectedProblem, dialect: Dialect) -> tuple[str | None, str]:
    """The code and the place of the fault that must be named; any code will do for None."""
    if dialect == "native":
        return problem.code, problem.pointer
    is_told = "fhir_code" in problem.model_fields_set
    return problem.fhir_code if is_told else None, problem.expression
