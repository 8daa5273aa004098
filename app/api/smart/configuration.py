"""Where a clinic's system gets its token, and how: told to everybody."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request

from app.api.dialects import TOKEN_DOOR
from app.api.json_route import JsonRoute
from app.api.outcomes import outcome_responses
from app.api.problems import problem_responses
from app.clinic.trusted_client import CLIENT_ALGORITHMS
from app.schemas.smart import CLIENT_CREDENTIALS, SmartConfiguration
from app.settings import Settings

router = APIRouter(tags=["clinic software"], route_class=JsonRoute)

PLACE: Final = "/.well-known/smart-configuration"
SCOPES: Final = [
    *(f"system/{kind}.rs" for kind in ("Patient", "Observation", "RiskAssessment", "*")),
    *(f"system/{kind}.cruds" for kind in ("Patient", "Observation", "*")),
]
CAPABILITIES: Final = ["client-confidential-asymmetric", "permission-v1", "permission-v2"]


@router.get(
    PLACE,
    summary="How does a clinic's system get a token?",
    response_description="where tokens are had, and how",
    responses=problem_responses(422),
)
async def smart_configuration(request: Request) -> SmartConfiguration:
    """The address of tokens, what a client may sign its assertion with, and which scopes there are.

    SMART Backend Services; no person logs in here.
    """
    return _configuration(request.state.settings)


@router.get(
    f"/fhir{PLACE}",
    summary="The same, beside the FHIR resources",
    response_description="where tokens are had, and how",
    responses=outcome_responses(422),
)
async def smart_configuration_of_fhir(request: Request) -> SmartConfiguration:
    """Where a client looks that knows nothing but the address of the FHIR server."""
    return _configuration(request.state.settings)


def token_address(settings: Settings) -> str:
    """Give the address of tokens, which is what an assertion must be meant for."""
    return settings.public_address + TOKEN_DOOR


def _configuration(settings: Settings) -> SmartConfiguration:
    return SmartConfiguration(
        token_endpoint=token_address(settings),
        grant_types_supported=[CLIENT_CREDENTIALS],
        token_endpoint_auth_methods_supported=["private_key_jwt"],
        token_endpoint_auth_signing_alg_values_supported=list(CLIENT_ALGORITHMS),
        scopes_supported=SCOPES,
        capabilities=CAPABILITIES,
    )
