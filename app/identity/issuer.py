"""The issuer whose tokens are taken: where its keys are, and whether a token is really its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import httpx

from app.clinic.token import ALGORITHMS, Speaker, Trust, read_claims, read_header
from app.identity.fetch import LOOPBACK, Fetched, IssuerAway, fetch_document, is_acceptable
from app.identity.issuer_keys import FETCH_SECONDS, IssuerKeys
from app.identity.signed_text import proved_claims

DISCOVERY: Final = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Issuer:
    """The issuer whose tokens are taken."""

    trust: Trust
    keys: IssuerKeys

    async def check(self, written: str, now: datetime) -> Speaker:
        """Say for whom a token speaks.

        Raises TokenRefused, or Unavailable if no key of the issuer can be had.
        """
        claims = await proved_claims(written, ALGORITHMS, read_header, self.keys.find)
        return read_claims(claims, self.trust, now)


@asynccontextmanager
async def open_issuer(trust: Trust | None) -> AsyncIterator[Issuer | None]:
    """Open the way to the issuer, if one is trusted. Nothing is fetched before it is needed."""
    if trust is None:
        yield None
        return
    # A proxy of the environment may lead to the outside, but not back to this machine.
    async with httpx.AsyncClient(
        headers={"accept": "application/json", "accept-encoding": "identity"},
        timeout=FETCH_SECONDS,
        trust_env=not is_local(trust.issuer),
    ) as client:
        issuer = Issuer(trust, IssuerKeys(partial(fetch_keys, client, trust)))
        try:
            yield issuer
        finally:
            await issuer.keys.close()


async def fetch_keys(client: httpx.AsyncClient, trust: Trust) -> Fetched:
    """Fetch the issuer's key set from where the operator or the issuer says. Raises IssuerAway."""
    return await fetch_document(client, trust.jwks_url or await _discover(client, trust))


async def _discover(client: httpx.AsyncClient, trust: Trust) -> str:
    document, _ = await fetch_document(client, trust.issuer.rstrip("/") + DISCOVERY)
    if document.get("issuer") != trust.issuer:
        raise IssuerAway("its discovery document names another issuer")
    url = document.get("jwks_uri")
    # Whoever speaks for a far issuer must not make the service ask its own machine.
    is_near_enough = isinstance(url, str) and (is_local(trust.issuer) or not is_local(url))
    if not isinstance(url, str) or not is_near_enough or not is_acceptable(url):
        raise IssuerAway("its jwks_uri is no acceptable address")
    return url


def is_local(url: str) -> bool:
    """Whether an address is on this machine."""
    return urlsplit(url).hostname in LOOPBACK
