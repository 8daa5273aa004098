"""An issuer's keys: kept while they are fresh, then fetched again, once for all who wait."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from app.clinic.token import ALGORITHMS
from app.errors import Unavailable
from app.identity.fetch import Fetched, IssuerAway
from app.identity.key_set import PublicKey, read_key_set

FETCH_SECONDS: Final = 5
"""How long a fetch may take, with all it needs."""

HESITATION_SECONDS: Final = 0.5
"""How long a token waits for fresh keys whose key is held and still good; the fetch goes on."""

REST_SECONDS: Final = 30
"""The least time between two fetches while keys are held: so often can an unknown id cause one."""

EMPTY_REST_SECONDS: Final = 5
"""The least time between two fetches while there is no key at all."""

STALE_SECONDS: Final = 24 * 3600
"""How long the keys of an issuer that is away are still good."""

AWAY: Final = "Whoever signs these tokens does not give out its keys. Please try again."

logger = logging.getLogger("neurostrata")


@dataclass(frozen=True, slots=True)
class _Held:
    keys: Mapping[str, PublicKey]
    fetched_at: float
    fresh_until: float


class IssuerKeys:
    """The public keys of one issuer, by id. `fetch` gives its key set; `clock` is in seconds.

    `algorithms` are those that its keys are for; `stale_seconds` is how long they are good after
    they were fetched where they cannot be fetched again.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[Fetched]],
        clock: Callable[[], float] = time.monotonic,
        *,
        algorithms: Mapping[str, str] = ALGORITHMS,
        stale_seconds: int = STALE_SECONDS,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._algorithms = algorithms
        self._stale_seconds = stale_seconds
        self._held: _Held | None = None
        self._flight: asyncio.Task[None] | None = None
        self._may_fetch_at = clock()

    async def find(self, key_id: str) -> PublicKey | None:
        """Give the key of this id; None if the issuer has none.

        Raises Unavailable if the issuer is away and no key of it is held that is still good.
        """
        held = self._held
        if held is None or self._clock() >= held.fresh_until or key_id not in held.keys:
            is_good = held is not None and self._is_good(held) and key_id in held.keys
            with suppress(TimeoutError):
                async with asyncio.timeout(HESITATION_SECONDS if is_good else None):
                    await self._refresh()
            held = self._held
        if held is None or not self._is_good(held):
            raise Unavailable(AWAY)
        return held.keys.get(key_id)

    def _is_good(self, held: _Held) -> bool:
        return self._clock() < max(held.fresh_until, held.fetched_at + self._stale_seconds)

    async def close(self) -> None:
        """Give up a fetch that is under way."""
        if self._flight is not None:
            self._flight.cancel()
            with suppress(asyncio.CancelledError):
                await self._flight

    async def _refresh(self) -> None:
        if self._flight is None:
            if self._clock() < self._may_fetch_at:
                return
            self._flight = asyncio.create_task(self._fetch_once())
        # Who asked first may go away; the others still wait for the same answer.
        await asyncio.shield(self._flight)

    async def _fetch_once(self) -> None:
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                fetched = await self._fetch()
            keys = read_key_set(fetched.document, self._algorithms)
            now = self._clock()
            self._held = _Held(keys, now, now + fetched.keep_seconds)
        except (IssuerAway, TimeoutError) as error:
            logger.warning("keys for signatures are not fetched: %s", str(error) or "too slow")
        finally:
            has_some = self._held is not None and self._is_good(self._held)
            rest = REST_SECONDS if has_some else EMPTY_REST_SECONDS
            self._may_fetch_at = self._clock() + rest
            self._flight = None
