"""`/fhir/metadata`: what this FHIR door does. Open to everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from app import __version__
from app.api.addresses import base_of
from app.api.fhir.fhir_route import (
    FhirResponse,
    Format,
    answer,
    door_of,
    heeded,
    negotiate,
    told,
)
from app.api.json_route import JsonRoute
from app.api.outcomes import outcome_responses
from app.integrations.fhir.capability import capability_statement

if TYPE_CHECKING:
    from app.errors import Fault


Mode = Annotated[Literal["full", "normative"], Query(description="what is wished of it")]


class OpenFhirRoute(JsonRoute):
    """A route that speaks FHIR to everybody."""

    async def read_sent(self, request: Request, model: Any, faults: list[Fault]) -> list[Fault]:
        """Choose the form of the answer; nothing is sent here."""
        negotiate(request)
        return await super().read_sent(request, model, heeded(faults, request))


router = APIRouter(prefix="/fhir", tags=["clinic software"], route_class=OpenFhirRoute)


@router.get(
    "/metadata",
    summary="Read the CapabilityStatement",
    response_class=FhirResponse,
    responses=told("the CapabilityStatement") | outcome_responses(406, 415, 422),
)
async def fhir_metadata(request: Request, form: Format = None, mode: Mode = "full") -> Response:
    """State which resources, searches and operations there are, and how a caller is let in.

    Both modes state the same; there is no TerminologyCapabilities.
    """
    del form, mode
    response = answer(
        request, capability_statement(door_of(request), base_of(request), __version__)
    )
    response.headers["cache-control"] = "no-cache"
    return response
