"""The edge: every request gets an id, every answer its safety headers. Plain ASGI, for speed.

It is also the last resort: an error that nobody foresaw becomes a problem document here, inside of
the middleware that would log the exception's text. HEAD is GET without the body, everywhere. And
here what became of each request is counted and told, by the route's template alone.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request

from app.api.edge.exchange import Exchange
from app.api.edge.log_format import current_request_id
from app.api.problems import unexpected_problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from app.api.edge.access_log import AccessLog
    from app.api.edge.cors import Wrap
    from app.api.edge.tally import Tally


class CutOff(Exception):
    """An answer failed when a part of it had left: the server closes the connection."""


class Edge:
    """Wraps the app: request id and trace in and out, safety headers on every answer."""

    def __init__(
        self,
        app: ASGIApp,
        tally: Tally | None = None,
        access_log: AccessLog | None = None,
        cors: Wrap | None = None,
    ) -> None:
        self.app = cors(app) if cors else app
        self.cors = cors
        self.tally = tally
        self.access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = Exchange(scope, send)
        current_request_id.set(exchange.request_id)
        tally, started = self.tally, perf_counter()
        if tally is not None:
            tally.in_flight += 1
        try:
            await self._answer(exchange, receive)
        finally:
            seconds = perf_counter() - started
            if tally is not None:
                tally.in_flight -= 1
                tally.count(exchange.method, exchange.route, exchange.status, seconds)
            if self.access_log is not None:
                self.access_log.tell(exchange, seconds)

    async def _answer(self, exchange: Exchange, receive: Receive) -> None:
        try:
            await self.app(exchange.scope, receive, exchange.send)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001  (the last resort)
            problem: ASGIApp = unexpected_problem(Request(exchange.scope), error)
            if exchange.has_started:
                raise CutOff from None
            # What failed was inside of the wrapping: the last resort needs it as well.
            problem = self.cors(problem) if self.cors else problem
            await problem(exchange.scope, receive, exchange.send)
