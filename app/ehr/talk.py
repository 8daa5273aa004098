"""Asking the FHIR server of a call: that one alone, and it may be slow, broken or hostile."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote, urljoin

import httpx

from app.errors import InvalidInput
from app.identity.fetch import is_acceptable
from app.schemas.strict_json import parse_json

MOST_BYTES: Final = 4_194_304
"""Bytes that are read of one server for one call, all answers together."""

SILENT_SECONDS: Final = 3.0
LOCAL: Final = ("localhost", "127.0.0.1", "[::1]")

_ADDRESS: Final = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%|-]{1,4000}")


class EhrAway(Exception):
    """The server did not give what was asked. The reason holds nothing that it sent."""


@dataclass(slots=True)
class Talk:
    """A talk with one server about one patient. It never leaves the address it began at."""

    client: httpx.AsyncClient
    base: str
    token: str | None
    _bytes_left: int = field(default=MOST_BYTES)

    async def ask(self, address: str) -> Any:
        """Give the JSON at an address, which may be relative to the server's.

        Raises EhrAway on anything else: redirects are not followed. The caller sets the time.
        """
        url = urljoin(f"{self.base}/", address)
        if not self._is_here(address, url):
            raise EhrAway("an address that is not on the same server")
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            async with self.client.stream("GET", url, headers=headers) as response:
                if response.status_code != httpx.codes.OK:
                    raise EhrAway(f"status {response.status_code}")
                return parse_json(await self._read(response))
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise EhrAway(type(error).__name__) from None
        except InvalidInput:
            raise EhrAway("no strict JSON") from None

    def _is_here(self, written: str, url: str) -> bool:
        """Whether an address lies below the base: as text, with nothing to be read another way."""
        if not _ADDRESS.fullmatch(written) or "#" in written:
            return False
        below = url.removeprefix(self.base)
        steps = unquote(written.partition("?")[0]).replace("\\", "/").split("/")
        return below != url and below[:1] in {"/", "?"} and not {".", ".."} & set(steps)

    async def _read(self, response: httpx.Response) -> bytes:
        # Not decoded: a small answer could be inflated to any size.
        if response.headers.get("content-encoding", "identity") != "identity":
            raise EhrAway("an encoded answer")
        body = bytearray()
        async for chunk in response.aiter_raw():
            self._bytes_left -= len(chunk)
            if self._bytes_left < 0:
                raise EhrAway(f"more than {MOST_BYTES} bytes")
            body += chunk
        return bytes(body)


@dataclass(frozen=True, slots=True)
class Ehrs:
    """The FHIR servers that may be asked, by the operator's word."""

    client: httpx.AsyncClient
    allowed: frozenset[str]

    def talk_to(self, server: str, token: str | None, also: Iterable[str] = ()) -> Talk | None:
        """Begin a talk with a server, if it is allowed; `also` are those of a trusted client.

        Addresses are compared as text: another spelling of the same host is another host. Without
        TLS only this machine is asked.
        """
        known = self.allowed.union(one.rstrip("/") for one in also)
        if server not in known or not is_acceptable(server):
            return None
        return Talk(self.client, server, token)


@asynccontextmanager
async def open_ehrs(servers: str | None) -> AsyncIterator[Ehrs]:
    """Open the way to the servers of the setting. Nothing is asked before a call needs it."""
    # A proxy of the environment may lead to the outside, but not back to this machine.
    direct: dict[str, httpx.AsyncBaseTransport | None] = {f"all://{host}": None for host in LOCAL}
    async with httpx.AsyncClient(
        headers={"accept": "application/fhir+json", "accept-encoding": "identity"},
        timeout=SILENT_SECONDS,
        follow_redirects=False,
        mounts=direct,
    ) as client:
        yield Ehrs(client, frozenset((servers or "").split(",")) - {""})
