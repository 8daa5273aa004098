"""A connection that sends its request line and headers too slowly is told so and closed.

uvicorn waits for ever; a few hundred such connections would hold the service. Nor does it mind how
long the headers are, whether there is one Host, or a body that nobody reads any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

REFUSAL = b"HTTP/1.1 %b\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
TIMEOUT = REFUSAL % b"408 Request Timeout"
TOO_LARGE = REFUSAL % b"431 Request Header Fields Too Large"
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

    def _refuse(self, answer: bytes) -> None:
        """Close, with an answer unless the request has one already."""
        if self.transport.is_closing():
            return
        if self._in_head and not self._is_answering():
            self.transport.write(answer)
        self.transport.close()

    def _is_answering(self) -> bool:
        return not getattr(self.cycle, "response_complete", True)
