"""`/problems` and `/problems/{slug}`: what an error's `type` leads to."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse
from starlette.routing import Route

from app.web.policies import READING_HEADERS
from app.web.problem_texts import read_problem_texts
from app.web.templates import Markup

if TYPE_CHECKING:
    from starlette.requests import Request

    from app.web.problem_texts import ProblemText
    from app.web.templates import Templates

CODE = re.compile(r"`([^`]+)`")


def problem_routes(templates: Templates) -> list[Route]:
    """The routes of the problem pages, made once: their words never change while running."""
    texts = read_problem_texts()
    index = _index_page(templates, texts)
    pages = {slug: _problem_page(templates, text) for slug, text in texts.items()}
    missing = templates.reading_page("problem_missing", title="No such problem", root="../")

    async def show_index(_: Request) -> HTMLResponse:
        return HTMLResponse(index, headers=READING_HEADERS)

    async def show_problem(request: Request) -> HTMLResponse:
        page = pages.get(request.path_params["slug"])
        if page is None:
            return HTMLResponse(missing, status_code=404, headers=READING_HEADERS)
        return HTMLResponse(page, headers=READING_HEADERS)

    return [
        Route("/problems", show_index, include_in_schema=False),
        Route("/problems/{slug}", show_problem, include_in_schema=False),
    ]


def _index_page(templates: Templates, texts: dict[str, ProblemText]) -> str:
    rows = (
        templates.piece("problem_row", slug=text.slug, title=text.title, status=str(text.status))
        for text in texts.values()
    )
    return templates.reading_page("problems", title="Problems", rows=Markup("".join(rows)))


def _problem_page(templates: Templates, text: ProblemText) -> str:
    return templates.reading_page(
        "problem",
        title=text.title,
        root="../",
        slug=text.slug,
        status=str(text.status),
        what_happened=_with_code(text.what_happened),
        what_helps=_with_code(text.what_helps),
        example=text.example_document,
    )


def _with_code(text: str) -> Markup:
    return Markup(CODE.sub(r"<code>\1</code>", escape(text, quote=False)))
