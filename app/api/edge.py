"""The edge: every request gets an id, every answer its safety headers. Plain ASGI, for speed.

It is also the last resort: an error that nobody foresaw becomes a problem document here, inside of
the middleware that would log the exception's text. HEAD is GET without the body, everywhere.
"""

from __future__ import annotations

import re
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from starlette.requests import ClientDisconnect, Request

from app.api.problems import unexpected_problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
TRACEPARENT = re.compile(rb"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")

SAFETY: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
API_POLICY: Final = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")


class CutOff(Exception):
    """An answer failed when a part of it had left: the server closes the connection."""


class Edge:
    """Wraps the app: request id and trace in and out, safety headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, trace = _names(scope["headers"])
        scope["request_id"] = request_id.decode()
        named = ((b"x-request-id", request_id), (b"traceparent", trace), *SAFETY)
        has_started, is_head = False, scope["method"] == "HEAD"
        if is_head:
            scope = {**scope, "method": "GET"}

        async def send_named(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                headers = message["headers"]
                headers.extend(named)
                if not any(name == API_POLICY[0] for name, _ in headers):
                    headers.append(API_POLICY)
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        try:
            await self.app(scope, receive, send_named)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001  (the last resort)
            problem = unexpected_problem(Request(scope), error)
            if has_started:
                raise CutOff from None
            await problem(scope, receive, send_named)


def _names(headers: list[tuple[bytes, bytes]]) -> tuple[bytes, bytes]:
    """The request's own id and trace where they are well formed, else new ones."""
    request_id = trace = b""
    for name, value in headers:
        if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
            request_id = value
        elif name == b"traceparent" and (found := TRACEPARENT.fullmatch(value)):
            trace = b"00-%b-%b-%b" % (found[1], token_hex(8).encode(), found[2])
    if not request_id or not trace:
        fresh = token_hex(28).encode()
        request_id = request_id or fresh[:32]
        trace = trace or b"00-%b-%b-00" % (fresh[:32], fresh[32:48])
    return request_id, trace
