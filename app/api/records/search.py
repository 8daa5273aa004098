"""`GET /v1/patients` and `POST /v1/patients/search`: finding patients.

An address ends up in logs of proxies and in histories of browsers, so it holds nothing that is
known of a patient: whoever is searched for by facts stands in a body.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from app.api.problems import problem_responses
from app.api.records.record_route import RecordRoute
from app.api.records.reply import (
    LISTED,
    NO_STORE,
    IfNoneMatch,
    PageQuery,
    answer_page,
    show_patient,
    write_json,
)
from app.clinic.filter import COVARIATE, Condition, Filter, Operator
from app.clinic.page import By
from app.dependencies import VIEWER, CursorKeyDep, PatientsDep
from app.schemas.patients import PatientPage
from app.schemas.search import Moment, PatientFilter, SearchRequest
from app.use_cases.records.list_patients import list_patients
from app.use_cases.records.search_patients import search_patients

if TYPE_CHECKING:
    from app.clinic.audit import Head
    from app.db.audit import AuditRepository
    from app.errors import Fault

BOUNDS: Final[dict[str, tuple[str, Operator]]] = {
    "created_since": ("created_at", "gte"),
    "created_until": ("created_at", "lt"),
    "updated_since": ("updated_at", "gte"),
}
"""Parameter of a list -> what it asks of which field."""


class PatientsQuery(PageQuery):
    """Which part of the clinic's patients is asked for, in which order."""

    sort: Literal[
        "created_at", "-created_at", "updated_at", "-updated_at", "identifier", "-identifier"
    ] = Field("created_at", description="the order, - to descend; identifiers by their bytes")
    created_since: Moment | None = Field(
        None, description="kept at this instant or later; a day stands for its beginning in UTC"
    )
    created_until: Moment | None = Field(None, description="kept before this instant")
    updated_since: Moment | None = Field(
        None, description="changed at this instant or later, or kept and never changed"
    )

    @property
    def wanted(self) -> Filter:
        """Who is meant."""
        stated: dict[str, datetime | None] = {name: getattr(self, name) for name in BOUNDS}
        return Filter(
            tuple(Condition(*BOUNDS[name], at) for name, at in stated.items() if at is not None)
        )


class ListRoute(RecordRoute):
    """Tells whoever puts a patient's fact into the address where it belongs."""

    async def read_sent(self, request: Request, model: Any, faults: list[Fault]) -> list[Fault]:
        """Read what was sent like any route, with a further hint."""
        return await super().read_sent(request, model, [_with_hint(one) for one in faults])


class SearchRoute(RecordRoute):
    """Reads, though it is a POST: waits for no writer, and keeps none of its answers."""

    remembers = False

    async def take_turn(self, request: Request, audit: AuditRepository) -> Head | None:
        """Let writers go on."""
        del request, audit
        return None


lists = APIRouter(prefix="/v1/patients", tags=["patients"], route_class=ListRoute)
searches = APIRouter(prefix="/v1/patients", tags=["patients"], route_class=SearchRoute)


@lists.get(
    "",
    dependencies=[VIEWER],
    summary="List patients",
    response_description="a page of patients",
    response_model=PatientPage,
    responses=LISTED | problem_responses(401, 403, 422, 429, 503),
)
async def get_patients(
    query: Annotated[PatientsQuery, Query()],
    patients: PatientsDep,
    cursor_key: CursorKeyDep,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List your clinic's patients page by page, in order of creation or as `sort` says.

    Pages miss and repeat nobody while patients are being added. By `updated_at`, a patient who
    changes meanwhile appears again, later. To keep a copy up to date, ask with `updated_since`
    for what changed since the last `updated_at` that you have; deleted patients are not listed.
    Whoever is searched for by facts is searched for with `POST /v1/patients/search`.
    """
    found = await list_patients(
        query.limit,
        query.cursor,
        patients=patients,
        cursor_key=cursor_key,
        order=(By.read(query.sort),),
        wanted=query.wanted,
    )
    items = [show_patient(patient) for patient in found.items]
    return answer_page(request, items, found, query, if_none_match)


@searches.post(
    "/search",
    dependencies=[VIEWER],
    summary="Search patients",
    response_description="a page of the patients who were searched for",
    response_model=PatientPage,
    responses=problem_responses(401, 403, 408, 413, 415, 422, 429, 503),
)
async def find_patients(
    body: SearchRequest, patients: PatientsDep, cursor_key: CursorKeyDep, request: Request
) -> Response:
    """Search your clinic's patients by what is known of them. Nothing is stored.

    All conditions of the filter hold together. For the next page, send the same filter and sort
    with its `next_cursor`. A patient who changes meanwhile in what is asked or sorted by can be
    met twice or not at all; by `created_at`, with nothing asked, everybody is met once.
    """
    found = await search_patients(
        Filter.of(body.filter.stated()),
        tuple(By.read(sort) for sort in body.sort),
        body.limit,
        body.cursor,
        patients=patients,
        cursor_key=cursor_key,
        library=request.state.library,
    )
    items = [show_patient(patient) for patient in found.items]
    request.state.count = len(items)
    page = write_json({"items": items, "next_cursor": found.next_cursor})
    return Response(page, 200, NO_STORE, "application/json")


def _with_hint(fault: Fault) -> Fault:
    name = fault.pointer.removeprefix("/")
    known = name in PatientFilter.model_fields or name.startswith(COVARIATE)
    if fault.code != "unknown_field" or not known:
        return fault
    detail = "Facts do not belong in an address. Send them to POST /v1/patients/search as a filter."
    return replace(fault, detail=detail)
