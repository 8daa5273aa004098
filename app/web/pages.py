"""The door for people: the estimate page, the two documentation pages, the problem pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse
from starlette.routing import Route

from app.web.assets import Assets
from app.web.policies import ESTIMATE_HEADERS, REDOC_HEADERS, SWAGGER_HEADERS
from app.web.problem_pages import problem_routes
from app.web.templates import Templates

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

SWAGGER = {"title": "API", "reader": "swagger", "bundle": "swagger-ui/swagger-ui-bundle.js"}
REDOC = {"title": "Reference", "reader": "redoc", "bundle": "redoc/redoc.standalone.js"}


def add_pages(app: FastAPI) -> None:
    """Open the door for people. The app must be made with `docs_url=None, redoc_url=None`."""
    assets = Assets.read()
    templates = Templates(assets.edition)
    app.router.routes.extend(
        [
            _page("/", templates.page("estimate"), ESTIMATE_HEADERS),
            _page("/docs", templates.page("documentation", **SWAGGER), SWAGGER_HEADERS),
            _page("/redoc", templates.page("documentation", **REDOC), REDOC_HEADERS),
            *problem_routes(templates),
            Route("/static/{path:path}", assets.serve, include_in_schema=False),
        ]
    )


def _page(path: str, html: str, headers: dict[str, str]) -> Route:
    async def show(_: Request) -> HTMLResponse:
        return HTMLResponse(html, headers=headers)

    return Route(path, show, include_in_schema=False)
