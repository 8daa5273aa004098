"""A connection that sends its request line and headers too slowly is told so and closed.

uvicorn waits for ever; a few hundred such connections would hold the service. Nor does it mind how
long the headers are, whether there is one Host, or a body that nobody reads any more.
"""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from secrets import token_hex
from typing import TYPE_CHECKING, ClassVar

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.api.edge.exchange import SAFETY
from app.api.problems import KINDS, MEDIA_TYPE, problem_document

if TYPE_CHECKING:
    import asyncio

INVALID = (
    400,
    "validation-error",
    "This is no well-formed HTTP request, or names a method that is not known.",
)
TIMEOUT = (408, "timeout", "The request's line and headers took too long to arrive.")
TOO_LARGE = (431, "too-large", "The request's line and headers are too long.")
LONGEST_HEAD = 65_536
"""Bytes of request line and headers; what arrives in one piece may be somewhat longer."""


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's httptools protocol with a deadline for each request's line and headers."""

    seconds: ClassVar[float] = 15.0
    _deadline: asyncio.TimerHandle | None = None
    _in_head = True
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock: a silent connection is on it too."""
        super().connection_made(transport)
        self._start_clock()

    def data_received(self, data: bytes) -> None:
        """Count what arrives while the headers are not complete."""
        super().data_received(data)
        self._head = self._head + len(data) if self._in_head else 0
        if self._head > LONGEST_HEAD:
            self._refuse(TOO_LARGE)

    def on_message_begin(self) -> None:
        """Start the clock for a further request on the same connection."""
        super().on_message_begin()
        self._in_head = True
        self._start_clock()

    def on_headers_complete(self) -> None:
        """Stop the clock. Raises what the parser answers with 400, unless one Host is named."""
        self._stop_clock()
        self._in_head = False
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() == "1.1"):
            raise ValueError("a request names one host")  # RFC 9112, section 3.2
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """An answer left before its request had arrived: the rest has the time of a request."""
        super().on_response_complete()
        if self.cycle.more_body:
            self._start_clock()

    def on_message_complete(self) -> None:
        """The whole request is here."""
        super().on_message_complete()
        self._stop_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is left to wait for."""
        self._stop_clock()
        super().connection_lost(exc)

    def _start_clock(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.seconds, self._give_up)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self._is_answering():
            self._start_clock()  # this request was sent ahead of the answer to the one before
        else:
            self._refuse(TIMEOUT)

    def send_400_response(self, msg: str) -> None:
        """Tell of what is no HTTP as of any other problem, unless an answer has begun to leave."""
        del msg
        if not self.transport.is_closing():
            if not (self._is_answering() and self.cycle.response_started):
                self.transport.write(refusal(*INVALID))
            self.transport.close()

    def _refuse(self, situation: tuple[int, str, str]) -> None:
        """Close, with an answer unless the request has one already."""
        if self.transport.is_closing():
            return
        if self._in_head and not self._is_answering():
            self.transport.write(refusal(*situation))
        self.transport.close()

    def _is_answering(self) -> bool:
        return not getattr(self.cycle, "response_complete", True)


def refusal(status: int, slug: str, detail: str) -> bytes:
    """Write the whole answer to what never became a request: it has no address to name."""
    request_id = token_hex(16)
    document = problem_document(replace(KINDS[slug], status=status), detail, "", request_id)
    del document["instance"]
    body = orjson.dumps(document)
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-request-id", request_id.encode()),
        *SAFETY,
        (b"connection", b"close"),
    ]
    line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()
    return line + b"".join(b"%b: %b\r\n" % header for header in headers) + b"\r\n" + body
