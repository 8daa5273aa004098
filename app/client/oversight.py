"""Calls about what was done: the audit of a clinic, and what became of its cards."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.client.call import Call, Listing
from app.client.reading import as_model
from app.client.writing import write_query
from app.schemas.audit import AuditEvent, AuditPage, AuditReport
from app.schemas.cds_feedback import FeedbackSummaryResponse


def list_audit(limit: int = 200, **wanted: Any) -> Listing[AuditEvent]:
    """List what was done or tried, the newest first: `patient_id`, `action`, `since`, `until`."""

    def page(cursor: str | None) -> Call[AuditPage]:
        query = write_query(limit=limit, cursor=cursor, **wanted)
        return Call("GET", "/v1/audit", as_model(AuditPage), query=query)

    return Listing(page)


def verify_audit() -> Call[AuditReport]:
    """Have the whole chain of the clinic's audit checked."""
    return Call("GET", "/v1/audit/verify", as_model(AuditReport))


def sum_up_card_feedback(
    since: date | str | None = None, until: date | str | None = None
) -> Call[FeedbackSummaryResponse]:
    """How many CDS Hooks cards were given, and what their readers said; both days included."""
    query = write_query(since=since, until=until)
    return Call("GET", "/v1/cds-hooks/feedback", as_model(FeedbackSummaryResponse), query=query)
