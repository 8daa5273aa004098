"""`/v1/prognosis`: a personal prognosis without treatment (ENCALS). Nothing of it is stored."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import orjson
from fastapi import APIRouter, Request, Response

from app.answers.numbers import number
from app.answers.phrases import phrases_in
from app.api.json_route import JsonRoute
from app.api.negotiation import choose_language, choose_media_type, header
from app.api.problems import problem_responses
from app.errors import Fault, InvalidInput
from app.schemas.prognosis import PrognosisRequest, PrognosisResponse
from app.schemas.strict_json import parse_json
from app.survival.encals import EncalsPatient
from app.use_cases.estimates.give_prognosis import give_prognosis, judge_prognosis

if TYPE_CHECKING:
    from app.answers.phrases import Language
    from app.use_cases.estimates.give_prognosis import Prognosis

JSON: Final = "application/json"
HEADERS: Final = {"cache-control": "no-store", "vary": "accept, accept-language"}
WARNINGS: Final[dict[str, dict[Language, str]]] = {
    "before_diagnosis": {
        "en": "months_since_onset is less than the delay to diagnosis, but the model is about "
        "patients who have been diagnosed.",
        "fr": "months_since_onset est inférieur au délai de diagnostic, alors que le modèle porte "
        "sur des patients diagnostiqués.",
    },
    "time_before_months_since_onset": {
        "en": "Some times lie before months_since_onset; nothing conditional is given for them.",
        "fr": "Certains temps précèdent months_since_onset ; rien de conditionnel n'y est donné.",
    },
    "quartile_past_the_model": {
        "en": "A quartile lies past the months for which the model is used, so it is not given.",
        "fr": "Un quartile dépasse les mois pour lesquels le modèle est utilisé ; il n'est pas "
        "donné.",
    },
}


class PrognosisRoute(JsonRoute):
    """Tells what lies outside the model together with the faults of the shape."""

    async def _read_json(self, request: Request, model: Any, faults: list[Fault]) -> list[Fault]:
        faults = await super()._read_json(request, model, faults)
        if faults:
            told = {fault.pointer for fault in faults}
            outside = _outside(await request.body(), request)
            faults += [fault for fault in outside if fault.pointer not in told]
        return faults


router = APIRouter(tags=["prognosis"], route_class=PrognosisRoute)


@router.post(
    "/v1/prognosis",
    summary="Give a prognosis without treatment",
    response_model=PrognosisResponse,
    response_description="the prognosis",
    responses=problem_responses(406, 408, 413, 415, 422),
)
async def create_prognosis(request: Request, body: PrognosisRequest) -> Response:
    """Survival since onset by the ENCALS model, and for somebody event-free by now.

    The event is death, tracheostomy or ventilation for more than 23 hours a day, and the clock
    starts at the first symptom: never compare with a trial's survival from randomisation. All
    eight predictors are needed; nothing is imputed. With `months_since_onset` each later time also
    has the probability for somebody free of the event at that month.
    """
    sent = request.scope["headers"]
    choose_media_type(header(sent, b"accept"), (JSON,))
    language = choose_language(header(sent, b"accept-language"))
    since, times = body.months_since_onset, body.times_months
    prognosis = give_prognosis(
        _patient(body),
        None if since is None else float(since),
        None if times is None else [float(month) for month in times],
        library=request.state.library,
    )
    document = orjson.dumps(show_prognosis(prognosis, language))
    return Response(document, 200, HEADERS | {"content-language": language}, JSON)


def _outside(sent: bytes, request: Request) -> list[Fault]:
    try:
        body = parse_json(sent)
    except InvalidInput:
        return []
    known = body if isinstance(body, dict) else {}
    return judge_prognosis(known, library=request.state.library)


def _patient(body: PrognosisRequest) -> EncalsPatient:
    return EncalsPatient(
        age_at_onset=float(body.age_at_onset),
        alsfrs_r_slope=float(body.alsfrs_r_slope),
        diagnostic_delay_months=float(body.diagnostic_delay_months),
        fvc_percent=float(body.fvc_percent),
        bulbar_onset=body.bulbar_onset,
        definite_als=body.definite_als,
        ftd=body.ftd,
        c9orf72=body.c9orf72,
    )


def show_prognosis(prognosis: Prognosis, language: Language) -> dict[str, Any]:
    """Lay a prognosis out as PrognosisResponse describes it."""
    file, say = prognosis.file, phrases_in(language).notice
    later = prognosis.conditional_quartiles
    return {
        "linear_predictor": prognosis.linear_predictor,
        "survival_at": [
            asdict(row) | {"months": number(row.months)} for row in prognosis.survival_at
        ],
        "quartiles": asdict(prognosis.quartiles),
        "conditional_quartiles": asdict(later) if later else None,
        "endpoint": file.clock.endpoint,
        "time_origin": file.clock.time_origin,
        "warnings": [
            {
                "code": caution.code,
                "severity": caution.severity,
                "message": WARNINGS[caution.code][language],
                "pointer": caution.pointer,
            }
            for caution in prognosis.cautions
        ],
        "notices": [{"code": code, "text": say(code)} for code in file.notices],
        "evidence": {
            "id": file.id,
            "version": file.version,
            "digest": prognosis.digest,
            "citation": file.citation,
            "doi": file.doi,
        },
    }
