"""Admit a trusted client that has signed its call of a CDS service: of this one, and once."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from app.clinic.access import Caller
from app.clinic.token import TokenRefused, looks_like_token
from app.clinic.trusted_client import TrustedClient, caller_of, read_call
from app.db.door import Door
from app.errors import Unauthorized
from app.identity.client_keys import ClientKeys
from app.identity.signed_text import unproved_claims
from app.use_cases.access.admit_caller import NOT_ADMITTED, FailedLogins

logger = logging.getLogger("neurostrata")


async def admit_client(
    written: str,
    audience: str,
    address: str,
    *,
    door: Door,
    client_keys: ClientKeys,
    failed_logins: FailedLogins,
) -> Caller | None:
    """Say which client signed a call of `audience`; None if no client claims to have done so.

    Raises Unauthorized if that is not true, RateLimited if the address has tried too many, and
    Unavailable if the client's keys cannot be fetched.
    """
    client = await _claimed(written, door)
    if client is None:
        return None
    try:
        await _prove(written, audience, client, door, client_keys)
    except TokenRefused as refusal:
        logger.info("call of a client refused: %s", refusal)
        await failed_logins.count(address)
        raise Unauthorized(NOT_ADMITTED) from None
    return caller_of(client.clinic_id, client.id, client.scopes, client.fhir_servers)


async def _claimed(written: str, door: Door) -> TrustedClient | None:
    """Find the client that a text says it is by, before that is proved."""
    if not looks_like_token(written):
        return None
    try:
        issuer = unproved_claims(written).get("iss")
    except TokenRefused:
        return None
    return await door.find_client_by_issuer(issuer) if isinstance(issuer, str) else None


async def _prove(
    written: str, audience: str, client: TrustedClient, door: Door, client_keys: ClientKeys
) -> None:
    now = datetime.now(UTC)
    claims = await client_keys.prove(written, client)
    assertion = read_call(claims, client.issuer or "", audience, now)
    if not await door.use_up(client.id, assertion, now):
        raise TokenRefused("jti: used before")
