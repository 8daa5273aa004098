"""Everything that can go wrong with a call, for `except` clauses of other programs.

ClientError
  + Misused                    the client was given an address, a key or a call that cannot be sent
  + NotAnswered                no answer came; `may_have_happened` says what that leaves open
    - Unreachable              the call never reached the service
    - AnswerLost               it was sent, and what became of it is not known
  + Unreadable                 an answer came that is none of this service's
  + Refused                    the service said no; `slug`, `errors` and `request_id` say why
    - InvalidRequest           422: what was sent breaks a rule
      · UnitNotSupported
      · SpecimenNotApplicable
      · BiomarkerNotSupported
      · BiomarkerOutOfRange
      · OutsideTheModel
      · IdempotencyMismatch    the idempotency key was used for another request
      · FitRefused
    - Unauthorized             401: no valid key
    - Forbidden                403: the key's role is too small
    - NotFound                 404: no such thing, or not yours to see
    - Conflict                 409: it contradicts what is stored
    - PreconditionFailed       412: somebody else changed it first
    - PreconditionRequired     428: say which version is to be changed
    - TooLarge                 413: more than the service reads at once
    - RateLimited              429: `retry_after` says when to come back
    - ServiceFailed            500 and above: the service could not answer
      · Unavailable            503: trying again later may help
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.schemas.problems import ProblemFault


class ClientError(Exception):
    """A call did not succeed. Its text repeats nothing that was sent, and never the key."""


class Misused(ClientError):
    """The client was given an address, a key or a call that cannot be sent."""


class NotAnswered(ClientError):
    """No answer came. With `idempotency_key` the same call can be sent again, even days later."""

    may_have_happened: ClassVar[bool]

    def __init__(self, detail: str, idempotency_key: str | None = None) -> None:
        super().__init__(detail)
        self.idempotency_key = idempotency_key


class Unreachable(NotAnswered):
    """The call never reached the service: nothing has happened."""

    may_have_happened = False


class AnswerLost(NotAnswered):
    """The call was sent and its answer lost: it may have been carried out."""

    may_have_happened = True


class Unreadable(ClientError):
    """An answer came that is none of this service's: something stands in its place."""

    def __init__(self, detail: str, status: int) -> None:
        super().__init__(detail)
        self.status = status


class Refused(ClientError):
    """The service answered with a problem.

    `slug` is None where it was no problem document, as from a proxy before the service.
    `retry_after` is in seconds, where the service said when to come back.
    """

    def __init__(
        self,
        status: int,
        slug: str | None,
        detail: str,
        *,
        errors: Sequence[ProblemFault] = (),
        request_id: str | None = None,
        retry_after: float | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        told = f"{slug or 'no problem document'} ({status}): {detail}"
        super().__init__(f"{told} [request {request_id}]" if request_id else told)
        self.status = status
        self.slug = slug
        self.detail = detail
        self.errors = tuple(errors)
        self.request_id = request_id
        self.retry_after = retry_after
        self.idempotency_key = idempotency_key


class InvalidRequest(Refused):
    """What was sent breaks a rule: `errors` names every field at fault."""


class UnitNotSupported(InvalidRequest):
    """The unit is none of those that are read."""


class SpecimenNotApplicable(InvalidRequest):
    """The evidence does not cover this specimen."""


class BiomarkerNotSupported(InvalidRequest):
    """The evidence is about another biomarker."""


class BiomarkerOutOfRange(InvalidRequest):
    """The level is none that could be measured."""


class OutsideTheModel(InvalidRequest):
    """The patient is none that the model was made for."""


class IdempotencyMismatch(InvalidRequest):
    """The idempotency key was used for another request."""


class FitRefused(InvalidRequest):
    """The data do not determine the model: `errors` names the terms."""


class Unauthorized(Refused):
    """No valid key came with the call."""


class Forbidden(Refused):
    """The key is valid; its role does not allow this."""


class NotFound(Refused):
    """There is no such thing, or the key's clinic may not know of it."""


class Conflict(Refused):
    """What was asked contradicts what is stored."""


class PreconditionFailed(Refused):
    """The version that was to be changed is not the newest any more."""


class PreconditionRequired(Refused):
    """A change must say which version it is about."""


class TooLarge(Refused):
    """More bytes or items than the service reads at once."""


class RateLimited(Refused):
    """Too many tries: come back after `retry_after` seconds."""


class ServiceFailed(Refused):
    """The service, or something before it, could not answer."""


class Unavailable(ServiceFailed):
    """Something the service needs is away; trying again later may help."""


BY_SLUG: dict[str, type[Refused]] = {
    "validation-error": InvalidRequest,
    "unit-not-supported": UnitNotSupported,
    "specimen-not-applicable": SpecimenNotApplicable,
    "biomarker-not-supported": BiomarkerNotSupported,
    "biomarker-out-of-range": BiomarkerOutOfRange,
    "outside-the-model": OutsideTheModel,
    "idempotency-mismatch": IdempotencyMismatch,
    "fit-refused": FitRefused,
}
"""Several problems have the status 422: their slug tells them apart."""

BY_STATUS: dict[int, type[Refused]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: PreconditionFailed,
    413: TooLarge,
    422: InvalidRequest,
    428: PreconditionRequired,
    429: RateLimited,
    503: Unavailable,
}


def class_of(status: int, slug: str | None) -> type[Refused]:
    """Give the class of a refusal; a slug that is not known here has that of its status."""
    return (
        BY_SLUG.get(slug or "")
        or BY_STATUS.get(status)
        or (ServiceFailed if status >= 500 else Refused)
    )
