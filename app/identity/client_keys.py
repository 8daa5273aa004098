"""The public keys of trusted clients, and whether something was really signed by one of them."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

import httpx
import orjson

from app.clinic.trusted_client import CLIENT_ALGORITHMS, TrustedClient, read_client_header
from app.identity.fetch import LONGEST_SECONDS, Fetched, IssuerAway, fetch_document
from app.identity.issuer import is_local
from app.identity.issuer_keys import FETCH_SECONDS, IssuerKeys
from app.identity.signed_text import proved_claims

MOST_CLIENTS: Final = 256
"""The keys of so many clients are held at a time: those that were asked for last."""


class ClientKeys:
    """Holds the keys of clients. Where they are fetched from is registered, never told by a token.

    `near` asks this machine, `far` all others, perhaps through the environment's proxy.
    """

    def __init__(self, near: httpx.AsyncClient, far: httpx.AsyncClient) -> None:
        self._near = near
        self._far = far
        self._held: OrderedDict[str, IssuerKeys] = OrderedDict()
        self._leaving: set[asyncio.Task[None]] = set()

    async def prove(self, written: str, client: TrustedClient) -> dict[str, Any]:
        """Give the claims that a client signed.

        Raises TokenRefused, or Unavailable if the client's keys cannot be fetched.
        """
        keys = self._keys_of(client)
        judge = partial(read_client_header, jwks_url=client.jwks_url)
        return await proved_claims(written, CLIENT_ALGORITHMS, judge, keys.find)

    async def close(self) -> None:
        """Give up what is under way."""
        for keys in self._held.values():
            await keys.close()
        await asyncio.gather(*self._leaving)

    def _keys_of(self, client: TrustedClient) -> IssuerKeys:
        keys = self._held.pop(client.id, None)
        if keys is None:
            # A key that its client has taken back is not good for a day more, as an issuer's is.
            fetch = partial(self._fetch, client)
            keys = IssuerKeys(fetch, algorithms=CLIENT_ALGORITHMS, stale_seconds=0)
        self._held[client.id] = keys
        if len(self._held) > MOST_CLIENTS:
            _, oldest = self._held.popitem(last=False)
            self._let_go(oldest)
        return keys

    def _let_go(self, keys: IssuerKeys) -> None:
        task = asyncio.create_task(keys.close())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _fetch(self, client: TrustedClient) -> Fetched:
        if client.jwks is not None:
            return Fetched(orjson.loads(client.jwks), LONGEST_SECONDS)
        if client.jwks_url is None:
            raise IssuerAway("no keys are registered")
        asked = self._near if is_local(client.jwks_url) else self._far
        return await fetch_document(asked, client.jwks_url)


@asynccontextmanager
async def open_client_keys() -> AsyncIterator[ClientKeys]:
    """Open the way to the keys of clients. Nothing is fetched before it is needed."""
    told = {"accept": "application/json", "accept-encoding": "identity"}
    async with (
        httpx.AsyncClient(headers=told, timeout=FETCH_SECONDS, trust_env=False) as near,
        httpx.AsyncClient(headers=told, timeout=FETCH_SECONDS) as far,
    ):
        keys = ClientKeys(near, far)
        try:
            yield keys
        finally:
            await keys.close()
