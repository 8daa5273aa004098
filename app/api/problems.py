"""Errors as problem details (RFC 9457): one table from a situation to a slug and a status."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app import errors
from app.api.dialects import PROBLEM, tell
from app.schemas.problems import Problem
from app.schemas.validation import faults_of

if TYPE_CHECKING:
    from collections.abc import Sequence

MEDIA_TYPE = PROBLEM
logger = logging.getLogger("neurostrata")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem."""

    slug: str
    status: int
    title: str


KINDS: dict[str, Kind] = {
    kind.slug: kind
    for kind in (
        Kind("validation-error", 422, "The request breaks a rule"),
        Kind("unit-not-supported", 422, "The unit is not supported"),
        Kind("specimen-not-applicable", 422, "The evidence does not cover this specimen"),
        Kind("biomarker-not-supported", 422, "The biomarker is not supported"),
        Kind("biomarker-out-of-range", 422, "The level is out of range"),
        Kind("outside-the-model", 422, "The patient lies outside the model"),
        Kind("unauthorized", 401, "A valid key is needed"),
        Kind("forbidden", 403, "The key does not allow this"),
        Kind("not-found", 404, "There is no such thing"),
        Kind("method-not-allowed", 405, "The method is not allowed here"),
        Kind("not-acceptable", 406, "None of the media types asked for can be made"),
        Kind("timeout", 408, "The request took too long to arrive"),
        Kind("conflict", 409, "The request contradicts what is stored"),
        Kind("precondition-failed", 412, "Somebody else changed it first"),
        Kind("too-large", 413, "The request is too large"),
        Kind("unsupported-media-type", 415, "The body is of a kind that is not read"),
        Kind("idempotency-mismatch", 422, "The key was used for another request"),
        Kind("precondition-required", 428, "Say which version you are changing"),
        Kind("rate-limited", 429, "Too many tries"),
        Kind("fit-refused", 422, "The model cannot be fitted"),
        Kind("internal-error", 500, "Something went wrong on our side"),
        Kind("unavailable", 503, "The service is not available just now"),
    )
}
FAULT_KINDS = {
    "unit_not_supported": "unit-not-supported",
    "specimen_not_applicable": "specimen-not-applicable",
    "biomarker_not_supported": "biomarker-not-supported",
    "biomarker_out_of_range": "biomarker-out-of-range",
    "outside_the_model": "outside-the-model",
}
"""Fault codes with a kind of their own; it is used when every fault is of that kind."""

ERROR_KINDS: dict[type[errors.AppError], str] = {
    errors.InvalidInput: "validation-error",
    errors.FitFailed: "fit-refused",
    errors.NotFound: "not-found",
    errors.Conflict: "conflict",
    errors.PreconditionRequired: "precondition-required",
    errors.PreconditionFailed: "precondition-failed",
    errors.DataMissing: "precondition-failed",  # told by CDS Hooks alone, as an OperationOutcome
    errors.IdempotencyMismatch: "idempotency-mismatch",
    errors.Unauthorized: "unauthorized",
    errors.Forbidden: "forbidden",
    errors.RateLimited: "rate-limited",
    errors.NotAcceptable: "not-acceptable",
    errors.TooLarge: "too-large",
    errors.TimedOut: "timeout",
    errors.UnsupportedMediaType: "unsupported-media-type",
    errors.Unavailable: "unavailable",
    errors.EvidenceFault: "internal-error",
    errors.ConfigurationFault: "internal-error",
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
STATUS_KINDS = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}


def problem_document(
    kind: Kind, detail: str, instance: str, request_id: str, faults: Sequence[errors.Fault] = ()
) -> dict[str, Any]:
    """The problem as plain data; `errors` only where single faults can be named."""
    document: dict[str, Any] = {
        "type": f"/problems/{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "instance": instance,
        "request_id": request_id,
    }
    in_file = any(fault.row is not None for fault in faults)
    shown = [_shown(fault, in_file=in_file) for fault in faults]
    return document | ({"errors": shown} if shown else {})


def _shown(fault: errors.Fault, *, in_file: bool) -> dict[str, Any]:
    """In a file, each fault says its row and column, or that it has none."""
    return {name: value for name, value in asdict(fault).items() if in_file or value is not None}


def kind_of(error: errors.AppError) -> Kind:
    """The kind of a situation; input faults of one special kind give it its name."""
    if isinstance(error, errors.InvalidInput):
        # Whoever sends another biomarker also leaves out this one: that is one mistake.
        kinds = {FAULT_KINDS.get(f.code) for f in error.faults if f.code != "missing"}
        special = kinds.pop() if len(kinds) == 1 else None
        if special:
            return KINDS[special]
    return KINDS[ERROR_KINDS.get(type(error), "internal-error")]


def describe(error: errors.AppError, instance: str, request_id: str) -> dict[str, Any]:
    """A situation as a problem document."""
    kind = kind_of(error)
    detail = error.detail if kind.status < 500 or kind.status == 503 else HIDDEN
    return problem_document(kind, detail, instance, request_id, getattr(error, "faults", ()))


HIDDEN = "The service could not answer. Nothing was changed. Quote the request id to its operator."


