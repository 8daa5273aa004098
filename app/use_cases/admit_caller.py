"""Admit whoever holds a good key, and count the bad ones an address tries."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address
from typing import Final

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from sqlalchemy.ext.asyncio import AsyncEngine

from app.clinic.access import Caller
from app.clinic.api_key import ApiKey, KeyText, new_key_text, read_key_text
from app.db.keys import KeyRepository
from app.db.transaction import transaction
from app.errors import RateLimited, Unauthorized

NOT_ADMITTED: Final = "This API key is not known here, or it is no longer good."

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
        detail = "Too many wrong keys came from this address."
        raise RateLimited(detail, retry_after=wait, limit=limit.amount)


async def admit_caller(
    written: str, address: str, *, engine: AsyncEngine, failed_logins: FailedLogins
) -> Caller:
    """Say whose key this is. Good keys are never slowed down by an address's bad ones.

    Raises Unauthorized, or RateLimited if the address has tried too many wrong keys.
    """
    text = read_key_text(written)
    key = None if text is None else await _find(text, engine)
    if key is None:
        await failed_logins.count(address)
        raise Unauthorized(NOT_ADMITTED)
    return Caller(key.clinic_id, key.id, key.role)


async def _find(text: KeyText, engine: AsyncEngine) -> ApiKey | None:
    # A transaction of its own, before the request's: a stranger must not hold SQLite's write lock.
    async with transaction(engine, writes=False) as connection:
        key = await KeyRepository(connection).find(text.lookup)
    now = datetime.now(UTC)
    is_good = text.opens(key.digest if key else _NOBODY)
    return key if key and is_good and not key.is_expired(now) else None


def _source(address: str) -> str:
    # One household or hospital has a whole /64 of IPv6 addresses to try from.
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Address(int(parsed) >> 64 << 64))
    return str(parsed)
