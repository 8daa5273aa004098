"""How a log record becomes a line: one event a line, and nothing in it that was sent.

Our own messages and uvicorn's are written for this. What other libraries say may quote a
statement, a row or an exception's text, so of theirs only the place, the level and the kind of
exception are told, and the message where its gaps have not been filled.
"""

from __future__ import annotations

import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from types import TracebackType

OURS: Final = ("neurostrata", "uvicorn")
WITHHELD: Final = "(message withheld)"
PLACES: Final = 8
"""So many steps of a traceback are told, the last ones."""

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")


class LineFormatter(logging.Formatter):
    """Writes a record as JSON, or as text."""

    def __init__(self, *, as_text: bool = False) -> None:
        super().__init__()
        self._as_text = as_text

    def format(self, record: logging.LogRecord) -> str:
        """Write one line, without its end."""
        told = _told(record)
        if self._as_text:
            return " ".join(map(str, told.values()))
        return orjson.dumps(told).decode()


def places_of(trace: TracebackType | None) -> str:
    """Say where an error happened: files and lines, the last ones, without any values."""
    steps = extract_tb(trace)[-PLACES:]
    return " ".join(f"{Path(step.filename).name}:{step.lineno}" for step in steps)


def _told(record: logging.LogRecord) -> dict[str, Any]:
    time = datetime.fromtimestamp(record.created, UTC)
    told = {
        "time": f"{time:%Y-%m-%dT%H:%M:%S.%fZ}",
        "level": record.levelname.lower(),
        "event": _tame(_message(record)),
    }
    if not _is_ours(record):
        told |= {"logger": record.name, "at": f"{record.filename}:{record.lineno}"}
    if request_id := current_request_id.get():
        told["request_id"] = request_id
    if record.exc_info and record.exc_info[0]:
        kind, _, trace = record.exc_info
        told |= {"exception": kind.__name__, "raised_at": places_of(trace)}
    return told


def _message(record: logging.LogRecord) -> str:
    if _is_ours(record):
        # Further lines of uvicorn's would be a traceback.
        return next(iter(record.getMessage().splitlines()), "")
    return str(record.msg) if record.args else WITHHELD


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in OURS


def _tame(message: str) -> str:
    """Write what could break a line, or steer a terminal, as an escape."""
    return message.encode("unicode_escape").decode()
