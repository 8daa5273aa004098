"""Where a serving process writes what happens: lines on standard error, without waiting."""

from __future__ import annotations

import logging
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from app.api.edge.access_log import AccessLog
from app.api.edge.log_format import LineFormatter
from app.api.edge.log_writer import LineHandler, LineWriter

if TYPE_CHECKING:
    from app.settings import Settings

logger = logging.getLogger("neurostrata")


def open_log(settings: Settings) -> LineWriter:
    """Send every log of the process to standard error, and leave no other way there."""
    writer = LineWriter(_standard_error())
    handler = LineHandler(writer)
    handler.setFormatter(LineFormatter(as_text=settings.log_format == "text"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in ("neurostrata", "uvicorn"):
        logging.getLogger(name).setLevel(settings.log_level.upper())
    logging.captureWarnings(capture=True)
    threading.excepthook = _tell_thread
    sys.unraisablehook = _tell_unraisable
    return writer


def open_access_log(settings: Settings, writer: LineWriter) -> AccessLog | None:
    """Give the log of requests, unless a setting switched it off."""
    if not settings.access_log:
        return None
    return AccessLog(
        writer.write,
        as_text=settings.log_format == "text",
        with_address=settings.log_client_address,
    )


def _standard_error() -> int:
    # Where it was closed, its number soon belongs to something else: a socket, a database.
    return os.open(os.devnull, os.O_WRONLY) if sys.stderr is None else sys.stderr.fileno()


# Python itself would print the exception's text, and it may hold what was sent.
def _tell_thread(failed: threading.ExceptHookArgs) -> None:
    _tell("a thread failed", failed.exc_type, failed.exc_value, failed.exc_traceback)


def _tell_unraisable(failed: Any) -> None:
    _tell("an exception was ignored", failed.exc_type, failed.exc_value, failed.exc_traceback)


def _tell(event: str, *error: Any) -> None:
    logger.error(event, exc_info=error)
