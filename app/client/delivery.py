"""How a call is delivered: sent, heard, and sent again where that does no harm.

It does no I/O. `deliver` is a generator that says what to do next, to send or to pause, and is
told what was heard; the clients for threads and for asyncio both follow it, so there is one way.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from dataclasses import dataclass
from itertools import count
from random import uniform
from time import monotonic
from typing import Any, Final, TypeVar

import httpx

from app.client.call import Answer, Call, Repeat
from app.client.errors import AnswerLost, ClientError, Misused, Unreachable
from app.client.reading import refusal, retry_after_of

T = TypeVar("T")
logger = logging.getLogger("neurostrata.client")

NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Nothing of the call has left."""

CANNOT_BE_SENT: Final = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)

NOT_BEGUN: Final = frozenset({408, 429})
"""Refusals of a service that has not begun with what was asked."""

PASSING: Final = frozenset({502, 503, 504})
"""Of the service, or a proxy before it, being away. What was asked may have been done."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long a call is tried; waits are in seconds.

    The wait doubles from the first to the longest, less a random part of up to a half, so that
    many clients do not come back at once. What the service says in Retry-After goes before.
    """

    attempts: int = 5
    seconds: float = 60.0
    first_wait: float = 0.25
    longest_wait: float = 8.0


@dataclass(frozen=True, slots=True)
class Send:
    """Send the call now, and tell what was heard."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so many seconds."""

    seconds: float


Heard = Answer | httpx.RequestError
Delivery = Generator[Send | Pause, Heard | None, T]


def deliver(
    call: Call[T],
    patience: Patience,
    idempotency_key: str | None = None,
    *,
    clock: Callable[[], float] = monotonic,
) -> Delivery[T]:
    """Deliver one call. Raises the ClientError of the last try."""
    until = clock() + patience.seconds
    for attempt in count(1):
        heard = yield Send()
        assert heard is not None  # noqa: S101 - what follows Send is told what was heard
        if isinstance(heard, Answer) and heard.is_good:
            return call.read(heard)
        wait = _wait(heard, attempt, patience)
        is_last = attempt >= patience.attempts or clock() + wait > until
        if is_last or not _may_repeat(call, heard):
            if isinstance(heard, Answer) and call.hears_refusals:
                return call.read(heard)
            raise _error(heard, idempotency_key)
        logger.info("%s %s: %s; again in %.1f s", call.method, call.path, _name(heard), wait)
        yield Pause(wait)
    raise AssertionError  # pragma: no cover - count() does not end


def _may_repeat(call: Call[Any], heard: Heard) -> bool:
    """Whether sending again can do no harm, and may help."""
    if isinstance(heard, Answer):
        return heard.status in NOT_BEGUN or (
            heard.status in PASSING and call.repeat is not Repeat.UNSURE
        )
    if isinstance(heard, CANNOT_BE_SENT):
        return False
    return isinstance(heard, NOT_SENT) or call.repeat is not Repeat.UNSURE


def _wait(heard: Heard, attempt: int, patience: Patience) -> float:
    stated = retry_after_of(heard) if isinstance(heard, Answer) else None
    if stated is not None:
        return stated
    doubled = patience.first_wait * 2.0 ** min(attempt - 1, 60)
    return min(doubled, patience.longest_wait) * uniform(0.5, 1.0)  # noqa: S311 - no secret


def _error(heard: Heard, idempotency_key: str | None) -> ClientError:
    if isinstance(heard, Answer):
        return refusal(heard, idempotency_key)
    if isinstance(heard, CANNOT_BE_SENT):
        return Misused(f"The call cannot be sent: {_name(heard)}.")
    if isinstance(heard, NOT_SENT):
        return Unreachable(f"The service was not reached: {_name(heard)}.", idempotency_key)
    detail = f"The call was sent and its answer lost: {_name(heard)}."
    return AnswerLost(detail, idempotency_key)


def _name(heard: Heard) -> str:
    return str(heard.status) if isinstance(heard, Answer) else type(heard).__name__
