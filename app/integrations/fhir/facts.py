"""What a FHIR Patient tells about the trial's entry criteria, for an estimate that keeps nothing.

Whatever is not used here is not looked at: a hospital's Patient holds much more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from pydantic import ValidationError

from app.errors import Fault, InvalidInput
from app.integrations.fhir.element import Element
from app.integrations.fhir.extensions import ASKED, PATIENT, stated_in
from app.schemas.estimates import PatientFactsRequest
from app.schemas.validation import faults_of
from app.survival.applicability import Facts

READ: Final = {
    field: PATIENT[field] if field in PATIENT else ASKED[field]
    for field in PatientFactsRequest.model_fields
    if field != "birth_year"
}
"""The extensions that entry criteria are judged by."""

_BIRTH: Final = re.compile(r"(\d{4})(-\d\d)?(-\d\d)?", re.ASCII)


def read_facts(patient: Element, on: date | None = None) -> Facts:
    """Read the facts; `on` is the day of the sample. What is not told stays unknown.

    Raises InvalidInput with every fault, each at its element.
    """
    faults: list[Fault] = []
    stated = stated_in(patient, READ, faults)
    asked = _judged(patient, stated, faults)
    faults += _order_faults(patient["birthDate"], on)
    if faults or asked is None:
        raise InvalidInput(faults)
    age = asked.age if asked.age is not None else asked.age_at_baseline
    born, day = patient["birthDate"].text, asked.baseline_date or on
    return Facts(
        age=_float(age) if age is not None else _age(born, day),
        birth_year=asked.birth_year,
        el_escorial=asked.el_escorial,
        onset_date=asked.onset_date,
        symptom_months=_float(asked.symptom_months),
        svc_percent=_float(asked.svc_percent),
        riluzole_start=asked.riluzole_start,
        riluzole_weeks=_float(asked.riluzole_weeks),
        baseline_date=asked.baseline_date,
        collected_date=on,
        csf_after_run_in=asked.csf_after_run_in,
        excluded_condition=asked.excluded_condition,
    )


def is_deceased(patient: Element | None) -> bool:
    """Whether the Patient is known to have died."""
    if patient is None:
        return False
    return patient["deceasedBoolean"].value is True or patient["deceasedDateTime"].is_there


def birth_year(patient: Element, faults: list[Fault]) -> int | None:
    """The year of birth out of a birthDate of any precision: YYYY, YYYY-MM or YYYY-MM-DD."""
    born = patient["birthDate"]
    if not born.is_there:
        return None
    found = _BIRTH.fullmatch(born.text or "")
    if found is None or (found[2] and _day(found[0]) is None):
        faults.append(born.fault("not_a_date", "This must be YYYY, YYYY-MM or YYYY-MM-DD."))
        return None
    return int(found[1])


def _judged(
    patient: Element, stated: Mapping[str, Element], faults: list[Fault]
) -> PatientFactsRequest | None:
    """The facts by the rules that a native request has; their faults, at the FHIR elements."""
    values: dict[str, Any] = {field: found.value for field, found in stated.items()}
    year = birth_year(patient, faults)
    places = {field: found.pointer for field, found in stated.items()}
    places["birth_year"] = patient["birthDate"].pointer
    try:
        return PatientFactsRequest.model_validate(values | {"birth_year": year})
    except ValidationError as error:
        for fault in faults_of(error, PatientFactsRequest):
            place = places.get(fault.pointer.removeprefix("/"), patient.pointer)
            faults.append(Fault(place, fault.code, fault.detail))
        return None


def _order_faults(born: Element, on: date | None) -> list[Fault]:
    """A sample from before the birth is somebody else's, or one of the days is wrong."""
    found = _BIRTH.fullmatch(born.text or "")
    if on is None or found is None or on.isoformat() >= found[0]:
        return []
    return [born.fault("date_order", "This birthDate lies after the day of the sample.")]


def _age(born: str | None, on: date | None) -> float | None:
    """Completed years, where both days are known."""
    birthday = _day(born or "") if len(born or "") == len("YYYY-MM-DD") else None
    if birthday is None or on is None or on < birthday:
        return None
    before = (on.month, on.day) < (birthday.month, birthday.day)
    return float(on.year - birthday.year - before)


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(f"{written}-01" if len(written) == len("YYYY-MM") else written)
    except ValueError:
        return None


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
