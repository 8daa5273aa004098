"""What a replay says when the bytes are not the same."""

from dataclasses import replace

import orjson
import pytest

from app.answers.answer import Answers, Manner
from app.evidence.library import Library
from app.use_cases.records.replay_estimate import replay_estimate
from tests.builders import LIBRARY, MIROCALS, a_question, an_estimate_kept

SERVICE = Answers("1.0.0")
DETAILS = ["full", "summary", "group"]


def kept(detail="full", **changed):
    manner = Manner("estimate", detail)
    body = SERVICE.give(a_question(), MIROCALS, manner).body
    return replace(an_estimate_kept(a_question(), MIROCALS, manner, body, "1.0.0"), **changed)


def replayed(one, library=LIBRARY, answers=SERVICE):
    found = replay_estimate(one, library=library, answers=answers)
    return found.identical, found.reason, found.difference


def library_with(**changed):
    """Give a library in which one study is another."""
    other = Library(LIBRARY.entries)
    other.studies = {MIROCALS.id: replace(MIROCALS, **changed)}
    return other


@pytest.mark.parametrize("detail", DETAILS)
def test_the_same_service_gives_the_same_bytes(detail):
    assert replayed(kept(detail)) == (True, None, None)


@pytest.mark.parametrize("detail", ["full", "summary"])
def test_another_release_that_answers_alike_differs_in_its_version_alone(detail):
    later = replayed(kept(detail), answers=Answers("2.0.0"))
    assert later == (False, "service_version_alone", "/service/version")


def test_the_group_alone_names_no_release_and_is_the_same_for_each():
    assert replayed(kept("group"), answers=Answers("2.0.0")) == (True, None, None)


@pytest.mark.parametrize("detail", ["full", "summary"])
def test_nothing_of_an_answer_comes_after_the_version(detail):
    """So that no difference can hide behind it."""
    answer = orjson.loads(kept(detail).body)
    assert list(answer)[-1] == "service"
    assert list(answer["service"]) == ["version"]


def test_evidence_that_is_gone_is_told():
    gone = Library({})
    assert replayed(kept(), gone) == (False, "evidence_not_there", None)
    assert replay_estimate(kept(), library=gone, answers=SERVICE).evidence is None


def test_evidence_of_another_version_is_not_computed_from():
    found = replay_estimate(kept(), library=library_with(version="2"), answers=SERVICE)
    assert (found.reason, found.digest, found.evidence.version) == ("evidence_not_there", None, "2")


def test_evidence_with_other_bytes_in_the_same_version_is_told():
    other = library_with(digest="sha256:" + "0" * 64)
    assert replayed(kept(), other) == (False, "evidence_changed", "/evidence/digest")


def test_kept_bytes_that_were_changed_are_told_by_their_digest():
    changed = kept().body.replace(b'"status":"estimate"', b'"status":"no_estimate"')
    assert replayed(kept(body=changed)) == (False, "kept_bytes_changed", "/status")
    assert replayed(kept(body=changed), Library({})) == (False, "kept_bytes_changed", None)
    assert replayed(kept(body_digest="0" * 64)) == (False, "kept_bytes_changed", None)


def test_another_answer_to_the_same_question_is_told_by_its_first_difference():
    question = kept().question | {"assay_cv": 0.5}
    identical, reason, difference = replayed(kept(question=question))
    assert (identical, reason) == (False, "answer_differs")
    assert difference == "/stratum/membership/0/probability"
