"""Give an estimate: find the study, judge what is wished of it, answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.errors import Fault, InvalidInput
from app.survival.estimate import Question, Wishes

if TYPE_CHECKING:
    from app.answers.answer import Answer, Answers, Manner
    from app.evidence.library import Library
    from app.survival.study import Study

MOST_TIMES = 50


def give_estimate(
    question: Question, evidence_id: str, manner: Manner, *, library: Library, answers: Answers
) -> Answer:
    """Answer a question from the evidence named. Raises InvalidInput with every fault."""
    study = study_for(question, evidence_id, library)
    return answers.give(question, study, manner)


def study_for(question: Question, evidence_id: str, library: Library) -> Study:
    """The study that can answer the question. Raises InvalidInput with every fault."""
    study = find_study(evidence_id, library)
    faults = judge_wishes(question.wishes, study) if question.wishes != Wishes() else []
    if faults:
        raise InvalidInput(faults)
    return study


def find_study(evidence_id: str, library: Library) -> Study:
    """The trial of that id. Raises InvalidInput that lists those there are."""
    study = library.studies.get(evidence_id)
    if study is None:
        known = ", ".join(library.studies)
        detail = f"There is no trial evidence of that id. There is: {known}."
        raise InvalidInput([Fault("/evidence", "unknown_evidence", detail)])
    return study


def judge_wishes(wishes: Wishes, study: Study) -> list[Fault]:
    """What of the wishes lies outside the study."""
    faults = []
    last = study.extrapolation_limit if wishes.extrapolate else study.horizon
    times = wishes.times
    if times is not None and not 0 < len(times) <= MOST_TIMES:
        detail = f"times must name 1 to {MOST_TIMES} days."
        faults.append(Fault("/times", "too_many" if times else "missing", detail))
    elif times is not None and not all(0 <= day <= last for day in times):
        further = "" if wishes.extrapolate else f", to {study.extrapolation_limit} with extrapolate"
        detail = f"times must be days from 0 to {last}{further}."
        faults.append(Fault("/times", "out_of_range", detail))
    if wishes.alive_at is not None and not 0 <= wishes.alive_at < study.horizon:
        detail = f"alive_at must be a day from 0 to less than {study.horizon}."
        faults.append(Fault("/alive_at", "out_of_range", detail))
    return faults
