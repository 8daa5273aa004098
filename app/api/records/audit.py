"""`/v1/audit`: who did what with which record, and the proof that nothing of it was changed."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import asdict
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from app.api.problems import problem_responses
from app.api.records.record_route import RecordRoute
from app.api.records.reply import LISTED, NO_STORE, IfNoneMatch, answer_read, write_json
from app.clinic.access import Role
from app.db.audit_trail import AuditTrail, EventFilter
from app.dependencies import ADMIN, CallerDep, ConnectionDep, CursorKeyDep
from app.errors import Unavailable
from app.schemas.audit import AuditPage, AuditQuery, AuditReport
from app.use_cases.audit.list_events import list_events
from app.use_cases.audit.verify_chain import verify_chain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from app.clinic.audit import Event
    from app.clinic.chain_check import ChainReport
    from app.clinic.checkpoint import Checkpoint
    from app.db.checkpoint_file import Checkpoints


class VerifyRoute(RecordRoute):
    """Walks the chain before the request's own transaction: a long walk holds up no writer."""

    async def perform(
        self, answer: Callable[[], Awaitable[Response]], request: Request
    ) -> Response:
        """Verify first, for whoever may know; then answer like any route."""
        if not request.state.caller.may(Role.ADMIN):
            return await super().perform(answer, request)
        try:
            request.state.verified = await _verify(request)
        except Exception as error:
            await self._account_for_refusal(request, error)
            raise
        try:
            return await super().perform(answer, request)
        except Unavailable:
            report, _, _ = request.state.verified
            if report.is_valid:
                raise
            # A broken chain may not take this access in; that it is broken is told all the same.
            logger.warning("a broken audit chain was verified, and cannot account for that")
            return await answer()


logger = logging.getLogger("neurostrata")
router = APIRouter(prefix="/v1/audit", tags=["audit"], route_class=RecordRoute)
verifying = APIRouter(prefix="/v1/audit", tags=["audit"], route_class=VerifyRoute)

AuditQueryDep = Annotated[AuditQuery, Query()]


@router.get(
    "",
    dependencies=[ADMIN],
    summary="List who did what",
    response_description="a page of events, the newest first",
    response_model=AuditPage,
    responses=LISTED | problem_responses(401, 403, 422, 429, 503),
)
async def list_audit(
    asked: AuditQueryDep,
    caller: CallerDep,
    connection: ConnectionDep,
    cursor_key: CursorKeyDep,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List every access to your clinic's records, reads and refusals too, the newest first.

    This request is accounted for as well, after what it answers. What is added while you turn
    the pages stands before the first one: ask anew for it. Events hold no health data.
    """
    wanted = EventFilter(
        patient_id=str(asked.patient_id) if asked.patient_id else None,
        action=asked.action,
        since=asked.since,
        until=asked.until,
    )
    trail = AuditTrail(connection, caller.clinic_id)
    events, next_cursor = await list_events(
        wanted, asked.limit, asked.cursor, trail=trail, cursor_key=cursor_key
    )
    request.state.patient_id, request.state.count = wanted.patient_id, len(events)
    document = {"items": [show_event(event) for event in events], "next_cursor": next_cursor}
    tag = sha256(write_json(document)).hexdigest()[:32]
    response = answer_read(document, f'"{tag}"', if_none_match)
    if next_cursor is not None:
        response.headers["link"] = f'<{_next(request, asked, next_cursor)}>; rel="next"'
    return response


@verifying.get(
    "/verify",
    dependencies=[ADMIN],
    summary="Verify the audit chain",
    response_description="what was found, whether the chain is whole or not",
    response_model=AuditReport,
    responses=problem_responses(401, 403, 422, 429, 503),
)
async def verify_audit(request: Request) -> Response:
    """Walk your clinic's whole chain: changed, missing and added events, and a cut off end.

    Each event is sealed together with all before it. Checkpoints outside the database show if an
    older state of the whole was put back. This request's own event comes after the last one that
    was verified.
    """
    report, checkpoints, ours = request.state.verified
    request.state.count = report.events
    document = show_report(report, checkpoints, ours)
    return Response(write_json(document), 200, NO_STORE, "application/json")


def show_event(event: Event) -> dict[str, Any]:
    """Lay an event out as AuditEvent describes it."""
    deed = event.deed
    return {
        "sequence": event.sequence,
        "at": event.at,
        "principal": deed.principal,
        "role": deed.role,
        "action": deed.action,
        "patient_id": deed.patient_id,
        "record_id": deed.record_id,
        "request_id": deed.request_id,
        "status": deed.status,
        "outcome": deed.outcome,
        "count": deed.count,
        "digest": event.digest,
    }


def show_report(
    report: ChainReport, checkpoints: Checkpoints, ours: Sequence[Checkpoint]
) -> dict[str, Any]:
    """Lay a report out as AuditReport describes it. `ours` are the clinic's own checkpoints."""
    newest = max(ours, key=lambda one: one.last_sequence, default=None)
    return {
        "valid": report.is_valid,
        "first_sequence": report.first_sequence,
        "last_sequence": report.last_sequence,
        "events": report.events,
        "head_digest": report.head_digest,
        "checkpoints": {
            "status": checkpoints.status,
            "read": len(ours),
            "damaged": checkpoints.damaged,
            "newest_sequence": newest.last_sequence if newest else None,
            "newest_at": newest.at if newest else None,
        },
        "faults_found": report.faults_found,
        "faults": [asdict(fault) for fault in report.faults],
    }


async def _verify(request: Request) -> tuple[ChainReport, Checkpoints, Sequence[Checkpoint]]:
    state = request.state
    clinic_id: str = state.caller.clinic_id
    checkpoints: Checkpoints = await asyncio.to_thread(state.checkpoint_file.read)
    ours = checkpoints.about(clinic_id)
    report = await verify_chain(
        clinic_id, checkpoints=ours, engine=state.engine, key=state.audit_key
    )
    return report, checkpoints, ours


def _next(request: Request, asked: AuditQuery, cursor: str) -> str:
    words = asked.model_dump(mode="json", exclude_none=True) | {"cursor": cursor}
    return f"{request.scope['path']}?{urlencode(words)}"
