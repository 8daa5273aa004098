"""The laws of a kept estimate, whatever was asked."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from app.answers.answer import Answers, Manner
from app.clinic.kept_question import read_question, write_question
from app.use_cases.records.replay_estimate import replay_estimate
from tests.builders import LIBRARY, STUDIES, an_estimate_kept
from tests.properties.strategies import questions, studies

details = st.sampled_from(["full", "summary", "group"])
languages = st.sampled_from(["en", "fr"])
# Two, so that what was given then and what answers now share no kept pieces.
THEN, NOW = Answers("1.2.3"), Answers("1.2.3")


@given(question=questions)
def test_a_question_is_read_as_it_was_written(question):
    written = json.loads(json.dumps(write_question(question)))
    assert read_question(written) == question
    assert repr(read_question(written)) == repr(question)  # == takes 1 for 1.0


@settings(max_examples=1000)
@given(question=questions, study=studies, detail=details, language=languages)
def test_a_thousand_kept_estimates_replay_to_the_same_bytes(question, study, detail, language):
    manner = Manner("estimate", detail, language)
    body = THEN.give(question, STUDIES[study], manner).body
    kept = an_estimate_kept(question, STUDIES[study], manner, body, THEN.version)
    replay = replay_estimate(kept, library=LIBRARY, answers=NOW)
    assert (replay.identical, replay.digest, replay.difference) == (True, kept.body_digest, None)
