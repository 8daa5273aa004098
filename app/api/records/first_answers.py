"""The Idempotency-Key: whoever sends the same request again gets the first answer again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from fastapi import Request, Response

from app.clinic.first_answer import FirstAnswer, Sending, check_key
from app.db.first_answers import FirstAnswerRepository
from app.errors import Conflict, IdempotencyMismatch

KEPT_HEADERS: Final = ("content-type", "location", "etag", "content-language", "cache-control")
REPLAYED: Final = {"idempotent-replayed": "true"}

_KEY: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A word of your own for this request, such as a UUID. Sent again with the same"
    " body, it is given the first answer again, and nothing is done twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "0f8fad5b-d9cb-469f-a165-70867728950e",
}
REPLAYED_HEADER: Final[dict[str, Any]] = {
    "description": "`true` if this is the first answer again.",
    "schema": {"type": "string", "enum": ["true"]},
}


def described(status: int) -> dict[str, Any]:
    """Describe in OpenAPI what a key does to an operation that answers with this status."""
    answers = {str(status): {"headers": {"Idempotent-Replayed": REPLAYED_HEADER}}}
    return {"parameters": [_KEY], "responses": answers}


@dataclass(frozen=True, slots=True)
class Claim:
    """A request's claim to its key, in the transaction of the request."""

    sending: Sending
    fingerprint: str
    moment: datetime
    kept_for: timedelta
    answers: FirstAnswerRepository

    @classmethod
    async def of(cls, request: Request, key: str) -> Claim:
        """Read what the request says of itself. Raises InvalidInput if the key is none."""
        state = request.state
        path = request.scope["path"]
        sending = Sending(
            principal=state.caller.principal,
            route=sha256(f"{request.method} {path}".encode()).hexdigest(),
            key=check_key(key),
        )
        return cls(
            sending,
            await _fingerprint(request),
            state.moment,
            timedelta(hours=state.settings.idempotency_hours),
            FirstAnswerRepository(state.connection, state.caller.clinic_id),
        )

    async def first_answer(self) -> Response | None:
        """Give the answer that this request was given before, if it was.

        Raises IdempotencyMismatch if the key was used for another request, Conflict if what it
        made was erased: nobody who was erased comes back because a request arrives again.
        """
        first = await self.answers.find(self.sending)
        if first is not None and first.has_expired(self.moment, self.kept_for):
            await self.answers.forget(self.sending)
            first = None
        if first is None:
            return None
        if first.is_erased:
            raise Conflict("What this Idempotency-Key made was erased: it is not made again.")
        if first.fingerprint != self.fingerprint:
            detail = "This Idempotency-Key was used for another request: take a new one."
            raise IdempotencyMismatch(detail)
        return Response(first.body, first.status, dict(first.headers) | REPLAYED)

    async def keep(self, response: Response, patient_id: str | None) -> None:
        """Keep what is about to be answered."""
        headers = {
            name: response.headers[name] for name in KEPT_HEADERS if name in response.headers
        }
        answer = FirstAnswer(
            fingerprint=self.fingerprint,
            created_at=self.moment,
            patient_id=patient_id,
            status=response.status_code,
            headers=headers,
            body=bytes(response.body),
        )
        await self.answers.keep(self.sending, answer)


async def _fingerprint(request: Request) -> str:
    """A digest of all that tells one request from another: query, media type and body.

    The media type's parameters change nothing here: a body is read alike whatever they are.
    """
    told = sha256(request.scope["query_string"])
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    told.update(b"\0" + media_type.encode() + b"\0")
    told.update(getattr(request.state, "body_digest", None) or await request.body())
    return told.hexdigest()
