"""A wire with a script: what is heard of each try, what was sent, and how long was waited."""

import asyncio
import json

import httpx
import pytest

from app.client import clients
from app.client.clients import AsyncClient, Client

ADDRESS = "https://service.example/prefix/"
KEY = "nst_secret"
BOTH = ["threads", "asyncio"]


def problem(status, slug, **more):
    """Give a problem as the service answers it."""
    document = {
        "type": f"/problems/{slug}", "title": "A title", "status": status, "detail": "A detail.",
        "instance": "/v1/somewhere", "request_id": "req-1",
    }  # fmt: skip
    return httpx.Response(status, json=document | more)


class Wire:
    """Answers with what it was given, in turn; exceptions are raised in place of an answer."""

    def __init__(self, kind, monkeypatch):
        self.kind = kind
        self.script, self.sent, self.waits = [], [], []
        monkeypatch.setattr(clients.time, "sleep", self.waits.append)
        monkeypatch.setattr(clients.asyncio, "sleep", self._sleep)

    def send(self, call, *heard, url=ADDRESS, key=KEY, idempotency_key=None, **options):
        """Send one call by a client of this kind, with these things heard in turn."""
        self.script = list(heard)
        made = {"url": url, "key": key, "transport": httpx.MockTransport(self._hear)} | options
        if self.kind == "threads":
            with Client(**made) as client:
                return client.send(call, idempotency_key=idempotency_key)
        return asyncio.run(self._send_async(made, call, idempotency_key))

    def each(self, listing, *heard):
        """Give all items of a listing."""
        self.script = list(heard)
        transport = httpx.MockTransport(self._hear)
        if self.kind == "threads":
            with Client(ADDRESS, KEY, transport=transport) as client:
                return list(client.each(listing))
        return asyncio.run(self._each_async(listing, transport))

    @property
    def bodies(self):
        return [json.loads(request.content) for request in self.sent]

    def headers(self, name):
        return [request.headers.get(name) for request in self.sent]

    async def _send_async(self, made, call, idempotency_key):
        async with AsyncClient(**made) as client:
            return await client.send(call, idempotency_key=idempotency_key)

    async def _each_async(self, listing, transport):
        async with AsyncClient(ADDRESS, KEY, transport=transport) as client:
            return [item async for item in client.each(listing)]

    def _hear(self, request):
        self.sent.append(request)
        heard = self.script.pop(0)
        if isinstance(heard, Exception):
            raise heard
        # A response is read once: the next test hears another like it.
        return httpx.Response(heard.status_code, headers=heard.headers, content=heard.content)

    async def _sleep(self, seconds):
        self.waits.append(seconds)


@pytest.fixture(params=BOTH)
def wire(request, monkeypatch):
    """A scripted wire under each of the two clients."""
    return Wire(request.param, monkeypatch)
