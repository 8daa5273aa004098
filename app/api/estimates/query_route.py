"""The short way for the busiest questions: a query string in, finished bytes out.

FastAPI declares and documents these routes as any other. At run time the query is read once by
`ask_by_query`, and FastAPI's own solving of dependencies, half of a small request, is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from app.api.estimates.question import Asked, ask_by_query

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.types import Receive, Scope, Send


class QueryRoute(APIRoute):
    """An APIRoute whose endpoint is given the request and the question asked."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the question and hand it over; errors go to the app's handlers as from any route."""
        if scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        answer: Callable[[Request, Asked], Coroutine[Any, Any, Response]] = self.endpoint
        request = Request(scope, receive)
        response = await answer(request, ask_by_query(scope["query_string"]))
        await response(scope, receive, send)
