"""What comes back: answers as the contract's models, and refusals as exceptions.

Answers are read tolerantly: what a newer service adds inside `/v1` is passed over.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from app.client.call import Answer, Versioned
from app.client.errors import Refused, Unreadable, class_of
from app.schemas.problems import Problem

T = TypeVar("T")
TOLD_AT_MOST = 5
"""Places of an unreadable answer that are named."""


def as_model(model: type[T]) -> Callable[[Answer], T]:
    """Read answers as a model. Raises Unreadable on what is none."""

    def read(answer: Answer) -> T:
        try:
            known: T = _reader_of(cast("Any", model)).validate_json(answer.content, extra="ignore")
        except ValidationError as error:
            raise _unreadable(answer, error) from None
        return known

    return read


def as_version_of(model: type[T]) -> Callable[[Answer], Versioned[T]]:
    """Read a record together with the tag of its version."""
    read = as_model(model)
    return lambda answer: Versioned(read(answer), answer.headers.get("etag", ""))


def as_nothing(answer: Answer) -> None:
    """Read an answer that says no more than that it is done."""
    del answer


def as_bytes(answer: Answer) -> bytes:
    """Give the content as it came."""
    return answer.content


@cache
def _reader_of(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def _unreadable(answer: Answer, error: ValidationError) -> Unreadable:
    """Name the places, never the values."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    places = (f"{'/'.join(map(str, one['loc'])) or '/'}: {one['type']}" for one in found)
    told = "; ".join([*places][:TOLD_AT_MOST])
    kind = answer.headers.get("content-type", "no content type")
    return Unreadable(f"The answer ({kind}) is none of this service's: {told}.", answer.status)


def refusal(answer: Answer, idempotency_key: str | None = None) -> Refused | Unreadable:
    """Give the exception for an answer that is no good one."""
    if answer.status < 400:
        told = f"Status {answer.status} is none of this service's. Redirects are not followed."
        return Unreadable(told, answer.status)
    problem = _problem_of(answer)
    retry_after = retry_after_of(answer)
    if problem is None:
        return class_of(answer.status, None)(
            answer.status,
            None,
            "Something before the service may have answered.",
            request_id=answer.headers.get("x-request-id"),
            retry_after=retry_after,
            idempotency_key=idempotency_key,
        )
    slug = problem.type.rpartition("/")[2]
    return class_of(answer.status, slug)(
        answer.status,
        slug,
        problem.detail,
        errors=problem.errors,
        request_id=problem.request_id,
        retry_after=retry_after,
        idempotency_key=idempotency_key,
    )


def _problem_of(answer: Answer) -> Problem | None:
    try:
        return Problem.model_validate_json(answer.content, extra="ignore")
    except ValidationError:
        return None


def retry_after_of(answer: Answer) -> float | None:
    """Read in how many seconds to come back: stated as such, or as a date (RFC 9110, 10.2.3)."""
    stated = answer.headers.get("retry-after", "").strip()
    if stated.isascii() and stated.isdecimal():
        return float(stated)
    try:
        at = parsedate_to_datetime(stated)
    except (ValueError, OverflowError):
        return None
    zoned = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (zoned - datetime.now(UTC)).total_seconds())
