"""Tokens for a clinic's own systems: a signed assertion in, an access token out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request, Response

from app.api.dialects import TOKEN_DOOR
from app.api.json_route import JsonRoute, check_content_type, read_body
from app.api.problems import request_id_of
from app.api.query import check_names, read_parameters
from app.api.smart.configuration import token_address
from app.api.smart.refusals import FORM_EXAMPLE, oauth_responses
from app.clinic.access_token import LIFE_SECONDS
from app.errors import Fault, InvalidInput, Unauthorized
from app.schemas.smart import CLIENT_CREDENTIALS, JWT_BEARER, TOKEN_FORM, TokenAnswer
from app.use_cases.access.issue_token import NO_CLIENT, Login
from app.use_cases.access.issue_token import issue_token as issue

if TYPE_CHECKING:
    from collections.abc import Mapping

FORM: Final = "application/x-www-form-urlencoded"
MISSING_CODES: Final = {"scope": "invalid_scope"}
"""What a form without a field is told; without any other it is an invalid request."""


class TokenRoute(JsonRoute):
    """A route whose body is a form, each of its fields given once."""

    async def read_sent(self, request: Request, model: Any, faults: list[Fault]) -> list[Fault]:
        """Read the form. Raises InvalidInput: nothing is done for a form that has a fault."""
        del model
        check_content_type(request, FORM)
        fields, further = _read_form(await read_body(request))
        if "authorization" in request.headers:
            further.append(Fault("", "two_proofs", "Prove who you are by the assertion alone."))
        if faults or further:
            raise InvalidInput([*faults, *further])
        request.state.form = fields
        return []


router = APIRouter(tags=["clinic software"], route_class=TokenRoute)


@router.post(
    TOKEN_DOOR,
    summary="Get a token for a clinic's system",
    response_description="the token",
    responses=oauth_responses(400, 401, 408, 413, 415, 429, 503),
    response_model=TokenAnswer,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {FORM: {"schema": TOKEN_FORM, "example": FORM_EXAMPLE}},
        }
    },
)
async def issue_token(request: Request, response: Response) -> TokenAnswer:
    """SMART Backend Services: client credentials, proved by a JWT that the client signed.

    The client must be registered (`python -m app clients add`). An assertion is good once. What is
    asked for and not allowed is left out of `scope`; with nothing left there is no token.
    """
    state = request.state
    login = _login(state.form, token_address(state.settings), request_id_of(request))
    try:
        token = await issue(
            login,
            engine=state.engine,
            door=state.door,
            client_keys=state.client_keys,
            audit_key=state.audit_key,
        )
    except Unauthorized:
        await state.failed_logins.count(request.client.host if request.client else "unknown")
        raise
    response.headers["cache-control"] = "no-store"
    response.headers["pragma"] = "no-cache"
    return TokenAnswer(
        access_token=token.written,
        token_type="bearer",  # noqa: S106 - a kind of token, not a token
        expires_in=LIFE_SECONDS,
        scope=token.scopes,
    )


def _read_form(body: bytes) -> tuple[dict[str, str], list[Fault]]:
    try:
        pairs = read_parameters(body)
    except InvalidInput:
        detail = "A form is fields of percent-encoded UTF-8."
        return {}, [Fault("", "unreadable_form", detail)]
    fields = dict(pairs)
    if "client_secret" in fields:
        return {}, [
            Fault("/client_secret", "two_proofs", "Prove who you are by the assertion alone.")
        ]
    # RFC 6749, 3.2: what is not known is ignored, what is given twice is refused.
    return fields, check_names(pairs, frozenset(fields))


def _login(form: Mapping[str, str], audience: str, request_id: str) -> Login:
    """Judge the form. Raises InvalidInput, or Unauthorized if it is another kind of proof."""
    missing = [name for name in TOKEN_FORM["required"] if not form.get(name)]
    if missing:
        code = MISSING_CODES.get(missing[0], "missing")
        raise InvalidInput([Fault(f"/{missing[0]}", code, f"{missing[0]} is needed.")])
    if form["grant_type"] != CLIENT_CREDENTIALS:
        detail = f"The only grant is {CLIENT_CREDENTIALS}."
        raise InvalidInput([Fault("/grant_type", "unsupported_grant_type", detail)])
    if form["client_assertion_type"] != JWT_BEARER:
        raise Unauthorized(NO_CLIENT)
    return Login(
        form["client_assertion"], audience, form["scope"], request_id, form.get("client_id")
    )
