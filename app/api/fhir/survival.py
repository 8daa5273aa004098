"""`/fhir/$pnfh-survival`: an estimate as a RiskAssessment. Nothing is stored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from app import __version__
from app.answers.answer import Manner
from app.api.fhir.fhir_route import (
    FhirAskingRoute,
    FhirResponse,
    Format,
    Sent,
    answer,
    resource_of,
    told,
)
from app.api.fhir.shapes import faults_of_shapes, get_ready
from app.api.negotiation import choose_language, header
from app.api.outcomes import outcome_responses
from app.api.own_evidence import answers_for, library_with_own
from app.clinic.access import Role
from app.dependencies import needs
from app.errors import InvalidInput
from app.integrations.fhir.asked import Read, read_asked, read_sent, used_by
from app.integrations.fhir.risk_assessment import Occasion, show_risk
from app.integrations.fhir.shapes import together
from app.schemas.strict_json import parse_json
from app.survival.estimate import Question
from app.survival.level import parse_level
from app.use_cases.estimates.give_estimate import give_estimate

if TYPE_CHECKING:
    from app.answers.phrases import Language
    from app.errors import Fault
    from app.integrations.fhir.asked import Sent as SentResources
    from app.integrations.fhir.levels import Codes
    from app.integrations.fhir.wishes import Asked
    from app.settings import Settings

router = APIRouter(prefix="/fhir", tags=["clinic software"], route_class=FhirAskingRoute)


@router.post(
    "/$pnfh-survival",
    dependencies=[needs("RiskAssessment", "r", Role.VIEWER)],
    summary="Assess survival as a RiskAssessment",
    response_class=FhirResponse,
    responses=told("the RiskAssessment, with or without predictions")
    | outcome_responses(401, 403, 406, 408, 413, 415, 422, 429, 503),
)
async def assess_pnfh_survival(body: Sent, request: Request, form: Format = None) -> Response:
    """Send a Bundle or Parameters with a Patient and CSF pNFH Observations; the latest is used.

    Parameters may name `evidence`, `times`, `assay-cv`, `alive-at` and `extrapolate` besides. The
    numbers are those of `POST /v1/estimates`, in percent.
    """
    del form
    settings: Settings = request.state.settings
    await get_ready()
    sent = read_sent(resource_of(body, request), settings.max_bundle_entries)
    codes: Codes = request.state.fhir_codes
    read = _read(sent, codes, await faults_of_shapes(used_by(sent, codes)))
    language = choose_language(header(request.scope["headers"], b"accept-language"))
    document = await _give(request, read, sent.wishes, language)
    occasion = Occasion(
        subject=read.subject,
        basis=read.basis,
        at=datetime.now(UTC),
        language=language,
        remarks=read.remarks,
    )
    response = answer(request, show_risk(parse_json(document), occasion, __version__))
    response.headers["content-language"] = language
    return response


def _read(sent: SentResources, codes: Codes, faults: list[Fault]) -> Read:
    """Read what has its shape. Raises InvalidInput with every fault of shape and meaning."""
    try:
        read = read_asked(sent, codes)
    except InvalidInput as error:
        raise InvalidInput(together(faults, error.faults)) from None
    if faults:
        raise InvalidInput(faults)
    return read


async def _give(request: Request, read: Read, asked: Asked, language: Language) -> bytes:
    """The native answer to what was asked; faults of the wishes stand at their parameters."""
    level = read.level
    question = Question(
        parse_level(level.value, level.unit, level.comparator, level.specimen),
        assay_cv=asked.assay_cv,
        facts=read.facts,
        wishes=asked.wishes,
    )
    try:
        library = await library_with_own(request, asked.evidence)
        answers = answers_for(request, asked.evidence)
        manner = Manner("estimate", "summary", language)
        given = give_estimate(question, asked.evidence, manner, library=library, answers=answers)
    except InvalidInput as error:
        raise asked.placed(error) from None
    return given.body
