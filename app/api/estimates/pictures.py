"""The curves in other media types than JSON."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from app.answers.phrases import phrases_for
from app.answers.picture import draw
from app.answers.table import curves_csv
from app.api.negotiation import choose_language, header, holds
from app.api.own_evidence import PRIVATE
from app.survival.estimate import estimate_survival
from app.use_cases.estimates.give_estimate import study_for

if TYPE_CHECKING:
    from app.answers.phrases import Phrases
    from app.api.estimates.question import Asked
    from app.evidence.library import Library
    from app.survival.estimate import SurvivalEstimate

CSV, SVG, PNG = "text/csv", "image/svg+xml", "image/png"
PICTURES = (CSV, SVG, PNG)
CACHING = {"cache-control": "no-cache", "vary": "accept, accept-language"}


async def draw_answer(request: Request, asked: Asked, kind: str, library: Library) -> Response:
    """The curves as CSV, SVG or PNG, with an ETag of their own. The question has been checked."""
    study = study_for(asked.question, asked.evidence, library)
    headers = request.scope["headers"]
    phrases = phrases_for(study, choose_language(header(headers, b"accept-language")))
    estimate = estimate_survival(asked.question, study)
    body = await run_in_threadpool(_make, estimate, phrases, kind)
    etag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
    is_published = library is request.state.library
    caching = (CACHING if is_published else PRIVATE) | {"etag": etag}
    if holds(header(headers, b"if-none-match"), etag):
        return Response(status_code=304, headers=caching)
    return Response(body, 200, caching | {"content-language": phrases.language}, kind)


def _make(estimate: SurvivalEstimate, phrases: Phrases, kind: str) -> bytes:
    if kind == CSV:
        return curves_csv(estimate).encode()
    return draw(estimate, phrases, "svg" if kind == SVG else "png")
