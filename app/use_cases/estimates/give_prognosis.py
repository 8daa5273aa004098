"""Give a prognosis without treatment: find the model, judge what is asked of it, compute."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from app.errors import EvidenceFault, Fault, InvalidInput
from app.evidence.file_format import PrognosisFile
from app.survival.caution import Caution

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.evidence.file_format import Limit
    from app.evidence.library import Library
    from app.survival.encals import EncalsModel, EncalsPatient

ENCALS: Final = "encals-2018"
LIMITS: Final = {
    "age_at_onset": "age_at_onset",
    "alsfrs_r_slope": "alsfrs_r_slope",
    "diagnostic_delay_months": "diagnostic_delay_months",
    "fvc_percent": "fvc_percent",
    "months_since_onset": "months",
    "times_months": "months",
}
"""What is asked -> the limit of the evidence file that it is held against."""

TURNS_ROUND: Final = "diagnostic_delay_months"
"""Below its lower limit the formula itself fails; all other limits are of plausibility."""


@dataclass(frozen=True, slots=True)
class PrognosisAt:
    """Survival at one month since onset; `conditional` for those event-free at an earlier one."""

    months: float
    survival: float
    conditional: float | None


@dataclass(frozen=True, slots=True)
class Quartiles:
    """Months since onset at which 75, 50 and 25 % are event-free; null past the model's range."""

    upper: float | None
    median: float | None
    lower: float | None


@dataclass(frozen=True, slots=True)
class Prognosis:
    """The spread of outcomes of patients like this one, and the evidence it rests on."""

    linear_predictor: float
    survival_at: tuple[PrognosisAt, ...]
    quartiles: Quartiles
    conditional_quartiles: Quartiles | None
    cautions: tuple[Caution, ...]
    file: PrognosisFile
    digest: str


def give_prognosis(
    patient: EncalsPatient, since: float | None, times: Sequence[float] | None, *, library: Library
) -> Prognosis:
    """Survival at `times`, in months since onset, and for somebody event-free at month `since`.

    Raises InvalidInput with every fault.
    """
    file, model, digest = _model_of(library)
    asked = asdict(patient) | {"months_since_onset": since, "times_months": times}
    if faults := judge_prognosis(asked, library=library):
        raise InvalidInput(faults)
    predictor = model.linear_predictor(patient)
    last = file.limits["months"].most
    alive = 1.0 if since is None else model.survival(since, predictor)
    rows = sorted(set(times or _usual_times(file, since)))
    quartiles = _quartiles(model, predictor, 1.0, last)
    later = None if since is None else _quartiles(model, predictor, alive, last)
    return Prognosis(
        predictor,
        tuple(_at(month, model.survival(month, predictor), since, alive) for month in rows),
        quartiles,
        later,
        tuple(_cautions(patient, since, rows, (quartiles, later))),
        file,
        digest,
    )


def judge_prognosis(asked: Mapping[str, Any], *, library: Library) -> list[Fault]:
    """What lies outside the model. What is no number at all is judged elsewhere."""
    limits = _model_of(library)[0].limits
    faults = []
    for name, limit in LIMITS.items():
        value = asked.get(name)
        many = value if isinstance(value, list | tuple) else [value]
        for place, one in enumerate(many):
            pointer = f"/{name}" if one is value else f"/{name}/{place}"
            faults += _outside(one, name, limits[limit], pointer)
    return faults


def _model_of(library: Library) -> tuple[PrognosisFile, EncalsModel, str]:
    entry = library.entry(ENCALS)
    if not isinstance(entry.file, PrognosisFile) or entry.prognosis is None:
        raise EvidenceFault(f"{ENCALS} is not a prognosis")
    return entry.file, entry.prognosis, entry.digest


def _outside(value: object, name: str, limit: Limit, pointer: str) -> list[Fault]:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return []
    least = limit.least or 0
    if value < least and name == TURNS_ROUND:
        detail = f"A delay this short lies outside the model: {limit.note}."
        return [Fault(pointer, "outside_the_model", detail)]
    if least <= value <= limit.most:
        return []
    detail = f"This must be from {least:g} to {limit.most:g} ({limit.unit})."
    return [Fault(pointer, "out_of_range", detail)]


def _usual_times(file: PrognosisFile, since: float | None) -> list[float]:
    """The evidence's default times, counted from the month the patient is event-free at.

    What lies past the model's range is left out; if all does, its last month is given.
    """
    last, start = file.limits["months"].most, since or 0.0
    times = [start + ahead for ahead in file.default_times.values]
    return [month for month in times if month <= last] or [last]


def _at(month: float, survival: float, since: float | None, alive: float) -> PrognosisAt:
    is_later = since is not None and month >= since
    return PrognosisAt(month, survival, survival / alive if is_later else None)


def _quartiles(model: EncalsModel, predictor: float, alive: float, last: float) -> Quartiles:
    """S(t)/S(since) = p where S(t) = p S(since)."""
    months = [model.quantile(p * alive, predictor) for p in (0.75, 0.5, 0.25)]
    upper, median, lower = (month if month <= last else None for month in months)
    return Quartiles(upper, median, lower)


def _cautions(
    patient: EncalsPatient,
    since: float | None,
    rows: Sequence[float],
    spreads: Sequence[Quartiles | None],
) -> Iterator[Caution]:
    if since is not None and since < patient.diagnostic_delay_months:
        yield Caution("before_diagnosis", "caution", "/months_since_onset")
    if since is not None and rows[0] < since:
        yield Caution("time_before_months_since_onset", "info", "/times_months")
    if any(spread and spread.lower is None for spread in spreads):
        yield Caution("quartile_past_the_model", "info", "")
