"""A signed text (JWS): what it says before anybody believes it, and what its signature proves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.util import urlsafe_b64decode

from app.clinic.token import LONGEST_TOKEN, SigningHeader, TokenRefused, demand
from app.errors import InvalidInput
from app.identity.key_set import PublicKey
from app.schemas.strict_json import parse_json

JudgeHeader = Callable[[Mapping[str, Any]], SigningHeader]
FindKey = Callable[[str], Awaitable[PublicKey | None]]


def unproved_claims(written: str) -> dict[str, Any]:
    """Read what a text claims, to find out whose signature it needs. Raises TokenRefused."""
    demand(len(written) <= LONGEST_TOKEN and written.count(".") == 2, "no signed text")
    return _part(written.split(".")[1])


async def proved_claims(
    written: str, algorithms: Mapping[str, str], judge_header: JudgeHeader, find_key: FindKey
) -> dict[str, Any]:
    """Read what a text claims, once its signature is found to be by the key that it names.

    Raises TokenRefused, or what `find_key` does if no key can be had.
    """
    demand(len(written) <= LONGEST_TOKEN, "too long")
    header = judge_header(_part(written.partition(".")[0]))
    key = await find_key(header.key_id)
    if key is None or key.key_type != algorithms[header.algorithm]:
        raise TokenRefused("no such key")
    registry = jws.JWSRegistry(algorithms=[header.algorithm], strict_check_header=False)
    try:
        signed = jws.deserialize_compact(written, key, registry=registry)
    except (JoseError, ValueError) as error:
        raise TokenRefused("no good signature") from error
    return _parse(signed.payload or b"")


def _part(encoded: str) -> dict[str, Any]:
    try:
        return _parse(urlsafe_b64decode(encoded.encode()))
    except ValueError as error:
        raise TokenRefused("no base64url") from error


def _parse(written: bytes) -> dict[str, Any]:
    try:
        document = parse_json(written)
    except InvalidInput as error:
        raise TokenRefused("no strict JSON") from error
    if not isinstance(document, dict):
        raise TokenRefused("no JSON object")
    return document
