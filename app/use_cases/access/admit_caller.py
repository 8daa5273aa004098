"""Admit whoever holds a good key or token, and count the bad ones an address tries."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address
from typing import Final

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from app.clinic.access import Caller
from app.clinic.access_token import digest_of, looks_like_access_token
from app.clinic.api_key import new_key_text, read_key_text
from app.clinic.token import looks_like_token
from app.db.door import Door
from app.errors import RateLimited, Unauthorized
from app.identity.issuer import Issuer
from app.use_cases.access.admit_token import admit_token
from app.use_cases.access.record_key_use import KeyUses

NOT_ADMITTED: Final = "This key or token is not known here, or it is no longer good."

# What an unknown key is compared with, so that it takes the time of a known one.
_NOBODY: Final = new_key_text().digest


class FailedLogins:
    """How often each address has failed in the last minute. Held in memory, by each process."""

    def __init__(self, per_minute: int) -> None:
        self._limit = RateLimitItemPerMinute(per_minute) if per_minute else None
        self._window = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def count(self, address: str) -> None:
        """Count one more failure. Raises RateLimited if that is one too many."""
        limit, source = self._limit, _source(address)
        if limit is None or await self._window.hit(limit, source):
            return
        resets_at = (await self._window.get_window_stats(limit, source)).reset_time
        wait = max(1, int(resets_at - time.time()) + 1)
        detail = "Too many wrong keys or tokens came from this address."
        raise RateLimited(detail, retry_after=wait, limit=limit.amount)


async def admit_caller(
    written: str,
    address: str,
    *,
    door: Door,
    failed_logins: FailedLogins,
    key_uses: KeyUses,
    issuer: Issuer | None,
) -> Caller:
    """Say whose key or token this is: an API key, a client's access token, an issuer's token.

    Good ones are never slowed down by an address's bad ones. Nothing is remembered of an
    admission: what is revoked opens nothing from the next request on.
    Raises Unauthorized, RateLimited if the address has tried too many, or what `admit_token` does.
    """
    if looks_like_access_token(written):
        caller = await door.find_bearer(digest_of(written), datetime.now(UTC))
    elif issuer is not None and looks_like_token(written):
        caller = await admit_token(written, issuer=issuer, door=door)
    else:
        caller = await _admit_key(written, door, key_uses)
    if caller is None:
        await failed_logins.count(address)
        raise Unauthorized(NOT_ADMITTED)
    return caller


async def _admit_key(written: str, door: Door, key_uses: KeyUses) -> Caller | None:
    text = read_key_text(written)
    if text is None:
        return None
    key = await door.find_key(text.lookup)
    now = datetime.now(UTC)
    is_good = text.opens(key.digest if key else _NOBODY)
    if key is None or not is_good or not key.is_open(now):
        return None
    key_uses.note(key, now)
    return Caller(key.clinic_id, f"key:{key.id}", key.role)


def _source(address: str) -> str:
    # One household or hospital has a whole /64 of IPv6 addresses to try from.
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Address(int(parsed) >> 64 << 64))
    return str(parsed)
