"""Tokens of a hospital's identity provider: what one must say to be taken, and for whom it speaks.

RFC 7519 (claims), RFC 9068 (access tokens), RFC 8725 (what must be refused).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from math import ceil, floor
from typing import Any, Final, NamedTuple

from app.clinic.access import Role
from app.schemas.values import is_safe

LONGEST_TOKEN: Final = 8192
LEEWAY_SECONDS: Final = 30
"""How far the clocks of issuer and service may be apart."""

ALGORITHMS: Final = {"RS256": "RSA", "ES256": "EC"}
"""What a token of the issuer may be signed with, and the kind of key it takes."""

_SHAPE: Final = re.compile(r"[\w-]+\.[\w-]*\.[\w-]*", re.ASCII)
_NAME: Final = re.compile(r"[!-~]{1,200}")
_LATEST: Final = 253_402_300_799  # the end of the year 9999

# A token that brings its own key, or must be read in a way that only some readers know.
_HARMFUL: Final = {"jwk", "jku", "x5u", "x5c", "crit", "b64", "cty", "zip", "enc"}
_TYPES: Final = {"jwt", "at+jwt", "application/at+jwt"}
# An ID token tells a program who signed in; it opens nothing. Only it has these claims.
_OF_ID_TOKENS: Final = {"nonce", "at_hash", "c_hash", "s_hash"}


class TokenRefused(Exception):
    """A token is not taken. The reason is for the operator's log; a caller is never told it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whose tokens are taken, and what they must say.

    Where the issuer's keys are, it says itself, unless `jwks_url` does.
    """

    issuer: str
    audience: str
    jwks_url: str | None = None
    clinic_claim: str = "clinic"
    scope_prefix: str = "neurostrata/"
    longest_seconds: int = 3600


class SigningHeader(NamedTuple):
    """How a token says it was signed: the algorithm, and the id of the key."""

    algorithm: str
    key_id: str


@dataclass(frozen=True, slots=True)
class Speaker:
    """For whom a token speaks: `clinic` by name or id, `role` the greatest of its scopes."""

    subject: str
    clinic: str
    role: Role | None


def looks_like_token(written: str) -> bool:
    """Whether this has the shape of a signed token: three parts of base64url with dots between."""
    return _SHAPE.fullmatch(written) is not None


def read_header(
    header: Mapping[str, Any],
    algorithms: Mapping[str, str] = ALGORITHMS,
    types: Collection[str] = _TYPES,
) -> SigningHeader:
    """Judge a token's header before its signature is. Raises TokenRefused."""
    demand(not _HARMFUL & header.keys(), "header: brings a key or an extension")
    kind = header.get("typ", "JWT")
    demand(isinstance(kind, str) and kind.lower() in types, "header: typ")
    algorithm, key_id = header.get("alg"), header.get("kid")
    demand(isinstance(algorithm, str) and algorithm in algorithms, "header: alg")
    demand(isinstance(key_id, str) and _NAME.fullmatch(key_id), "header: kid")
    return SigningHeader(str(algorithm), str(key_id))


def read_claims(claims: Mapping[str, Any], trust: Trust, now: datetime) -> Speaker:
    """Judge the claims of a token whose signature is good. Raises TokenRefused.

    Numbers are decimals, as `parse_json` gives them.
    """
    demand(claims.get("iss") == trust.issuer, "iss")
    demand(trust.audience in texts_of(claims.get("aud")), "aud")
    demand(not _OF_ID_TOKENS & claims.keys(), "an ID token")
    demand(claims.get("typ", "Bearer") == "Bearer", "an ID token: typ")  # Keycloak says it so,
    demand(claims.get("token_use", "access") == "access", "an ID token: token_use")  # Cognito so
    read_times(claims, trust.longest_seconds, now)
    subject, clinic = claims.get("sub"), claims.get(trust.clinic_claim)
    demand(isinstance(subject, str) and _NAME.fullmatch(subject), "sub")
    demand(isinstance(clinic, str) and 1 <= len(clinic) <= 200 and is_safe(clinic), "clinic")
    return Speaker(str(subject), str(clinic), _role(claims, trust))


def read_times(
    claims: Mapping[str, Any], longest_seconds: int, now: datetime, *, needs_iat: bool = True
) -> datetime:
    """Judge when a token is good, and give the moment from which nobody takes it any more.

    Raises TokenRefused. A token that need not say when it was made may live for as long from now.
    A fraction of a second never makes a token good for longer.
    """
    present = int(now.timestamp())
    expires = floor(_seconds(claims, "exp"))
    issued = _seconds(claims, "iat") if needs_iat or "iat" in claims else None
    begins = _seconds(claims, "nbf") if "nbf" in claims else Decimal(present)
    demand(present < expires + LEEWAY_SECONDS, "exp: expired")
    demand(ceil(max(issued or 0, begins)) <= present + LEEWAY_SECONDS, "iat or nbf: not yet")
    lives = expires - (present + LEEWAY_SECONDS if issued is None else floor(issued))
    demand(lives <= longest_seconds, "exp - iat: lives too long")
    demand(issued is None or lives > 0, "exp - iat: ends before it begins")
    return datetime.fromtimestamp(expires + LEEWAY_SECONDS, UTC)


def _seconds(claims: Mapping[str, Any], name: str) -> Decimal:
    """A moment in seconds since 1970, before the year 10000 (RFC 7519, 2). Raises TokenRefused."""
    value = claims.get(name)
    if not isinstance(value, Decimal) or not value.is_finite():
        raise TokenRefused(f"{name}: no number")
    # Compared before it is rounded: 1e999999999 must not be written out.
    demand(1 <= value <= _LATEST, f"{name}: absurd")
    return value


def _role(claims: Mapping[str, Any], trust: Trust) -> Role | None:
    told = [*texts_of(claims.get("scope")), *texts_of(claims.get("scp"))]
    granted = {scope for text in told for scope in text.split(" ")}
    roles = [role for role in Role if f"{trust.scope_prefix}{role}" in granted]
    return roles[-1] if roles else None


def texts_of(value: object) -> list[str]:
    """A claim that is a text or a list of texts; of anything else, nothing."""
    listed: list[object] = value if isinstance(value, list) else [value]
    texts = [text for text in listed if isinstance(text, str)]
    return texts if len(texts) == len(listed) else []


def demand(holds: object, reason: str) -> None:
    """Refuse a token for this reason, unless this holds. Raises TokenRefused."""
    if not holds:
        raise TokenRefused(reason)
