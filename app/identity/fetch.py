"""Fetching a small JSON document from the issuer, which may be slow, broken or taken over."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import httpx
import orjson

MOST_BYTES: Final = 262_144
LOOPBACK: Final = {"localhost", "127.0.0.1"}

SHORTEST_SECONDS: Final = 60
USUAL_SECONDS: Final = 600
LONGEST_SECONDS: Final = 3600

_MAX_AGE: Final = re.compile(r"(?:^|[\s,])max-age=\"?(\d{1,9})\b", re.IGNORECASE)


class IssuerAway(Exception):
    """The issuer did not give what was asked. The reason is for the operator's log."""


class Fetched(NamedTuple):
    """A document, and for how many seconds it may be kept: within a minute and an hour."""

    document: dict[str, Any]
    keep_seconds: int


def is_acceptable(url: str) -> bool:
    """Whether the service asks this address: https, or http on this machine alone."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    local = parts.hostname in LOOPBACK
    named = bool(parts.hostname) and "@" not in parts.netloc and not parts.fragment
    return named and parts.scheme == ("http" if local else "https")


async def fetch_document(client: httpx.AsyncClient, url: str) -> Fetched:
    """Fetch a JSON object. Raises IssuerAway: on anything but 200, too; redirects are not followed.

    The caller sets the time it may take.
    """
    try:
        async with client.stream("GET", url, follow_redirects=False) as response:
            if response.status_code != httpx.codes.OK:
                raise IssuerAway(f"status {response.status_code}")
            body = await _read(response)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise IssuerAway(type(error).__name__) from error
    return Fetched(_parse(body), _keep_seconds(response.headers.get("cache-control", "")))


async def _read(response: httpx.Response) -> bytes:
    # Not decoded: a small answer could be inflated to any size.
    if response.headers.get("content-encoding", "identity") != "identity":
        raise IssuerAway("an encoded answer")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MOST_BYTES:
            raise IssuerAway(f"more than {MOST_BYTES} bytes")
    return bytes(body)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise IssuerAway("no JSON") from error
    if not isinstance(document, dict):
        raise IssuerAway("no JSON object")
    return document


def _keep_seconds(cache_control: str) -> int:
    found = _MAX_AGE.search(cache_control)
    asked = int(found[1]) if found else USUAL_SECONDS
    if re.search(r"\bno-(store|cache)\b", cache_control, re.IGNORECASE):
        asked = SHORTEST_SECONDS
    return min(max(asked, SHORTEST_SECONDS), LONGEST_SECONDS)
