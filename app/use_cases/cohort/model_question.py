"""From what was sent to the model that is asked for: the same for every door."""

from __future__ import annotations

from app.clinic.filter import Filter
from app.cohort.models.fitting import Accuracy, Analysis, Stepp
from app.cohort.models.terms import Term
from app.schemas.cohort_models import CohortModelRequest
from app.use_cases.cohort.fit_model import ModelQuestion


def model_question(body: CohortModelRequest) -> ModelQuestion:
    """What a request asks."""
    return ModelQuestion(
        Filter.of(body.filter.stated()),
        tuple(Term(one.variable, one.reference, one.transform, one.knots) for one in body.terms),
        tuple(body.strata),
        body.endpoint,
        Analysis(
            tuple((first, second) for first, second in body.interactions),
            float(body.level),
            tuple(float(at) for at in body.effect_at),
            _accuracy(body),
            None if body.stepp is None else Stepp(body.stepp.patients, body.stepp.overlap),
        ),
    )


def _accuracy(body: CohortModelRequest) -> Accuracy | None:
    wish = body.accuracy
    if wish is None:
        return None
    times = tuple(float(time) for time in wish.times)
    tau = float(wish.tau) if wish.tau is not None else max(times)
    return Accuracy(times, tau, wish.resamples, wish.seed)
