"""`/v1/estimates/{estimate_id}`: an estimate as it was given, and the same question asked again."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request, Response

from app.api.own_evidence import answers_for, library_with_own
from app.api.problems import problem_responses
from app.api.records.record_route import RecordRoute
from app.api.records.reply import (
    NO_STORE,
    READ,
    IfNoneMatch,
    answer_read,
    show_evidence,
    show_kept_estimate,
    tag_of_digest,
    write_json,
)
from app.clinic.kept_estimate import KeptEstimate
from app.dependencies import VIEWER, EstimatesDep, PatientsDep
from app.schemas.kept_estimates import KeptEstimateResponse, ReplayResponse
from app.use_cases.records.read_estimate import read_estimate
from app.use_cases.records.replay_estimate import Reason, Replay, replay_estimate

REASONS: Final[dict[Reason, str]] = {
    "kept_bytes_changed": "The kept bytes are not those that were given: their digest differs.",
    "evidence_not_there": "The evidence is not there in the version that was used.",
    "evidence_changed": "The evidence's file is not the one that was used.",
    "service_version_alone": "Nothing differs but the version of the service that answers.",
    "answer_differs": "The service answers the same question otherwise now.",
}


class ReplayRoute(RecordRoute):
    """A replay changes nothing: it can be asked as often as one likes."""

    remembers = False
    changes_cohort = False


reading = APIRouter(prefix="/v1/estimates", tags=["patients"], route_class=RecordRoute)
replaying = APIRouter(prefix="/v1/estimates", tags=["patients"], route_class=ReplayRoute)


async def find_estimate(
    estimate_id: Annotated[str, Path(description="the estimate's `id`")],
    estimates: EstimatesDep,
    patients: PatientsDep,
    request: Request,
) -> KeptEstimate:
    """Find the estimate of the path, and tell the audit whom it is about."""
    kept = await read_estimate(estimate_id, estimates=estimates, patients=patients)
    request.state.patient_id = kept.patient_id
    return kept


EstimateDep = Annotated[KeptEstimate, Depends(find_estimate)]


@reading.get(
    "/{estimate_id}",  # noqa: FAST003 - EstimateDep reads it
    dependencies=[VIEWER],
    summary="Read a kept estimate",
    response_description="the estimate as it was given",
    response_model=KeptEstimateResponse,
    responses=READ | problem_responses(401, 403, 404, 422, 429, 503),
)
async def get_kept_estimate(kept: EstimateDep, if_none_match: IfNoneMatch = None) -> Response:
    """Read an estimate exactly as it was given, whatever has changed since."""
    etag = tag_of_digest(kept.body_digest)
    response = answer_read(show_kept_estimate(kept), etag, if_none_match)
    response.headers["content-language"] = kept.question["language"]
    return response


@replaying.post(
    "/{estimate_id}/replay",  # noqa: FAST003 - EstimateDep reads it
    dependencies=[VIEWER],
    summary="Replay a kept estimate",
    response_description="whether the same question gives the same bytes",
    response_model=ReplayResponse,
    responses=problem_responses(401, 403, 404, 408, 413, 422, 429, 503),
)
async def replay_kept_estimate(kept: EstimateDep, request: Request) -> Response:
    """Compute a kept estimate again from its own question, and compare byte for byte.

    The patient's present facts are not looked at. Nothing is kept.
    """
    replay = replay_estimate(
        kept,
        library=await library_with_own(request, kept.evidence_id),
        answers=answers_for(request, kept.evidence_id),
    )
    return Response(write_json(show_replay(kept, replay)), 200, NO_STORE, "application/json")


def show_replay(kept: KeptEstimate, replay: Replay) -> dict[str, Any]:
    """Lay a replay out as ReplayResponse describes it."""
    reason = replay.reason and {"code": replay.reason, "message": REASONS[replay.reason]}
    now = replay.evidence
    return {
        "id": kept.id,
        "identical": replay.identical,
        "reason": reason,
        "first_difference": replay.difference,
        "kept": {
            "digest": _written(kept.body_digest),
            "evidence": show_evidence(kept),
            "service": {"version": kept.service_version},
        },
        "replayed": {
            "digest": _written(replay.digest),
            "evidence": now and {"id": now.id, "version": now.version, "digest": now.digest},
            "service": {"version": replay.service_version},
        },
    }


def _written(digest: str | None) -> str | None:
    return None if digest is None else f"sha256:{digest}"
