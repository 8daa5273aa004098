"""The figures that a Prometheus server collects."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from app.api.json_route import JsonRoute
from app.api.problems import problem_responses

EXAMPLE: Final = """\
# HELP neurostrata_requests_total Requests that ended; 499: before an answer began.
# TYPE neurostrata_requests_total counter
neurostrata_requests_total{method="GET",route="/v1/estimate",status="200"} 12.0
# HELP neurostrata_requests_in_flight Requests that are being answered.
# TYPE neurostrata_requests_in_flight gauge
neurostrata_requests_in_flight 1.0
"""
TOLD: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": EXAMPLE}}}
}

router = APIRouter(tags=["operations"], route_class=JsonRoute)


@router.get(
    "/metrics",
    summary="Tell the service's figures",
    response_description="the figures in Prometheus' text format",
    response_class=Response,
    responses=TOLD | problem_responses(422),
)
async def metrics(request: Request) -> Response:
    """Requests by method, route template and status, their times, and the process's figures.

    No figure names a patient, a clinic or an address. A setting closes it: then this is a 404.
    """
    body = request.state.tally.render(request.state.engine.pool)
    headers = {"cache-control": "no-store", "content-type": CONTENT_TYPE_PLAIN_0_0_4}
    return Response(body, 200, headers)
