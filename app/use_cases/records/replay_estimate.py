"""Compute a kept estimate again from its own question, and compare byte for byte."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from app.answers.answer import Manner
from app.clinic.difference import first_difference
from app.clinic.kept_estimate import digest_of
from app.clinic.kept_question import read_question

if TYPE_CHECKING:
    from app.answers.answer import Answers
    from app.clinic.kept_estimate import KeptEstimate
    from app.evidence.library import Library
    from app.survival.study import Study

Reason = Literal[
    "kept_bytes_changed",
    "evidence_not_there",
    "evidence_changed",
    "service_version_alone",
    "answer_differs",
]
"""Why a replay does not give the bytes that are kept."""

VERSION_PLACE = "/service/version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What came of computing again: with what there is now, and None for what is not there.

    `difference` is the JSON Pointer of the first member that differs.
    """

    digest: str | None
    evidence: Study | None
    service_version: str
    reason: Reason | None
    difference: str | None

    @property
    def identical(self) -> bool:
        """Whether the bytes are the same, every one of them."""
        return self.reason is None


def replay_estimate(kept: KeptEstimate, *, library: Library, answers: Answers) -> Replay:
    """Ask the kept question of the kept version of the evidence. The record is not looked at."""
    study = library.studies.get(kept.evidence_id)
    if study is None or study.version != kept.evidence_version:
        return Replay(
            digest=None,
            evidence=study,
            service_version=answers.version,
            reason="kept_bytes_changed" if not kept.is_whole else "evidence_not_there",
            difference=None,
        )
    body = _answer_again(kept, study, answers)
    difference = None if body == kept.body else first_difference(kept.body, body) or ""
    return Replay(
        digest=digest_of(body),
        evidence=study,
        service_version=answers.version,
        reason=_reason(kept, study, difference),
        difference=difference,
    )


def _answer_again(kept: KeptEstimate, study: Study, answers: Answers) -> bytes:
    manner = Manner("estimate", kept.question["detail"], kept.question["language"])
    return answers.give(read_question(kept.question), study, manner).body


def _reason(kept: KeptEstimate, study: Study, difference: str | None) -> Reason | None:
    if not kept.is_whole:
        return "kept_bytes_changed"
    if difference is None:
        return None
    if study.digest != kept.evidence_digest:
        return "evidence_changed"
    # It is the last member of an answer: nothing before it differs, and nothing comes after.
    return "service_version_alone" if difference == VERSION_PLACE else "answer_differs"
