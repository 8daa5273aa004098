"""Routes about a clinic's records: admitted, carried out once, accounted for, then answered.

One transaction holds all of it: what the request does, the first answer to its idempotency key,
and the event in the clinic's audit chain. The answer leaves after the commit. What was refused or
has failed leaves nothing but an event that says so.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from app.api.json_route import JsonRoute
from app.api.problems import kind_of, request_id_of
from app.api.records.first_answers import Claim, described
from app.clinic.audit import Deed
from app.db.audit import AuditRepository
from app.db.transaction import clinic_transaction
from app.dependencies import bearer, identify_caller
from app.errors import AppError, Unavailable
from app.use_cases.audit.account_for import account_for

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.clinic.audit import Head

READING: Final = {"GET", "HEAD"}

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PATIENT = re.compile(rf"/(?:v1/patients|fhir/Patient)/({_UUID})(?:/|$)")
_RECORD = re.compile(
    rf"/(?:v1/(?!patients/{_UUID}(?:/[a-z]+)?$).*|fhir/(?!Patient)[A-Za-z]+)/({_UUID})(?:/[a-z]+)?$"
)


class RecordRoute(JsonRoute):
    """A route about what a clinic keeps."""

    remembers = True
    """Whether the first answer to an Idempotency-Key is kept, where the method is POST."""

    changes_cohort = True
    """Whether a writer among these may change a patient or a level."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if self.remembers and "POST" in (options.get("methods") or ()):
            said = described(options.get("status_code") or 200)
            options["openapi_extra"] = (options.get("openapi_extra") or {}) | said
        super().__init__(path, endpoint, **options)

    async def admit(self, request: Request) -> None:
        """Say who asks, before the body is read. Raises Unauthorized or RateLimited."""
        request.state.caller = await identify_caller(request, await bearer(request))

    async def turn_away(self, request: Request, error: AppError) -> None:
        """Account for a request whose query or body was refused unread."""
        await self._account_for_refusal(request, error)

    async def perform(
        self, answer: Callable[[], Awaitable[Response]], request: Request
    ) -> Response:
        """Answer in one transaction of the caller's clinic, and account for it."""
        state = request.state
        try:
            async with clinic_transaction(
                state.engine, state.caller.clinic_id, writes=True
            ) as connection:
                state.connection = connection
                audit = AuditRepository(connection, state.caller.clinic_id)
                head = await self.take_turn(request, audit)
                response = await self._answer_once(answer, request)
                deed = self._deed(request, response.status_code, response.headers.get("location"))
                changes = self.changes_cohort and head is not None
                await account_for(
                    deed, audit=audit, key=state.audit_key, held=head, changes=changes
                )
        except Exception as error:
            await self._account_for_refusal(request, error)
            raise
        return response

    async def take_turn(self, request: Request, audit: AuditRepository) -> Head | None:
        """Let the writers of a clinic go one after another, each at a later moment.

        So what is kept is in the order of its commits, and no page of a list misses a row that was
        written meanwhile. Readers wait for nobody until they are accounted for.
        """
        if request.method in READING:
            return None
        head = await audit.hold(request.state.audit_key)
        request.state.moment = head.moment(datetime.now(UTC))
        return head

    async def _answer_once(
        self, answer: Callable[[], Awaitable[Response]], request: Request
    ) -> Response:
        key = request.headers.get("idempotency-key")
        if key is None or request.method != "POST" or not self.remembers:
            return await answer()
        claim = await Claim.of(request, key)
        first = await claim.first_answer()
        if first is not None:
            return first
        response = await answer()
        patient_id, _ = _records_of(request, response.headers.get("location"))
        await claim.keep(response, patient_id)
        return response

    async def _account_for_refusal(self, request: Request, error: Exception) -> None:
        state = request.state
        deed = self._deed(request, _status_of(error), None)
        try:
            async with clinic_transaction(
                state.engine, state.caller.clinic_id, writes=True
            ) as connection:
                audit = AuditRepository(connection, state.caller.clinic_id)
                await account_for(deed, audit=audit, key=state.audit_key)
        except Unavailable:
            # A database that is away cannot be written to; the answer says so already.
            if not isinstance(error, Unavailable):
                raise

    def _deed(self, request: Request, status: int, location: str | None) -> Deed:
        caller = request.state.caller
        patient_id, record_id = _records_of(request, location)
        return Deed(
            principal=caller.principal,
            role=caller.role,
            action=self.name,
            request_id=request_id_of(request),
            status=status,
            patient_id=patient_id,
            record_id=record_id,
            count=getattr(request.state, "count", None),
        )


def _records_of(request: Request, location: str | None) -> tuple[str | None, str | None]:
    """Whom and which record a request is about: by its path, or by where the new one is."""
    path = str(request.scope["path"])
    place = location or path
    patient, record = _PATIENT.search(place) or _PATIENT.search(path), _RECORD.search(place)
    patient_id = patient[1] if patient else getattr(request.state, "patient_id", None)
    return patient_id, record[1] if record else None


def _status_of(error: Exception) -> int:
    if isinstance(error, AppError):
        return kind_of(error).status
    return error.status_code if isinstance(error, HTTPException) else 500
