"""`/v1/evidence`: what the estimates rest on, number by number."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import Annotated, Any, Final, TypeAlias

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from app.api.json_route import JsonRoute
from app.api.negotiation import choose_media_type, header, holds
from app.api.own_evidence import PRIVATE, answer_with_all, answer_with_several
from app.api.problems import problem_responses
from app.errors import Fault, InvalidInput
from app.evidence.library import Library
from app.schemas.card import CardResponse
from app.schemas.evidence import (
    EvidenceDifferenceResponse,
    EvidenceListResponse,
    EvidenceResponse,
)
from app.survival.level import CANONICAL_UNIT, Level, parse_level
from app.use_cases.estimates.compare_evidence import compare_evidence
from app.use_cases.estimates.read_card import read_card
from app.use_cases.estimates.read_evidence import list_evidence, read_evidence

JSON: Final = "application/json"
HEADERS: Final = {"cache-control": "no-cache", "vary": "accept", "content-language": "en"}
USUAL_LEVELS: Final = "500,750,1500,3700,5000"
MOST_LEVELS: Final = 50

KNOWN: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "the caller has it already: its ETag came in If-None-Match"}
}

Read: TypeAlias = Callable[..., dict[str, Any]]
EvidenceId = Annotated[str, Path(description="`id` of the evidence", examples=["mirocals-2025"])]
OtherId = Annotated[
    str, Path(description="`id` of the evidence it is compared with", examples=["mirocals-2025"])
]
Levels = Annotated[
    str,
    Query(
        description="CSF pNFH levels in pg/mL to be answered by both, separated by commas",
        examples=["500,1500"],
        max_length=1000,
    ),
]

router = APIRouter(prefix="/v1/evidence", tags=["evidence"], route_class=JsonRoute)


@router.get(
    "",
    summary="List the evidence",
    response_model=EvidenceListResponse,
    response_description="every evidence file in short",
    responses=KNOWN | problem_responses(406, 422),
)
async def read_all_evidence(request: Request) -> Response:
    """Every evidence file with its version, its digest and what replaces it.

    With a key the evidence of the caller's own clinic, fitted from its patients, stands there too.
    """

    async def answer(library: Library) -> Response:
        return _read(request, list_evidence, (), library)

    return await answer_with_all(request, answer)


@router.get(
    "/{evidence_id}",
    summary="Read evidence",
    response_model=EvidenceResponse,
    response_description="the evidence file and what follows from it",
    responses=KNOWN | problem_responses(404, 406, 422),
)
async def read_one_evidence(request: Request, evidence_id: EvidenceId) -> Response:
    """One evidence file: every number with its unit, kind, source and estimand.

    Beside them stand the effects, and the curves at reference times, that are computed from them.
    With a key it may also be evidence of the caller's own clinic, fitted from its patients.
    """

    async def answer(library: Library) -> Response:
        return _read(request, read_evidence, (evidence_id,), library)

    return await answer_with_several(request, (evidence_id,), answer)


@router.get(
    "/{evidence_id}/card",
    summary="Read the model card of evidence",
    response_model=CardResponse,
    response_description="the model card",
    responses=KNOWN | problem_responses(404, 406, 422),
)
async def read_evidence_card(request: Request, evidence_id: EvidenceId) -> Response:
    """What to know before trusting the numbers.

    All 31 source attributes of HTI-1, each stated or with the reason why not; how the numbers were
    validated; how credible it is that subgroups differ; limits and safety.
    """

    async def answer(library: Library) -> Response:
        return _read(request, read_card, (evidence_id,), library)

    return await answer_with_several(request, (evidence_id,), answer)


@router.get(
    "/{evidence_id}/diff/{other}",
    summary="Compare two evidence files",
    response_model=EvidenceDifferenceResponse,
    response_description="what differs, in the files and in what they say of some levels",
    responses=KNOWN | problem_responses(404, 406, 422),
)
async def read_evidence_difference(
    request: Request, evidence_id: EvidenceId, other: OtherId, pnfh: Levels = USUAL_LEVELS
) -> Response:
    """Every difference from the first to the second, and what it does to stratum and effect."""

    async def answer(library: Library) -> Response:
        for name in (evidence_id, other):
            library.entry(name)  # 404 comes before 422
        levels = _levels(pnfh)
        found = compare_evidence(evidence_id, other, levels, library=library)
        return _answer(request, *_write(found), is_own=library is not request.state.library)

    return await answer_with_several(request, (evidence_id, other), answer)


def _levels(text: str) -> list[Level]:
    texts = text.split(",")
    if len(texts) > MOST_LEVELS:
        detail = f"pnfh may name {MOST_LEVELS} levels at most."
        raise InvalidInput([Fault("/pnfh", "too_many", detail)])
    levels, faults = [], []
    for written in texts:
        try:
            levels.append(parse_level(written, CANONICAL_UNIT))
        except InvalidInput as error:
            faults += [Fault("/pnfh", fault.code, fault.detail) for fault in error.faults]
    if faults:
        raise InvalidInput(faults)
    return levels


@lru_cache(maxsize=32)
def _written(read: Read, names: tuple[str, ...], library: Library) -> tuple[bytes, str]:
    """What a library says never changes, so it is written once."""
    return _write(read(*names, library=library))


def _write(document: dict[str, Any]) -> tuple[bytes, str]:
    body = orjson.dumps(document)
    return body, f'"{blake2b(body, digest_size=16).hexdigest()}"'


def _read(request: Request, read: Read, names: tuple[str, ...], library: Library) -> Response:
    """What a library says; that of the published one is kept, a clinic's own never."""
    if library is request.state.library:
        return _answer(request, *_written(read, names, library))
    return _answer(request, *_write(read(*names, library=library)), is_own=True)


def _answer(request: Request, body: bytes, etag: str, *, is_own: bool = False) -> Response:
    sent = request.scope["headers"]
    choose_media_type(header(sent, b"accept"), (JSON,))
    headers = HEADERS | (PRIVATE if is_own else {}) | {"etag": etag}
    if holds(header(sent, b"if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, JSON)
