"""Whose web pages may call the service from a browser: those of the setting, and no others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from starlette.middleware.cors import CORSMiddleware

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
SENT: Final = (
    "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match",
    "If-None-Exist", "Prefer", "Traceparent", "X-Request-ID",
)  # fmt: skip
"""Headers that scripts may send, beside those that every script may."""

READ: Final = (
    "ETag", "Location", "Link", "Retry-After", "RateLimit", "RateLimit-Policy", "WWW-Authenticate",
    "X-Request-ID", "Content-Language",
)  # fmt: skip
"""Headers of an answer that scripts may read, beside those that every script may."""

REMEMBERED_SECONDS: Final = 600

Wrap = Callable[["ASGIApp"], "ASGIApp"]


class Cors(CORSMiddleware):
    """Starlette's middleware for the origins of the list; all others see the service without it.

    Every answer says that it depends on the origin, so that no cache gives one origin's to another.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer a listed origin's preflight."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        origins = [value for name, value in scope["headers"] if name == b"origin"]
        if len(origins) == 1 and self.is_allowed_origin(origins[0].decode("latin-1")):
            await super().__call__(scope, receive, send)
            return

        async def send_with_vary(message: Message) -> None:
            if message["type"] == "http.response.start":
                _vary_by_origin(message)
            await send(message)

        await self.app(scope, receive, send_with_vary)


def cors_for(origins: str | None) -> Wrap | None:
    """Give what opens an app to the origins of the setting; None if there are none."""
    if origins is None:
        return None
    listed = origins.split(",")

    def wrap(app: ASGIApp) -> ASGIApp:
        return Cors(
            app,
            allow_origins=listed,
            allow_methods=METHODS,
            allow_headers=SENT,
            expose_headers=READ,
            max_age=REMEMBERED_SECONDS,
            allow_private_network=True,  # a page of the list may call into the hospital's network
        )

    return wrap


def _vary_by_origin(message: Any) -> None:
    headers = message["headers"] = list(message["headers"])
    for position, (name, value) in enumerate(headers):
        if name == b"vary":
            headers[position] = (name, value + b", Origin")
            return
    headers.append((b"vary", b"Origin"))
