"""Feedback on cards: taken in as the standard has it, and summed up for the clinic it is of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from app.api.cds_hooks.service import NOT_ADMITTED, PLACE
from app.api.dialects import JSON
from app.api.outcomes import outcome_responses
from app.api.problems import problem_responses
from app.api.records.record_route import RecordRoute
from app.api.records.reply import NO_STORE, READ, IfNoneMatch, answer_read, write_json
from app.clinic.card_feedback import (
    ACCEPTED,
    NO_CARD,
    OVERRIDDEN,
    CardFeedback,
    FeedbackSummary,
    Tallied,
)
from app.db.cds_feedback import CdsFeedbackRepository
from app.dependencies import (
    VIEWER,
    CallerDep,
    ConnectionDep,
    MomentDep,
    admitted_caller,
    identify_client_or_caller,
)
from app.errors import Fault, InvalidInput
from app.integrations.cds_hooks.reasons import kept_reason
from app.schemas.cds_feedback import (
    CardOutcome,
    FeedbackRequest,
    FeedbackResponse,
    FeedbackSummaryResponse,
    SummaryQuery,
)

KINDS: Final = ("info", "warning", NO_CARD)
OUTCOMES: Final = (ACCEPTED, OVERRIDDEN)


class FeedbackRoute(RecordRoute):
    """Takes in what a CDS client tells: a key's or a trusted client's. It changes no patient.

    The same told twice is as good as once, so that no first answer needs to be remembered.
    """

    remembers = False
    changes_cohort = False

    async def admit(self, request: Request) -> None:
        """Say who asks. Raises Unauthorized or RateLimited."""
        request.state.caller = await identify_client_or_caller(request)


class SummaryRoute(RecordRoute):
    """Reads what was said of cards."""

    changes_cohort = False


telling = APIRouter(tags=["clinic software"], route_class=FeedbackRoute)
summing = APIRouter(tags=["clinic software"], route_class=SummaryRoute)

SummaryQueryDep = Annotated[SummaryQuery, Query()]


@telling.post(
    f"{PLACE}/feedback",
    dependencies=[Depends(admitted_caller)],
    summary="Tell what became of cards",
    response_description="it was taken in",
    response_model=FeedbackResponse,
    responses=NOT_ADMITTED | outcome_responses(408, 413, 415, 422, 429, 503, media_type=JSON),
)
async def keep_card_feedback(
    body: FeedbackRequest,
    caller: CallerDep,
    connection: ConnectionDep,
    moment: MomentDep,
    request: Request,
) -> Response:
    """Keeps the last word on each card: by `outcomeTimestamp`, whatever order it comes in.

    Kept are the card's uuid, the outcome, the reason's code, when, and by which key or client.
    A comment is not kept, since it can name a patient: only that there was one. So a reason that
    has not the shape of a code, or holds what points at a person, is counted as `other`.
    """
    cards = CdsFeedbackRepository(connection, caller.clinic_id)
    for told in body.feedback:
        await cards.keep(_feedback(told, moment, caller.principal))
    request.state.count = len(body.feedback)
    answer = write_json({"received": len(body.feedback)})
    return Response(answer, 200, NO_STORE, JSON)


@summing.get(
    "/v1/cds-hooks/feedback",
    dependencies=[VIEWER],
    summary="Sum up what became of cards",
    response_description="the cards given, and what their readers said",
    response_model=FeedbackSummaryResponse,
    responses=READ | problem_responses(401, 403, 422, 429, 503),
)
async def sum_up_card_feedback(
    asked: SummaryQueryDep,
    caller: CallerDep,
    connection: ConnectionDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Counts the cards given by your clinic's calls, and the last word on each, by month.

    Cards that nobody reacted to are among those given alone. Cards given in the last seconds may
    not be counted yet.
    """
    if asked.since and asked.until and asked.until < asked.since:
        detail = "until must not lie before since."
        raise InvalidInput([Fault("/until", "out_of_order", detail)])
    cards = CdsFeedbackRepository(connection, caller.clinic_id)
    found = await cards.summarise(asked.since, asked.until)
    document = {"since": asked.since, "until": asked.until} | _show(found)
    tag = sha256(write_json(document)).hexdigest()[:32]
    return answer_read(document, f'"{tag}"', if_none_match)


def _feedback(told: CardOutcome, moment: datetime, principal: str) -> CardFeedback:
    why = told.override_reason
    reason = why.reason if why else None
    system, code = kept_reason(reason.system, reason.code) if reason else (None, None)
    return CardFeedback(
        card=str(told.card),
        outcome=told.outcome,
        outcome_at=told.outcome_timestamp,
        reason_system=system,
        reason_code=code,
        has_comment=bool(why and why.user_comment),
        received_at=moment,
        received_from=principal,
    )


def _show(found: FeedbackSummary) -> dict[str, Any]:
    months = sorted({one.month for one in (*found.given, *found.outcomes)})
    return {
        "cards": _totals(found.given, KINDS),
        "outcomes": _totals(found.outcomes, OUTCOMES),
        "reasons": [
            {"system": one.system, "code": one.code, "count": one.count} for one in found.reasons
        ],
        "with_comment": found.with_comment,
        "months": [
            {
                "month": month,
                "cards": _totals(_of(month, found.given), KINDS),
                "outcomes": _totals(_of(month, found.outcomes), OUTCOMES),
            }
            for month in months
        ],
    }


def _of(month: str, tallied: Sequence[Tallied]) -> list[Tallied]:
    return [one for one in tallied if one.month == month]


def _totals(tallied: Iterable[Tallied], names: Iterable[str]) -> dict[str, int]:
    totals = dict.fromkeys(names, 0)
    for one in tallied:
        totals[one.what] += one.count
    return totals
