"""Whether the service lives, and whether it can work."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from app.api.json_route import JsonRoute
from app.api.problems import problem_responses
from app.db.migrations import is_ready
from app.errors import Unavailable

router = APIRouter(tags=["operations"], route_class=JsonRoute)


class Health(BaseModel):
    """A sign of life."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: Literal["ok"] = Field(description="ok, or there is no answer", examples=["ok"])


@router.get(
    "/healthz",
    summary="Is the service alive?",
    response_description="it is alive",
    responses=problem_responses(422),
)
async def healthz() -> Health:
    """Answers as long as the process does; it asks nothing of the database."""
    return Health(status="ok")


@router.get(
    "/readyz",
    summary="Can the service work?",
    response_description="it can work",
    responses=problem_responses(422, 503),
)
async def readyz(request: Request) -> Health:
    """Answers 503 until the database can be reached and has every migration."""
    if not await is_ready(request.state.engine, writes=True):
        detail = "The database cannot be reached, is not migrated, or cannot be worked with."
        raise Unavailable(detail)
    return Health(status="ok")
