"""A fit whose process fell silent has failed; any other stands as it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.clinic.cohort_model import INTERRUPTED, CohortModel

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RUNNING = CohortModel(
    id="0b1f4b0e-9a07-4c39-8c52-2c4f6d3f7a10", created_at=NOON, created_by="key:somebody",
    cohort_version="", question={"terms": [{"variable": "arm"}]}, status="running",
    alive_until=NOON,
)  # fmt: skip


def test_a_running_fit_is_seen_running_until_its_time_is_up():
    assert RUNNING.seen_at(NOON - timedelta(microseconds=1)) is RUNNING


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=3)])
def test_from_then_on_it_is_seen_interrupted(late):
    seen = RUNNING.seen_at(NOON + late)
    assert (seen.status, seen.document, seen.alive_until) == ("failed", INTERRUPTED, None)
    assert replace(seen, status="running", document=None, alive_until=NOON) == RUNNING


def test_a_running_fit_that_nobody_promised_anything_of_was_interrupted():
    assert replace(RUNNING, alive_until=None).seen_at(NOON).document == INTERRUPTED


@pytest.mark.parametrize("status", ["done", "failed"])
def test_what_has_ended_stays_as_it_ended(status):
    ended = replace(RUNNING, status=status, document={"n": 1})
    assert ended.seen_at(NOON + timedelta(days=1)) is ended


def test_neither_question_nor_answer_is_shown_where_a_model_is_logged():
    done = replace(RUNNING, status="done", document={"n": 240})
    assert "arm" not in repr(done)
    assert "240" not in repr(done)
