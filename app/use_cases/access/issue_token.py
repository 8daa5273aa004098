"""Issue an access token to a trusted client that proves itself with a signed assertion."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from app.clinic.access_token import LIFE_SECONDS, AccessToken, digest_of, new_token_text
from app.clinic.audit import Deed
from app.clinic.scopes import LONGEST, Scopes, read_scopes
from app.clinic.token import TokenRefused
from app.clinic.trusted_client import Assertion, TrustedClient, caller_of, read_login
from app.db.access_tokens import AccessTokenRepository
from app.db.audit import AuditRepository
from app.db.door import Door
from app.db.transaction import clinic_transaction
from app.errors import Fault, InvalidInput, Unauthorized
from app.identity.client_keys import ClientKeys
from app.identity.signed_text import unproved_claims
from app.use_cases.audit.account_for import account_for

NO_CLIENT: Final = "This assertion is of no client that is known here, or it is not good."
NOTHING_LEFT: Final = "The client is registered for none of these scopes."

logger = logging.getLogger("neurostrata")


@dataclass(frozen=True, slots=True)
class Login:
    """What a client sends: the assertion it signed for `audience`, and the scopes it asks for.

    A `client_id` beside the assertion need not be sent, and must be the assertion's own.
    """

    assertion: str
    audience: str
    scope: str
    request_id: str
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token, shown this once, and what it is good for."""

    written: str
    scopes: str


async def issue_token(
    login: Login, *, engine: AsyncEngine, door: Door, client_keys: ClientKeys, audit_key: bytes
) -> IssuedToken:
    """Give a token for the scopes that the client asks for and is registered for.

    Raises Unauthorized if the assertion is not good, InvalidInput if nothing is left of the
    scopes, Unavailable. An assertion is good once, whichever process it is sent to.
    """
    now = datetime.now(UTC)
    client, assertion = await _authenticate(login, door, client_keys, now)
    granted = _granted(login.scope, client)
    issued = IssuedToken(new_token_text(), granted.written)
    async with clinic_transaction(engine, client.clinic_id, writes=True) as connection:
        tokens = AccessTokenRepository(connection)
        if not await tokens.use(client.id, assertion):
            logger.info("login of a client refused: jti: used before")
            raise Unauthorized(NO_CLIENT)
        await tokens.forget_used(client.id, now)
        await tokens.add(_kept(issued, client, now), now)
        audit = AuditRepository(connection, client.clinic_id)
        await account_for(_deed(client, granted, login), audit=audit, key=audit_key)
    return issued


async def _authenticate(
    login: Login, door: Door, client_keys: ClientKeys, now: datetime
) -> tuple[TrustedClient, Assertion]:
    try:
        client = await _claimed(login, door)
        claims = await client_keys.prove(login.assertion, client)
        return client, read_login(claims, client.id, login.audience, now)
    except TokenRefused as refusal:
        logger.info("login of a client refused: %s", refusal)
        raise Unauthorized(NO_CLIENT) from None


async def _claimed(login: Login, door: Door) -> TrustedClient:
    named = unproved_claims(login.assertion).get("iss")
    client = await door.find_client(named) if isinstance(named, str) else None
    if client is None:
        raise TokenRefused("no such client")
    if login.client_id not in {None, client.id}:
        raise TokenRefused("the client_id of another")
    return client


def _granted(asked: str, client: TrustedClient) -> Scopes:
    granted = read_scopes(asked).within(read_scopes(client.scopes))
    if not granted.each or len(granted.written) > LONGEST:
        raise InvalidInput([Fault("/scope", "invalid_scope", NOTHING_LEFT)])
    return granted


def _kept(issued: IssuedToken, client: TrustedClient, now: datetime) -> AccessToken:
    return AccessToken(
        digest=digest_of(issued.written),
        client_id=client.id,
        scopes=issued.scopes,
        expires_at=now + timedelta(seconds=LIFE_SECONDS),
    )


def _deed(client: TrustedClient, granted: Scopes, login: Login) -> Deed:
    caller = caller_of(client.clinic_id, client.id, granted.written, ())
    return Deed(
        principal=caller.principal,
        role=caller.role,
        action="issue_token",
        request_id=login.request_id,
        status=200,
    )
