"""A call as it was sent. What is used of it is read strictly; what is not used may be anything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from app.errors import Fault, InvalidInput
from app.integrations.cds_hooks.discovery import HOOK
from app.integrations.fhir.element import Element

LONGEST_ADDRESS: Final = 2_000
LONGEST_TOKEN: Final = 8_192

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_FHIR_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")
# Version 1 of SMART says it in a word, version 2 by letters in the order c, r, u, d, s. A scope for
# results of laboratories alone (2.2) is as good as one for all Observations.
_READS: Final = re.compile(
    r"(?:user|system|patient)/(?:\*|Observation)\.(?:read|\*|(?=[cud]*[rs])c?r?u?d?s?)"
    r"(?:\?category=(?:http://terminology\.hl7\.org/CodeSystem/observation-category\|)?laboratory)?"
)


@dataclass(frozen=True, slots=True)
class Access:
    """The client's FHIR server, and the token it gave for this call. The token is never told."""

    server: str
    token: str | None
    is_useful: bool
    """Whether the token is alive and may read Observations, by what was said of it."""

    def __repr__(self) -> str:
        """Name the server alone."""
        return f"Access({self.server!r})"


@dataclass(frozen=True, slots=True)
class Call:
    """Whom a call is about, what came along, and where more could be asked."""

    patient_id: str
    prefetch: Element
    access: Access | None


def read_call(sent: Any) -> Call:
    """Read a call of the service. Raises InvalidInput with every fault, each at its element."""
    body, faults = Element(sent), list[Fault]()
    if not isinstance(sent, dict):
        raise InvalidInput([body.fault("wrong_type", "A call is a JSON object.")])
    _check(body["hook"], body["hook"].value == HOOK, f"This service is for {HOOK}.", faults)
    _shaped(body["hookInstance"], _UUID, "This must be a UUID.", faults)
    patient = body["context"]["patientId"]
    patient_id = _shaped(patient, _FHIR_ID, "This must be the id of a FHIR Patient.", faults)
    prefetch = body["prefetch"]
    if prefetch.is_there:
        is_object = isinstance(prefetch.value, dict)
        _check(prefetch, is_object, "This must be an object with a member for each key.", faults)
    access = _access(body, patient_id, faults)
    if faults:
        raise InvalidInput(faults)
    return Call(patient_id, prefetch, access)


def _access(body: Element, patient_id: str, faults: list[Fault]) -> Access | None:
    server, given = body["fhirServer"], body["fhirAuthorization"]
    if not server.is_there:
        if given.is_there:
            detail = "With fhirAuthorization there must be a fhirServer."
            faults.append(server.fault("missing", detail))
        return None
    if not _is_address(server.value):
        detail = "This must be the http or https address of a FHIR server."
        faults.append(server.fault("not_an_address", detail))
        return None
    address = str(server.value).rstrip("/")
    if not given.is_there:
        return Access(address, None, is_useful=True)
    token = _token(given, patient_id, faults)
    return Access(address, token, _lives(given["expires_in"]) and _may_read(given["scope"]))


def _token(given: Element, patient_id: str, faults: list[Fault]) -> str:
    written, kind, bound = given["access_token"], given["token_type"], given["patient"]
    is_bearer = not kind.is_there or str(kind.value).casefold() == "bearer"
    _check(kind, is_bearer, "Only Bearer tokens are used.", faults)
    if bound.is_there:
        detail = "The token is for another patient than the context's."
        _check(bound, bound.value in (patient_id, f"Patient/{patient_id}"), detail, faults)
    return _shaped(written, _TOKEN, "This must be an access token.", faults, LONGEST_TOKEN)


def _lives(expires_in: Element) -> bool:
    """Whether the token is not over already; who says nothing of it is believed."""
    return not isinstance(expires_in.value, Decimal) or expires_in.value > 0


def _may_read(scope: Element) -> bool:
    """Whether the scopes that were told let Observations be read."""
    return scope.text is None or any(map(_READS.fullmatch, scope.text.split()))


def _is_address(written: object) -> bool:
    if not isinstance(written, str) or len(written) > LONGEST_ADDRESS or not written.isascii():
        return False
    try:
        parts = urlsplit(written)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _shaped(
    element: Element,
    shape: re.Pattern[str],
    detail: str,
    faults: list[Fault],
    longest: int = LONGEST_ADDRESS,
) -> str:
    written = element.value
    if isinstance(written, str) and len(written) <= longest and shape.fullmatch(written):
        return written
    faults.append(element.fault("wrong_type" if element.is_there else "missing", detail))
    return ""


def _check(element: Element, is_right: bool, detail: str, faults: list[Fault]) -> None:  # noqa: FBT001
    if not is_right:
        code = "unsupported_value" if element.is_there else "missing"
        faults.append(element.fault(code, detail))
