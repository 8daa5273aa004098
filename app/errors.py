"""Everything that can go wrong on purpose. Each door has one table that translates it.

AppError
  + InvalidInput          what was sent breaks a rule; every fault is listed at once
  + FitFailed             the data do not determine the model that was asked for
  + NotFound              no such thing, or not yours to see
  + Conflict              what was asked contradicts what is stored
  + PreconditionRequired  a change that does not say which version it is about
  + PreconditionFailed    the version that was to be changed is not the newest any more
  + DataMissing           what another system had to send along, or to give, cannot be had
  + IdempotencyMismatch   an idempotency key that was used for another request
  + Unauthorized          no valid key
  + Forbidden             the key's role is too small
  + RateLimited           too many tries; says when to come back
  + NotAcceptable         none of the media types asked for can be made
  + TooLarge              more bytes or items than the service reads
  + TimedOut              the request stopped arriving
  + UnsupportedMediaType  the body is of a kind the service does not read
  + Unavailable           something the service needs is away; trying again may help
  + EvidenceFault         an evidence file breaks its own rules: the service does not start
  + ConfigurationFault    a setting is missing, wrong or contradicts another
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with what was sent: where (JSON Pointer), which rule, what would help.

    In an imported file the place is a row and a column as well.
    """

    pointer: str
    code: str
    detail: str
    row: int | None = None
    column: str | None = None

    def under(self, prefix: str) -> Fault:
        """The same fault, seen from the document that holds this part at `prefix`."""
        return replace(self, pointer=prefix + self.pointer)


class AppError(Exception):
    """A situation the service expects. `detail` is safe to show to the caller."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class InvalidInput(AppError):
    """What was sent breaks one or more rules. `detail` sums up many faults in a sentence."""

    def __init__(self, faults: Sequence[Fault], detail: str | None = None) -> None:
        super().__init__(detail or " ".join(fault.detail for fault in faults))
        self.faults = tuple(faults)


class FitFailed(AppError):
    """The data do not determine the model: `faults` name the terms that cannot be estimated."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(" ".join(fault.detail for fault in faults))
        self.faults = tuple(faults)


class NotFound(AppError):
    """There is no such thing, or the caller may not know of it."""


class Conflict(AppError):
    """What was asked contradicts what is stored."""

    def __init__(self, detail: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.faults = tuple(faults)


class PreconditionRequired(AppError):
    """A change must say which version it is about."""


class PreconditionFailed(AppError):
    """The version that was to be changed is not the newest any more."""


class DataMissing(AppError):
    """Data that an answer needs were not sent, and cannot be fetched: `faults` say which."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(" ".join(fault.detail for fault in faults))
        self.faults = tuple(faults)


class IdempotencyMismatch(AppError):
    """The idempotency key was used for another request."""


class Unauthorized(AppError):
    """No valid key came with the request."""


class Forbidden(AppError):
    """The key is valid; its role does not allow this."""


class RateLimited(AppError):
    """Too many tries. `retry_after` is in seconds."""

    def __init__(self, detail: str, retry_after: int, limit: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.limit = limit


class NotAcceptable(AppError):
    """None of the media types asked for can be made."""


class TooLarge(AppError):
    """More bytes or items than the service reads at once."""


class TimedOut(AppError):
    """The request stopped arriving."""


class UnsupportedMediaType(AppError):
    """The body is of a kind that the service does not read."""


class Unavailable(AppError):
    """Something the service needs is away. `retry_after` is in seconds."""

    def __init__(self, detail: str, retry_after: int = 5) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class EvidenceFault(AppError):
    """An evidence file breaks its own rules. The detail names the file, the line, the reason."""


class ConfigurationFault(AppError):
    """A setting is missing, wrong, or contradicts another."""
