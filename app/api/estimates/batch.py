"""Many estimates at once: a JSON batch, or an NDJSON stream of any length."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from app.answers.answer import Manner
from app.answers.lines import LineWriter
from app.api.estimates.question import level_faults, question_of, wishes_of, wishes_of_query
from app.api.estimates.stream import LineStream
from app.api.json_route import check_content_type, read_body
from app.api.negotiation import choose_language, choose_media_type, header
from app.api.openapi import declared_parameters
from app.api.own_evidence import answer_with_own, answers_for
from app.api.problems import describe, problem_responses, request_id_of
from app.api.query import check_names, read_parameters
from app.errors import AppError, Fault, InvalidInput, TimedOut, TooLarge, Unavailable
from app.schemas.answers import BatchResponse
from app.schemas.estimates import DEFAULT_EVIDENCE, BatchItem, BatchRequest
from app.schemas.strict_json import parse_json
from app.schemas.validation import faults_of, first_of_each
from app.use_cases.estimates.give_estimate import find_study, give_estimate, judge_wishes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from app.evidence.library import Library
    from app.survival.estimate import Wishes

JSON, NDJSON = "application/json", "application/x-ndjson"
PARAMETERS = frozenset({"detail", "evidence", "times", "alive_at", "extrapolate"})
DETAILS = ("full", "summary", "group")
SMALL = 16_384
SLICE = 32
"""Items of a JSON batch that are answered before others have their turn."""


router = APIRouter(tags=["estimates"])

DECLARED_BODY = {
    "required": True,
    "content": {
        JSON: {"schema": {"$ref": "#/components/schemas/BatchRequest"}},
        NDJSON: {
            "schema": {
                "type": "string",
                "format": "binary",  # how generated clients know a stream
                "description": "one batch item a line",
            },
            "example": '{"ref": "row-1", "pnfh": {"value": 1500, "unit": "pg/mL"}}\n',
        },
    },
}
DECLARED_LINES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            NDJSON: {
                "schema": {"type": "string", "description": "one answer or problem a line"},
                "example": '{"ref":"row-1","status":"estimate"}\n',
            }
        }
    }
}


@router.post(
    "/v1/estimates/batch",
    summary="Estimate survival for many levels",
    response_description="an answer or a problem for every item, in order",
    response_model=BatchResponse,
    responses=DECLARED_LINES | problem_responses(406, 408, 413, 415, 422),
    openapi_extra={"requestBody": DECLARED_BODY, "parameters": declared_parameters(PARAMETERS)},
)
async def create_estimates(request: Request) -> Response:
    """Answers in the order of the items; a faulty item fails alone, as a problem in its place.

    As `application/x-ndjson` a stream of any length is answered line by line while it arrives; what
    is wished for all lines then stands in the query, which a JSON batch does not have.
    """
    if check_content_type(request, JSON, NDJSON) == NDJSON:
        return await answer_stream(request)
    return await answer_batch(request)


class Batch:
    """What all items of a batch share, and the answer to each."""

    def __init__(
        self,
        request: Request,
        library: Library,
        evidence: str,
        wishes: Wishes,
        detail: Any,
        *,
        faults: Sequence[Fault],
    ) -> None:
        headers = request.scope["headers"]
        self.manner = Manner(
            "estimate", detail, choose_language(header(headers, b"accept-language"))
        )
        self.library = library
        self.answers = answers_for(request, evidence)
        self.request_id = request_id_of(request)
        self.wishes = wishes
        self.evidence = evidence
        try:
            self.study = find_study(evidence, library)
            found = judge_wishes(wishes, self.study)
        except InvalidInput as error:
            found = list(error.faults)
        if faults or found:
            raise InvalidInput(first_of_each([*faults, *found]))

    def answer(self, raw: Any) -> bytes:
        """The answer to one item, or its problem."""
        ref = raw.get("ref") if isinstance(raw, dict) else None
        try:
            item = _read_item(raw)
            question = question_of(item.pnfh, item.patient, self.wishes)
            answer = give_estimate(
                question,
                self.evidence,
                self.manner,
                library=self.library,
                answers=self.answers,
            )
        except AppError as error:
            return self.problem(error, ref)
        return b'{"ref":%b,%b' % (orjson.dumps(ref), answer.body[1:])

    def problem(self, error: AppError, ref: object = None) -> bytes:
        """A problem in the place of an answer."""
        known = ref if isinstance(ref, str) and len(ref) <= 200 else None
        problem = describe(error, "/v1/estimates/batch", self.request_id)
        return orjson.dumps({"ref": known, "status": "error", "problem": problem})

    def answer_line(self, line: bytes) -> bytes:
        """The answer to one line of a stream."""
        try:
            raw = parse_json(line)
        except InvalidInput as error:
            return self.problem(error) + b"\n"
        return self.answer(raw) + b"\n"


async def answer_stream(request: Request) -> Response:
    """Answer NDJSON while it arrives. Faults of the query are told before anything is read."""
    choose_media_type(header(request.scope["headers"], b"accept"), (NDJSON,))
    values = dict(read_parameters(request.scope["query_string"]))

    async def answer(library: Library) -> Response:
        return _stream(request, _batch_by_query(request, library))

    return await answer_with_own(request, values.get("evidence", DEFAULT_EVIDENCE), answer)


def _stream(request: Request, batch: Batch) -> Response:
    writer = LineWriter(batch.study, batch.wishes, batch.manner, batch.answers, batch.answer_line)
    longest = request.state.settings.max_line_bytes
    refusals: dict[str, AppError] = {
        "too-large": TooLarge(f"A line may hold {longest} bytes at most."),
        "timeout": TimedOut("The lines stopped arriving; those before are answered."),
        "unavailable": Unavailable("The lines cannot be kept just now; those before are answered."),
    }

    def refuse(slug: str) -> bytes:
        return batch.problem(refusals[slug]) + b"\n"

    headers = {"cache-control": "no-store", "content-language": batch.manner.language}
    return LineStream(writer.answer, refuse, request.state.settings, headers)


async def answer_batch(request: Request) -> Response:
    """Answer a JSON batch. Its own faults are told whole; an item's stand in its place."""
    choose_media_type(header(request.scope["headers"], b"accept"), (JSON,))
    faults = check_names(read_parameters(request.scope["query_string"]), frozenset())
    text = await read_body(request)
    # Half a second of parsing at most: in a thread it gives way to others every few milliseconds.
    raw = parse_json(text) if len(text) < SMALL else await run_in_threadpool(parse_json, text)
    body = _read_batch(raw, faults)
    most = request.state.settings.max_batch_items
    if len(body.items) > most:
        raise TooLarge(f"A batch may hold {most} items; a stream of NDJSON has no such bound.")

    async def answer(library: Library) -> Response:
        batch = Batch(request, library, body.evidence, wishes_of(body), body.detail, faults=faults)
        headers = {"cache-control": "no-store", "content-language": batch.manner.language}
        return StreamingResponse(_items(batch, body.items), 200, headers, JSON)

    return await answer_with_own(request, body.evidence, answer)


