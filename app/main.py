"""The composition root: opens what lives long, opens the doors."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI

from app import __version__
from app.answers.answer import Answers
from app.api import (
    batch,
    estimates,
    evidence,
    health,
    measurements,
    patient_estimates,
    patients,
    prognosis,
)
from app.api.edge import Edge
from app.api.examples import add_examples
from app.api.openapi import CONTACT, DESCRIPTION, LICENCE, TAGS, finish, operation_id
from app.api.problems import add_problem_handlers
from app.db.engine import open_engine
from app.evidence.library import open_library
from app.use_cases.admit_caller import FailedLogins
from app.web.pages import add_pages

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from app.evidence.library import Library
    from app.settings import Settings


def create_app(settings: Settings) -> Service:
    """The whole service. Raises EvidenceFault if an evidence file is broken: it must not start."""
    library = open_library()
    app = Service(
        library,
        title="neurostrata",
        version=__version__,
        summary="Survival estimates in ALS by CSF pNFH, each with its source",
        description=DESCRIPTION,
        contact=CONTACT,
        license_info=LICENCE,
        openapi_tags=TAGS,
        servers=[{"url": "/", "description": "this server"}],
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(settings, library),
        generate_unique_id_function=operation_id,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    # The busiest questions stand first, and in the app itself: each router costs a look-up.
    app.router.routes.extend([*estimates.questions.routes, *estimates.bodies.routes])
    for door in (batch, evidence, prognosis, patients, measurements, patient_estimates, health):
        app.include_router(door.router)
    add_pages(app)
    add_problem_handlers(app)
    app.add_middleware(Edge)
    return app


class Service(FastAPI):
    """The app, which documents itself with answers of its own."""

    def __init__(self, library: Library, **described: Any) -> None:
        super().__init__(**described)
        self.library = library

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, finished once."""
        if self.openapi_schema is None:
            document = super().openapi()
            finish(document)
            add_examples(document, self.library, __version__)
        return super().openapi()


def _lifespan(
    settings: Settings, library: Library
) -> Callable[[FastAPI], AbstractAsyncContextManager[dict[str, Any]]]:
    answers = Answers(__version__)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        engine = open_engine(settings)
        try:
            yield {
                "settings": settings,
                "library": library,
                "answers": answers,
                "engine": engine,
                "failed_logins": FailedLogins(settings.failed_logins_per_minute),
            }
        finally:
            await engine.dispose()

    return lifespan
