"""The service called by hand: what arrives, when it stops, and what leaves, piece by piece."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from app.main import create_app

SILENCE = object()
"""Nothing more arrives, and nobody says so."""
GONE = {"type": "http.disconnect"}


@dataclass
class Heard:
    """What left the service."""

    status: int = 0
    headers: dict = field(default_factory=dict)
    pieces: list = field(default_factory=list)
    is_whole: bool = False

    @property
    def body(self):
        return b"".join(self.pieces)


@asynccontextmanager
async def running(settings):
    """Run the service; give a function that calls it with pieces of a body."""
    app = create_app(settings)
    async with app.router.lifespan_context(app) as state:

        async def call(path, pieces=(), query="", method="POST", **headers):
            heard = Heard()
            await app(
                scope_of(path, query, method, headers, state), arriving(pieces), leaving(heard)
            )
            return heard

        yield call


def scope_of(path, query, method, headers, state):
    named = {"host": "here", "content_type": "application/json"} | headers
    sent = [(name.replace("_", "-").encode(), text.encode()) for name, text in named.items()]
    return {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
        "method": method, "scheme": "http", "path": path, "raw_path": path.encode(),
        "query_string": query.encode(), "root_path": "", "headers": sent,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": dict(state),
    }  # fmt: skip


def arriving(pieces):
    """Give the body piece by piece; at its end wait, as a client does that reads its answer."""
    waiting = iter(pieces)
    ended = False

    async def receive():
        nonlocal ended
        await asyncio.sleep(0)
        piece = next(waiting, SILENCE if ended else b"")
        if piece is SILENCE:
            await asyncio.Event().wait()
        if piece is GONE:
            return GONE
        ended = piece == b""
        return {"type": "http.request", "body": piece, "more_body": not ended}

    return receive


def leaving(heard):
    async def send(message):
        if message["type"] == "http.response.start":
            heard.status = message["status"]
            heard.headers = {name.decode(): text.decode() for name, text in message["headers"]}
        else:
            heard.pieces.append(message.get("body", b""))
            heard.is_whole = not message.get("more_body", False)
        await asyncio.sleep(0)

    return send