def add_problem_handlers(app: FastAPI) -> None:
    """Answer every error of the app as a problem document."""
    app.add_exception_handler(errors.AppError, _app_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(OperationalError, _database_away)
    app.add_exception_handler(InterfaceError, _database_away)


UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "The caller holds it already."}}


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems a route may answer with, for its OpenAPI description."""
    return {status: _documented(status) for status in statuses}


def problem_response(request: Request, document: dict[str, Any], **headers: str) -> Response:
    """A problem as a response, in the language of its door; never kept by a cache."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body, media_type, status = tell(request, document)
    return Response(body, status, {"cache-control": "no-store"} | named, media_type)


def request_id_of(request: Request) -> str:
    """The id that the edge gave the request."""
    return str(request.scope.get("request_id", ""))


async def _app_error(request: Request, error: Exception) -> Response:
    known = error if isinstance(error, errors.AppError) else errors.AppError(HIDDEN)
    document = describe(known, request.scope["path"], request_id_of(request))
    return problem_response(request, document, **_headers_of(known))


async def _validation_error(request: Request, error: Exception) -> Response:
    found = faults_of(error) if isinstance(error, RequestValidationError) else []
    return await _app_error(request, errors.InvalidInput(found))


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    kind = KINDS[STATUS_KINDS.get(status, "validation-error" if status < 500 else "internal-error")]
    headers = dict((isinstance(error, HTTPException) and error.headers) or {})
    detail = f"{kind.title}."
    if status == 404:
        detail = "There is nothing at this address. /docs lists what there is."
    elif status == 405:
        headers = {"allow": ", ".join(_allowed(request))}
        detail = f"This address allows {headers['allow']}."
    document = problem_document(kind, detail, request.scope["path"], request_id_of(request))
    return problem_response(request, document, **headers)


def _allowed(request: Request) -> list[str]:
    """The methods of every route at the address; Starlette names those of the first alone."""

    def takes(method: str) -> bool:
        asked = {**request.scope, "method": "GET" if method == "HEAD" else method}
        return any(route.matches(asked)[0] == Match.FULL for route in request.app.routes)

    return [method for method in METHODS if takes(method)]


async def _database_away(request: Request, error: Exception) -> Response:
    logger.warning("database away: %s", type(error).__name__)
    return await _app_error(request, errors.Unavailable("The database does not answer."))


def unexpected_problem(request: Request, error: Exception) -> Response:
    """The last resort: what nobody foresaw, logged by its type and place alone.

    Neither the answer nor the log has the exception's text: it may hold what was sent.
    """
    places = [f"{Path(at.filename).name}:{at.lineno}" for at in extract_tb(error.__traceback__)]
    name, request_id = type(error).__name__, request_id_of(request)
    logger.error("unexpected %s, request %s, at %s", name, request_id, " ".join(places[-8:]))
    kind = KINDS["internal-error"]
    return problem_response(
        request, problem_document(kind, HIDDEN, request.scope["path"], request_id)
    )


def _headers_of(error: errors.AppError) -> dict[str, str]:
    if isinstance(error, errors.Unauthorized):
        return {"www_authenticate": 'Bearer realm="neurostrata"'}
    if isinstance(error, errors.RateLimited):
        policy = f'"failed-logins";q={error.limit};w=60'
        state = f'"failed-logins";r=0;t={error.retry_after}'
        limits = {"ratelimit_policy": policy, "ratelimit": state}
        return {"retry_after": str(error.retry_after)} | limits
    if isinstance(error, errors.Unavailable):
        return {"retry_after": str(error.retry_after)}
    if isinstance(error, errors.TimedOut):
        return {"connection": "close"}  # the rest of the body is not waited for
    return {}


def _documented(status: int) -> dict[str, Any]:
    kinds = [kind for kind in KINDS.values() if kind.status == status]
    examples = {kind.slug: {"summary": kind.title, "value": example_of(kind)} for kind in kinds}
    return {
        "model": Problem,
        "description": "; ".join(kind.title for kind in kinds),
        "content": {MEDIA_TYPE: {"examples": examples}},
    }


def example_of(kind: Kind) -> dict[str, Any]:
    """A problem of a kind, for the documentation."""
    faults = EXAMPLE_FAULTS.get(kind.slug, [])
    detail = " ".join(fault.detail for fault in faults) or f"{kind.title}."
    return problem_document(kind, detail, "/v1/…", "0f8fad5bd9cb469fa16570867728950e", faults)


EXAMPLE_FAULTS = {
    "fit-refused": [
        errors.Fault(
            "/terms/0",
            "infinite_coefficient",
            "arm[il2ld] has no finite coefficient: no patient of this arm died.",
        )
    ],
    "outside-the-model": [
        errors.Fault(
            "/diagnostic_delay_months",
            "outside_the_model",
            "Below 2.5 months the model turns round: an early diagnosis would look better.",
        )
    ],
    "validation-error": [
        errors.Fault("/pnhf", "unknown_field", "There is no such field. Did you mean pnfh?")
    ],
    "unit-not-supported": [
        errors.Fault("/pnfh/unit", "unit_not_supported", "Molar units have no sure factor.")
    ],
    "specimen-not-applicable": [
        errors.Fault(
            "/pnfh/specimen", "specimen_not_applicable", "The evidence is about csf alone."
        )
    ],
    "biomarker-not-supported": [
        errors.Fault("/nfl", "biomarker_not_supported", "NfL is another protein than pNFH.")
    ],
    "biomarker-out-of-range": [
        errors.Fault("/pnfh/value", "biomarker_out_of_range", "A level must be greater than 0.")
    ],
}