async def _items(batch: Batch, items: list[Any]) -> AsyncIterator[bytes]:
    opening = b'{"items":['
    for start in range(0, len(items), SLICE):
        yield opening + b",".join(batch.answer(raw) for raw in items[start : start + SLICE])
        opening = b","
        await asyncio.sleep(0)
    yield b"]}"


def _read_item(raw: Any) -> BatchItem:
    try:
        return BatchItem.model_validate(raw)
    except ValidationError as error:
        found = faults_of(error, BatchItem)
        told = {fault.pointer for fault in found}
        found += [fault for fault in level_faults(raw) if fault.pointer not in told]
        raise InvalidInput(found) from None


def _read_batch(raw: Any, faults: list[Fault]) -> BatchRequest:
    try:
        return BatchRequest.model_validate(raw)
    except ValidationError as error:
        raise InvalidInput([*faults, *faults_of(error, BatchRequest)]) from None


def _batch_by_query(request: Request, library: Library) -> Batch:
    pairs = read_parameters(request.scope["query_string"])
    faults = check_names(pairs, PARAMETERS)
    values = dict(pairs)
    wishes = wishes_of_query(values, faults)
    detail = values.get("detail", "full")
    if detail not in DETAILS:
        faults.append(Fault("/detail", "unknown_detail", "detail is full, summary or group."))
    if values.get("extrapolate", "false") not in ("true", "false"):
        faults.append(Fault("/extrapolate", "not_a_boolean", "extrapolate is true or false."))
    evidence = values.get("evidence", DEFAULT_EVIDENCE)
    return Batch(request, library, evidence, wishes, detail, faults=faults)
