"""One request and what becomes of it, as the edge sees it go by."""

from __future__ import annotations

import re
from secrets import token_hex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.types import Message, Scope, Send

REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
TRACEPARENT: Final = re.compile(rb"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")
METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
"""Any other word is told as "other": a caller may not choose what is written down."""

UNMATCHED: Final = "unmatched"
"""Stands for every address that no route has: the address itself may hold anything."""

LEFT_UNANSWERED: Final = 499
"""Told as the status when the client went away, or the service stopped, before an answer began."""

SAFETY: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
SAFETY_OVER_TLS: Final = (*SAFETY, (b"strict-transport-security", b"max-age=31536000"))
API_POLICY: Final = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")


class Exchange:
    """A request on its way through: adds what every answer has, and notes what went out."""

    __slots__ = (
        "_is_head", "_named", "_send", "is_complete", "method",
        "request_id", "scope", "sent", "status", "trace_id",
    )  # fmt: skip

    def __init__(self, scope: Scope, send: Send) -> None:
        request_id, trace = _names(scope["headers"])
        self.request_id = scope["request_id"] = request_id.decode()
        self.trace_id = trace[3:35]
        self.method: str = scope["method"] if scope["method"] in METHODS else "other"
        safety = SAFETY_OVER_TLS if scope["scheme"] == "https" else SAFETY
        self._named = ((b"x-request-id", request_id), (b"traceparent", trace), *safety)
        self._is_head = scope["method"] == "HEAD"
        self.scope = {**scope, "method": "GET"} if self._is_head else scope
        self._send = send
        self.status = LEFT_UNANSWERED
        self.sent = 0
        self.is_complete = False

    @property
    def has_started(self) -> bool:
        """Whether the head of an answer has left."""
        return self.status != LEFT_UNANSWERED

    @property
    def route(self) -> str:
        """The template of the route that took the request, never its address."""
        path: str = getattr(self.scope.get("route"), "path", UNMATCHED)
        return path

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on; a HEAD request is answered without the body."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message["headers"]
            headers.extend(self._named)
            if not any(name == API_POLICY[0] for name, _ in headers):
                headers.append(API_POLICY)
        else:
            if self._is_head:
                message = {**message, "body": b""}
            self.sent += len(message.get("body", b""))
            self.is_complete = not message.get("more_body", False)
        await self._send(message)


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
