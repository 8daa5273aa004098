"""A program of a clinic that proves itself by signatures: its registration, and what it signs.

SMART Backend Services: a client signs an assertion with which it logs in and gets an access token.
CDS Hooks: a client signs each call. Both are JWTs, good for five minutes at most, and for once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple

from app.clinic.access import Caller, Role
from app.clinic.scopes import read_scopes
from app.clinic.token import SigningHeader, demand, read_header, read_times, texts_of

CLIENT_ALGORITHMS: Final = {"RS384": "RSA", "ES384": "EC"}
"""What a client may sign with, and the kind of key it takes."""

LONGEST_SECONDS: Final = 300
LONGEST_ID: Final = 500

_TYPES: Final = {"jwt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedClient:
    """A registered client. Its public keys are at `jwks_url`, or they are `jwks` itself, as JSON.

    `issuer` is how it names itself in the calls of CDS Hooks, `id` how it does when it logs in.
    The service may ask its `fhir_servers` on its behalf. From `revoked_at` on it opens nothing,
    nor do its tokens.
    """

    id: str
    clinic_id: str
    name: str
    issuer: str | None
    jwks_url: str | None
    jwks: str | None
    scopes: str
    fhir_servers: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None = None


class Assertion(NamedTuple):
    """What makes a signed text good for once: its `jti`, as a digest, until nobody takes it."""

    digest: str
    expires_at: datetime


def caller_of(clinic_id: str, client_id: str, scopes: str, servers: tuple[str, ...]) -> Caller:
    """Give the caller that a client is with these scopes."""
    granted = read_scopes(scopes)
    role = Role.EDITOR if granted.can_write else Role.VIEWER
    return Caller(clinic_id, f"client:{client_id}", role, granted, servers)


def read_client_header(header: Mapping[str, Any], jwks_url: str | None) -> SigningHeader:
    """Judge the header of what a client signed. Raises TokenRefused.

    It may repeat where its keys are, but not name another place.
    """
    told = dict(header)
    if jwks_url is not None and told.get("jku") == jwks_url:
        del told["jku"]
    return read_header(told, CLIENT_ALGORITHMS, _TYPES)


def read_login(
    claims: Mapping[str, Any], client_id: str, audience: str, now: datetime
) -> Assertion:
    """Judge the claims of an assertion to log in with (RFC 7523). Raises TokenRefused."""
    demand(claims.get("sub") == client_id, "sub")
    return _read(claims, client_id, audience, now, needs_iat=False)


def read_call(claims: Mapping[str, Any], issuer: str, audience: str, now: datetime) -> Assertion:
    """Judge the claims of a signed call (CDS Hooks). Raises TokenRefused."""
    return _read(claims, issuer, audience, now, needs_iat=True)


def _read(
    claims: Mapping[str, Any], issuer: str, audience: str, now: datetime, *, needs_iat: bool
) -> Assertion:
    demand(claims.get("iss") == issuer, "iss")
    demand(texts_of(claims.get("aud")) == [audience], "aud")
    identity = claims.get("jti")
    demand(isinstance(identity, str) and 1 <= len(identity) <= LONGEST_ID, "jti")
    expires = read_times(claims, LONGEST_SECONDS, now, needs_iat=needs_iat)
    return Assertion(sha256(str(identity).encode()).hexdigest(), expires)
