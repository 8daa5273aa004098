"""`POST /v1/evidence` and `POST /v1/cohort/calibration`: a clinic's patients beside what is known.

Fits run before the transaction that keeps their outcome, as those of the models do.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request, Response

from app.answers.cohort.calibration_picture import draw_calibration
from app.api.cohort.cohort_route import (
    DRAWING_SECONDS,
    JSON,
    CohortRoute,
    answer_numbers,
    write_numbers,
)
from app.api.cohort.prepared_route import PreparedRoute
from app.api.json_route import judge_of
from app.api.negotiation import choose_media_type
from app.api.openapi import operation_id
from app.api.own_evidence import library_of_clinic
from app.api.problems import problem_responses
from app.api.records.reply import CREATED, answer_created, tag_of_digest
from app.clinic.access import Role
from app.clinic.filter import Filter
from app.db.cohort_models import CohortModelRepository
from app.db.fitted_evidence import FittedEvidenceRepository
from app.db.transaction import clinic_transaction
from app.dependencies import EDITOR, VIEWER, CallerDep, ConnectionDep, MomentDep
from app.schemas.cohort_models import CohortModelRequest
from app.schemas.evidence import EvidenceResponse
from app.schemas.fitted_evidence import (
    CalibrationRequest,
    CalibrationResponse,
    FittedEvidenceRequest,
)
from app.use_cases.cohort.calibrate_evidence import CalibrationQuestion, calibrate_evidence
from app.use_cases.cohort.fit_evidence import fit_evidence
from app.use_cases.cohort.keep_evidence import find_model, keep_evidence
from app.use_cases.cohort.model_question import model_question
from app.use_cases.cohort.worker_process import WorkerProcess
from app.use_cases.estimates.give_estimate import find_study
from app.use_cases.estimates.read_evidence import read_evidence

if TYPE_CHECKING:
    from app.clinic.cohort_model import CohortModel
    from app.use_cases.cohort.fit_evidence import FittedEffects

SVG: Final = "image/svg+xml"
PNG: Final = "image/png"
OFFERED: Final = (JSON, SVG, PNG)
DRAWN: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {
            SVG: {"schema": {"type": "string"}},
            PNG: {"schema": {"type": "string", "format": "binary"}},
        }
    }
}


class OwnEvidenceRoute(PreparedRoute):
    """Fits before its transaction opens, which then keeps the evidence."""

    async def prepare(self, request: Request, sent: Any) -> None:
        """Fit, unless the caller may not keep it."""
        state = request.state
        state.model = state.effects = None
        if state.caller.may(Role.EDITOR):
            asked = judge_of(FittedEvidenceRequest).validate_python(sent)
            state.model, state.effects = await _fit(request, asked.model_id)


making = APIRouter(
    prefix="/v1/evidence",
    tags=["evidence"],
    route_class=OwnEvidenceRoute,
    generate_unique_id_function=operation_id,
)
comparing = APIRouter(
    prefix="/v1/cohort",
    tags=["cohort"],
    route_class=CohortRoute,
    generate_unique_id_function=operation_id,
)


@making.post(
    "",
    status_code=201,
    dependencies=[EDITOR],
    summary="Make evidence of a model of the clinic's own patients",
    response_description="the evidence, as it will always be",
    response_model=EvidenceResponse,
    responses=CREATED | problem_responses(401, 403, 408, 409, 413, 415, 422, 429, 503),
)
async def create_evidence(
    body: FittedEvidenceRequest,
    caller: CallerDep,
    connection: ConnectionDep,
    moment: MomentDep,
    request: Request,
) -> Response:
    """One arm against another in every stratum of the level, for this clinic's estimates alone.

    The model needs an arm with just one other to compare. Its patients are fitted again stratum by
    stratum, adjusted for its other terms; if they have changed since, that is refused. What comes
    of it never changes, is not randomised, and every answer from it says so.
    """
    own = FittedEvidenceRepository(connection, caller.clinic_id)
    kept = await keep_evidence(
        request.state.model,
        request.state.effects,
        body.title,
        minimum=request.state.settings.minimum_group,
        moment=moment,
        by=caller.principal,
        library=request.state.library,
        own=own,
    )
    entry = request.state.fitted_studies.entry(kept.content, kept.digest)
    document = read_evidence(kept.id, library=request.state.library.with_entries([entry]))
    tag = tag_of_digest(kept.digest.removeprefix("sha256:"))
    return answer_created(document, f"/v1/evidence/{kept.id}", tag)


@comparing.post(
    "/calibration",
    dependencies=[VIEWER],
    summary="Hold evidence against the clinic's own patients",
    response_description="deaths observed and expected",
    response_model=CalibrationResponse,
    responses=DRAWN | problem_responses(401, 403, 406, 408, 413, 415, 422, 429, 503),
)
async def calibrate_cohort(
    body: CalibrationRequest, caller: CallerDep, request: Request
) -> Response:
    """Observed against expected deaths by stratum and arm, with exact intervals, and survival.

    The expected number is the published cumulative hazard over the time each patient was watched.
    Arms that the evidence does not have are left out and counted; `arms` says which stand for
    which. By `Accept` it comes as JSON, SVG or PNG. Nothing is stored.
    """
    media_type = choose_media_type(request.headers.get("accept", ""), OFFERED)
    study = find_study(body.evidence, await library_of_clinic(request, body.evidence))
    cohorts = request.state.cohorts
    asked = CalibrationQuestion(Filter.of(body.filter.stated()), tuple(sorted(body.arms.items())))
    document = await calibrate_evidence(asked, study, caller.clinic_id, cohorts=cohorts)
    if media_type == JSON:
        return answer_numbers(await cohorts.compute(write_numbers, document))
    kind = "svg" if media_type == SVG else "png"
    worker: WorkerProcess = request.state.worker
    drawn = await worker.run(draw_calibration, document, kind, timeout=DRAWING_SECONDS)
    return answer_numbers(drawn, media_type)


async def _fit(request: Request, model_id: str) -> tuple[CohortModel, FittedEffects]:
    """The model as it is kept, and the effects between its arms."""
    state = request.state
    clinic_id: str = state.caller.clinic_id
    async with clinic_transaction(state.engine, clinic_id, writes=False) as connection:
        models = CohortModelRepository(connection, clinic_id)
        model = await find_model(model_id, datetime.now(UTC), models=models)
    asked = model_question(judge_of(CohortModelRequest).validate_python(dict(model.question)))
    effects = await fit_evidence(asked, model.cohort_version, clinic_id, cohorts=state.cohorts)
    return model, effects
