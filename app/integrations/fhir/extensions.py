"""Our extensions: what FHIR has no element for, by its URL, its value and its meaning.

This table is the only place where they are defined; `docs/fhir.md` repeats it for readers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from app.errors import Fault
from app.integrations.fhir.element import Element

BASE: Final = "urn:neurostrata:fhir:"


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension: the member that holds its value (none if it has parts), and its meaning."""

    member: str
    meaning: str


def patient_url(field: str) -> str:
    """The URL of the extension that holds a fact about a patient."""
    return f"{BASE}patient:{field}"


PATIENT: Final[dict[str, Extension]] = {
    "age_at_baseline": Extension("valueDecimal", "age in years on baseline_date"),
    "onset_date": Extension("valueDate", "day of the first symptom"),
    "onset_site": Extension("valueCode", "limb, bulbar, respiratory or other"),
    "diagnosis_date": Extension("valueDate", "day of the diagnosis"),
    "el_escorial": Extension(
        "valueCode", "definite, probable, probable_lab, possible or suspected"
    ),
    "riluzole_start": Extension("valueDate", "first day on riluzole"),
    "alsfrs_r": Extension("valueInteger", "ALSFRS-R total, 0 to 48"),
    "svc_percent": Extension("valueDecimal", "slow vital capacity, percent of predicted"),
    "c9orf72": Extension("valueBoolean", "carries the C9orf72 repeat expansion"),
    "ftd": Extension("valueBoolean", "has frontotemporal dementia"),
    "arm": Extension("valueCode", "treatment group, a slug"),
    "baseline_date": Extension("valueDate", "day that follow-up counts from"),
    "entry_days": Extension("valueDecimal", "days from baseline_date until observed"),
    "follow_up_date": Extension("valueDate", "last day the vital status is known of"),
    "follow_up_days": Extension("valueDecimal", "the same, in days from baseline_date"),
    "vital_status": Extension("valueCode", "unknown; alive and dead are deceasedBoolean"),
    "event_type": Extension("valueCode", "what ended the follow-up: death, tracheostomy or niv"),
}
"""Field of a stored patient -> its extension. identifier, sex and birth_year have elements."""

COVARIATE: Final = patient_url("covariate")
COVARIATE_MEANING: Final = "a further fact: parts `name` (valueString), `value` (decimal or string)"

ASKED: Final[dict[str, Extension]] = {
    "age": Extension("valueDecimal", "age in years, in the place of birthDate"),
    "symptom_months": Extension("valueDecimal", "months since the first symptom"),
    "riluzole_weeks": Extension("valueDecimal", "weeks on riluzole"),
    "csf_after_run_in": Extension("valueBoolean", "whether CSF came after the riluzole run-in"),
    "excluded_condition": Extension("valueBoolean", "whether an exclusion of the trial applies"),
}
"""Field that an estimate alone reads, beside those above -> its extension. It is not kept."""


def url_of(name: str) -> str:
    """The URL of an extension of a RiskAssessment."""
    return f"{BASE}{name}"


PARTS: Final = "extension"
"""In the place of a value's member: the extension is made of parts."""

RISK: Final[dict[str, Extension]] = {
    "status": Extension("valueCode", "estimate, no_estimate or indeterminate"),
    "reason": Extension("valueCode", "why there is no estimate"),
    "stratum": Extension(PARTS, "`id` (code), `label` (string), or `possible` (code), repeated"),
    "level": Extension("valueQuantity", "the level as it was used, in pg/mL"),
    "direction": Extension("valueCode", "benefit, harm or uncertain, by the published interval"),
    "hazard-ratio": Extension(
        PARTS, "`value`, `lower`, `upper`, `level`, `p-value` (decimals), `kind` (code)"
    ),
    "whole-trial-hazard-ratio": Extension(PARTS, "the same, of the trial's primary result"),
    "applicability": Extension(
        PARTS, "`grade` (code); `met`, `not-met`, `unknown` (code), once for each criterion"
    ),
    "evidence": Extension(PARTS, "`id`, `version`, `digest` (strings)"),
}
"""Extension of a RiskAssessment -> its value and meaning."""

PREDICTION: Final[dict[str, Extension]] = {
    "arm": Extension("valueCode", "the arm of the trial, such as placebo or il2ld"),
    "kind": Extension("valueCode", "how the number was made: modelled"),
    "interval": Extension("valueRange", "interval of probabilityDecimal, in percent"),
    "interval-level": Extension("valueDecimal", "its confidence level, a ratio: 0.95"),
    "shape-range": Extension("valueRange", "the number under all assumed shapes, in percent"),
    "outer-band": Extension("valueRange", "the interval under all assumed shapes, in percent"),
    "alive-at": Extension("valueDecimal", "the day since which survival counts, if asked for"),
    "extrapolated": Extension("valueBoolean", "true: past follow-up, by assumption alone"),
}
"""Extension of a prediction -> its value and meaning."""


def extension(url: str, member: str, value: Any) -> dict[str, Any]:
    """Write an extension with a value."""
    return {"url": url, member: value}


def with_parts(url: str, *parts: Mapping[str, Any]) -> dict[str, Any]:
    """Write an extension that is made of others."""
    return {"url": url, "extension": list(parts)}


def member_for(value: Decimal | str) -> str:
    """The member for a value that is a number or a text."""
    return "valueString" if isinstance(value, str) else "valueDecimal"


def stated_in(
    resource: Element, table: Mapping[str, Extension], faults: list[Fault]
) -> dict[str, Element]:
    """Read the fields of a table that a resource states: each field's value, where it stands.

    What is stated twice or with another kind of value becomes a fault.
    """
    fields = {patient_url(field): field for field in table}
    found: dict[str, Element] = {}
    for one in resource["extension"].each():
        field = fields.get(str(one["url"].value))
        if field is None:
            continue
        value = one[table[field].member]
        if field in found:
            faults.append(one.fault("repeated", f"{field} is stated twice."))
        elif not value.is_there:
            faults.append(one.fault("wrong_type", f"{field} needs a {table[field].member}."))
        else:
            found[field] = value
    return found


def parts_of(one: Element) -> Iterator[tuple[str | None, Element]]:
    """The parts of an extension that is made of others, by their URLs."""
    for part in one["extension"].each():
        yield part["url"].text, part
