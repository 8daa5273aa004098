"""Register a client of a clinic: how it proves itself, and what it may do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from app.clinic.scopes import read_scopes
from app.clinic.trusted_client import CLIENT_ALGORITHMS, TrustedClient
from app.db.trusted_clients import TrustedClientRepository
from app.errors import AppError, Conflict, Fault, InvalidInput
from app.identity.fetch import MOST_BYTES, IssuerAway, is_acceptable
from app.identity.key_set import read_key_set
from app.schemas.strict_json import parse_json
from app.schemas.values import is_safe
from app.use_cases.audit.act_for_operator import Turn

LONGEST_NAME: Final = 200
LONGEST_ADDRESS: Final = 500
MOST_SERVERS: Final = 20
KEY_SET: Final = (
    "A key set has an RSA key for RS384 or a P-384 key for ES384, with a kid of its own, "
    "and no secret part of any key."
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What the operator says of a client. Its keys are at `jwks_url`, or they are `jwks`."""

    name: str
    scopes: str
    issuer: str | None = None
    jwks_url: str | None = None
    jwks: bytes | None = None
    fhir_servers: tuple[str, ...] = ()


async def register_client(said: Registration, *, turn: Turn, issuer_of_users: str | None) -> str:
    """Keep a new client and give its id. Raises InvalidInput with every fault, or Conflict."""
    faults = list(_faults(said))
    if faults:
        raise InvalidInput(faults)
    client = TrustedClient(
        id=str(uuid4()),
        clinic_id=turn.clinic_id,
        name=said.name.strip(),
        issuer=said.issuer,
        jwks_url=said.jwks_url,
        jwks=None if said.jwks is None else said.jwks.decode(),
        scopes=read_scopes(said.scopes).written,
        fhir_servers=tuple(server.rstrip("/") for server in said.fhir_servers),
        created_at=datetime.now(UTC),
    )
    clients = TrustedClientRepository(turn.connection)
    is_taken = said.issuer is not None and said.issuer == issuer_of_users
    if is_taken or not await clients.add(client):
        raise Conflict("Another issuer that is trusted here has this name.")
    await turn.account("add_client", changes=False)
    return client.id


def _faults(said: Registration) -> Iterator[Fault]:
    if not _is_text(said.name.strip(), LONGEST_NAME):
        yield _fault("/name", f"A name has 1 to {LONGEST_NAME} visible characters.")
    if said.issuer is not None and not _is_text(said.issuer, LONGEST_ADDRESS):
        yield _fault("/issuer", f"An issuer has 1 to {LONGEST_ADDRESS} visible characters.")
    if not _is_good(read_scopes, said.scopes):
        yield _fault("/scopes", "Scopes are words such as system/*.rs, one space between.")
    if (said.jwks_url is None) is (said.jwks is None):
        yield _fault("/jwks", "Say where the public keys are, or give a file of them; one of both.")
    if said.jwks_url is not None and not _is_place_of_keys(said.jwks_url):
        yield _fault("/jwks_url", "Keys are at an https address (http on this machine alone).")
    if said.jwks is not None and not _is_good(_check_key_set, said.jwks):
        yield _fault("/jwks", KEY_SET)
    if len(said.fhir_servers) > MOST_SERVERS or not all(map(_is_server, said.fhir_servers)):
        detail = (
            f"FHIR servers are at most {MOST_SERVERS} addresses such as https://ehr.example/r4."
        )
        yield _fault("/fhir_servers", detail)


def _fault(pointer: str, detail: str) -> Fault:
    return Fault(pointer, "client", detail)


def _is_text(written: str, longest: int) -> bool:
    return 1 <= len(written) <= longest and is_safe(written)


def _is_short(address: str) -> bool:
    return _is_text(address, LONGEST_ADDRESS) and address.isascii() and " " not in address


def _is_place_of_keys(address: str) -> bool:
    return _is_short(address) and is_acceptable(address)


def _is_server(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    more = parts.query or parts.fragment or "@" in parts.netloc
    is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    return _is_short(address) and is_web and not more


def _is_good(read: Callable[[T], object], given: T) -> bool:
    try:
        read(given)
    except (AppError, IssuerAway):
        return False
    return True


def _check_key_set(written: bytes) -> None:
    """Raises IssuerAway or InvalidInput if no signature can be verified, or a secret is told."""
    document = parse_json(written) if len(written) <= MOST_BYTES else None
    if not isinstance(document, dict) or not read_key_set(document, CLIENT_ALGORITHMS):
        raise IssuerAway("no key")
    if any({"d", "k"} & entry.keys() for entry in document["keys"] if isinstance(entry, dict)):
        raise IssuerAway("a secret")
