"""Calls about a level alone: nothing of them is stored, and no key is needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias

from app.client.call import Call
from app.client.reading import as_bytes, as_model
from app.client.writing import JSON, write_json, write_query
from app.schemas.answers import (
    BatchResponse,
    FullResponse,
    GroupResponse,
    StratumResponse,
    SurvivalCurvesResponse,
    TreatmentEffectResponse,
)
from app.schemas.estimates import BatchItem, EstimateRequest
from app.schemas.prognosis import PrognosisRequest, PrognosisResponse

Number: TypeAlias = int | float | Decimal | str
"""A number; as a Decimal or a text it is sent digit for digit."""

GROUP: Final = {"detail": "group"}


def estimate(level: Number, unit: str, **wishes: Any) -> Call[FullResponse]:
    """Everything about a level. `wishes` are the query parameters of `GET /v1/estimate`.

    For `detail=group`, whose answer has other members, there is `estimate_group`.

    The level stands in the address, where a proxy may note it: beside anything that names a
    patient, send it with `estimate_for`.
    """
    return _asked("estimate", FullResponse, level, unit, wishes)


def estimate_group(level: Number, unit: str, **wishes: Any) -> Call[GroupResponse]:
    """The group of a level, and the direction of the effect in it, without its size."""
    return _asked("estimate", GroupResponse, level, unit, wishes | GROUP)


def stratum(level: Number, unit: str, **wishes: Any) -> Call[StratumResponse]:
    """The stratum of a level alone."""
    return _asked("stratum", StratumResponse, level, unit, wishes)


def treatment_effect(level: Number, unit: str, **wishes: Any) -> Call[TreatmentEffectResponse]:
    """The treatment effect at a level alone."""
    return _asked("treatment-effect", TreatmentEffectResponse, level, unit, wishes)


def survival_curves(level: Number, unit: str, **wishes: Any) -> Call[SurvivalCurvesResponse]:
    """The survival curves at a level alone."""
    return _asked("survival-curves", SurvivalCurvesResponse, level, unit, wishes)


def drawn_curves(level: Number, unit: str, media_type: str, **wishes: Any) -> Call[bytes]:
    """The same as a file: `text/csv`, `image/svg+xml` or `image/png`."""
    query = write_query(pnfh=level, unit=unit, **wishes)
    headers = {"accept": media_type}
    return Call("GET", "/v1/survival-curves", as_bytes, query=query, headers=headers)


def estimate_for(question: EstimateRequest | Mapping[str, Any]) -> Call[FullResponse]:
    """Everything about a level and the facts of a patient, as `POST /v1/estimates` takes them."""
    return Call(
        "POST", "/v1/estimates", as_model(FullResponse), headers=JSON, body=write_json(question)
    )


def estimate_many(
    items: Iterable[BatchItem | Mapping[str, Any]], **wishes: Any
) -> Call[BatchResponse]:
    """An answer for each of many levels, in order; a faulty one fails alone.

    `wishes` stand for all of them: `detail`, `evidence`, `times`, `alive_at`, `extrapolate`.
    """
    asked: Sequence[Any] = list(items)
    body = write_json({"items": asked, **wishes})
    return Call("POST", "/v1/estimates/batch", as_model(BatchResponse), headers=JSON, body=body)


def prognosis(question: PrognosisRequest | Mapping[str, Any]) -> Call[PrognosisResponse]:
    """Survival without treatment by the ENCALS model; not comparable with the estimates."""
    path, read = "/v1/prognosis", as_model(PrognosisResponse)
    return Call("POST", path, read, headers=JSON, body=write_json(question))


def _asked(
    part: str, model: type[Any], level: Number, unit: str, wishes: Mapping[str, Any]
) -> Call[Any]:
    query = write_query(pnfh=level, unit=unit, **wishes)
    return Call("GET", f"/v1/{part}", as_model(model), query=query)
