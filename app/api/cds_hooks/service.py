"""`/cds-services`: what the service tells of itself, and the calls of it. Nothing is stored.

A call reads no record, so it is no event of the audit; how many cards were given is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import orjson
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from app import __version__
from app.answers.phrases import phrases_in
from app.api.addresses import base_of
from app.api.cds_hooks.card_examples import CALL_EXAMPLE
from app.api.dialects import JSON
from app.api.json_route import JsonRoute, check_content_type
from app.api.negotiation import choose_language, choose_media_type, header
from app.api.openapi import operation_id
from app.api.outcomes import outcome_responses
from app.api.records.reply import write_json
from app.clinic.card_feedback import NO_CARD
from app.dependencies import bearer, identify_client_or_caller
from app.integrations.cds_hooks.call import read_call
from app.integrations.cds_hooks.card import card_of
from app.integrations.cds_hooks.discovery import SERVICE_ID, discovery
from app.schemas.strict_json import parse_json
from app.use_cases.cds_hooks.advise import advise
from app.use_cases.cds_hooks.gather_chart import gather_chart

if TYPE_CHECKING:
    from app.answers.phrases import Language
    from app.clinic.access import Caller
    from app.integrations.cds_hooks.call import Call

PLACE: Final = f"/cds-services/{SERVICE_ID}"
SMALL: Final = 65_536
"""Bytes that are parsed at once; what is larger gives way to others, in a thread."""

OBJECT: Final = {"type": "object"}
NOT_ADMITTED: Final[dict[int | str, dict[str, Any]]] = {
    401: {"description": "No good key and no good JWT of a trusted client; the body is empty."}
}
CARDS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "required": ["cards"],
                    "properties": {"cards": {"type": "array", "items": OBJECT}},
                }
            }
        }
    }
}
SERVICES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "required": ["services"],
                    "properties": {"services": {"type": "array", "items": OBJECT}},
                }
            }
        }
    }
}
DECLARED: Final = {
    "security": [{bearer.scheme_name: []}],  # judged by the route itself, for speed
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": OBJECT, "example": CALL_EXAMPLE}},
    },
}


class CallRoute(JsonRoute):
    """A route for callers with a key or a trusted client's JWT, judged before the body is read."""

    async def admit(self, request: Request) -> None:
        """Say who asks. Raises Unauthorized or RateLimited."""
        request.state.caller = await identify_client_or_caller(request)


discovering = APIRouter(tags=["clinic software"], route_class=JsonRoute)
calling = APIRouter(
    tags=["clinic software"], route_class=CallRoute, generate_unique_id_function=operation_id
)


@discovering.get(
    "/cds-services",
    summary="Discover the CDS service",
    response_description="the service, and what it would like to be prefetched",
    response_class=Response,
    responses=SERVICES | outcome_responses(422, media_type=JSON),
)
async def discover_cds_services(request: Request) -> Response:
    """Describes the one CDS Hooks service: `als-il2-pnfh`, on `patient-view`."""
    document = discovery(request.state.fhir_codes, __version__)
    return Response(orjson.dumps(document), 200, {"cache-control": "no-cache"}, JSON)


@calling.post(
    PLACE,
    summary="Call the CDS service",
    response_description="one card, or none if there is nothing to say",
    response_class=Response,
    responses=CARDS
    | NOT_ADMITTED
    | outcome_responses(406, 408, 412, 413, 415, 422, 429, 503, media_type=JSON),
    openapi_extra=DECLARED,
)
async def call_cds_service(request: Request) -> Response:
    """Answers with a card about the patient's latest CSF pNFH, for whom opens the record.

    What was not prefetched is asked of the `fhirServer`, if the service is allowed to ask it.
    Without it: 412. A result that cannot be read without guessing, or of another patient, is
    refused at its element. The card suggests no treatment, and it is never `critical`.
    """
    headers = request.scope["headers"]
    choose_media_type(header(headers, b"accept"), (JSON,))
    check_content_type(request, JSON)
    body = await request.body()
    sent = parse_json(body) if len(body) < SMALL else await run_in_threadpool(parse_json, body)
    language = choose_language(header(headers, b"accept-language"))
    answer = write_json({"cards": await _cards(request, read_call(sent), language)})
    told = {"cache-control": "no-store", "content-language": language}
    return Response(answer, 200, told, JSON)


async def _cards(request: Request, call: Call, language: Language) -> list[dict[str, Any]]:
    state, caller = request.state, _caller(request)
    chart = await gather_chart(
        call,
        state.fhir_codes,
        state.settings.max_bundle_entries,
        ehrs=state.ehrs,
        also=caller.fhir_servers,
    )
    advice = advise(chart, language, library=state.library, answers=state.answers)
    if advice is None:
        state.card_counts.note(caller.clinic_id, NO_CARD)
        return []
    phrases, base = phrases_in(language), base_of(request)
    card = card_of(advice.document, phrases, str(uuid4()), base, advice.sample)
    state.card_counts.note(caller.clinic_id, card["indicator"])
    return [card]


def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller
