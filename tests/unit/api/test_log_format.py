"""How a log record becomes a line, and what is left out of it."""

import json
import logging
import sys

import pytest

from app.api.edge.log_format import LineFormatter, current_request_id, places_of
from app.api.edge.log_writer import LineHandler

SECRET = "c4n4ryJaneDoe"
HOSTILE = [
    "a\nb",
    "a\r\nb",
    "\x1b[31m",
    "\x00",
    "\u2028",
    "\x9b",
    "é",
    "\ud800",
    '"}{"a":"',
    "\x7f",
]


def record(message, *args, name="neurostrata", level=logging.WARNING, error=None):
    return logging.LogRecord(name, level, "/somewhere/place.py", 42, message, args, error)


def told(*args, **options):
    return json.loads(LineFormatter().format(record(*args, **options)))


def an_error():
    """Raise and catch an error whose text must not be told."""
    try:
        int(SECRET)
    except ValueError:
        return sys.exc_info()


def test_a_record_says_when_how_grave_and_what():
    line = told("database away: %s", "OperationalError")
    assert list(line) == ["time", "level", "event"]
    assert (line["level"], line["event"]) == ("warning", "database away: OperationalError")


def test_an_exception_is_told_by_its_kind_and_place_alone():
    line = told("it failed", error=an_error())
    assert (line["event"], line["exception"]) == ("it failed", "ValueError")
    assert line["raised_at"].startswith("test_log_format.py:")
    assert SECRET not in str(line)


def test_of_a_deep_error_the_last_places_are_told():
    def fall(depth):
        if depth:
            return fall(depth - 1)
        return 1 / 0

    with pytest.raises(ZeroDivisionError) as caught:
        fall(20)
    places = places_of(caught.value.__traceback__).split()
    assert len(places) == 8
    assert len(set(places)) == 2


def test_a_traceback_in_one_of_uvicorns_messages_is_cut_off():
    line = told(f"It failed\nTraceback\nValueError: {SECRET}", name="uvicorn.error")
    assert line["event"] == "It failed"


@pytest.mark.parametrize("name", ["asyncio", "aiosqlite", "sqlalchemy.pool", "neurostrataX"])
def test_what_others_say_is_told_without_what_they_filled_in(name):
    filled = told(f"row {SECRET}", name=name, error=an_error())
    assert filled["event"] == "(message withheld)"
    assert (filled["logger"], filled["at"]) == (name, "place.py:42")
    gaps = told("executing %s", SECRET, name=name)
    assert gaps["event"] == "executing %s"
    assert SECRET not in str(filled) + str(gaps)


def test_a_record_within_a_request_has_its_id():
    token = current_request_id.set("mine")
    try:
        assert told("something")["request_id"] == "mine"
    finally:
        current_request_id.reset(token)
    assert "request_id" not in told("something")


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize("said", HOSTILE)
def test_nothing_that_is_said_breaks_a_line_or_steers_a_terminal(said, as_text):
    line = LineFormatter(as_text=as_text).format(record("said: %s", said))
    assert line.isascii()
    assert line.isprintable()
    assert as_text or json.loads(line)["event"].startswith("said: ")


class Kept:
    """A writer that keeps its lines."""

    def __init__(self):
        self.lines = []

    def write(self, line):
        self.lines.append(line)


def test_a_record_that_cannot_be_written_is_told_as_such():
    kept = Kept()
    handler = LineHandler(kept)
    handler.setFormatter(LineFormatter())
    handler.emit(record("%d of %d", SECRET))
    (line,) = kept.lines
    assert json.loads(line)["event"] == "a log line could not be written"
    assert SECRET.encode() not in line
