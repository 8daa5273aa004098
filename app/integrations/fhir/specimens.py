"""Whether the specimen of an Observation is cerebrospinal fluid, by all that says what it is.

Its codes, its words and the display of the reference to it must agree: a level in serum that is
taken for one in CSF is wrong by orders of magnitude.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from app.errors import Fault
from app.integrations.fhir.codes import CSF_SPECIMENS, OTHER_SPECIMENS, SPECIMEN_TYPES
from app.integrations.fhir.element import Element, codings, is_coded

_CSF: Final = (
    r"(?:csf|c[e\u00e9]r[e\u00e9]bro-?\s?spinal|cerebrospinalis|cerebral spinal|spinal fluid|liquor"
    r"|lcr|c[e\u00e9]phalo-?\s?rachidien(?:ne)?)"
)
_CSF_WORDS: Final = re.compile(rf"\b{_CSF}\b")
# "CSF not received" tells of none; "tube no 3" and "non-bloody tap" are no negations.
_NOT_CSF: Final = re.compile(
    rf"\bnot\b|\bnon\b(?!-)|\bpas\b|\baucun"
    rf"|\b(?:no|non|without|sans)[\s-]+(?:a |an |any |the )?{_CSF}\b|\b{_CSF}\s*[:=?]\s*no\b"
)
_OTHER_WORDS: Final = re.compile(
    r"(?<!\bno )(?<!\bsans )\b(serum|s\u00e9rum|plasma|blood|sang|urine|saliva)\b"
)
_RELATIVE: Final = re.compile(r"Specimen/(?!\.+$)[A-Za-z0-9.-]{1,64}")

MUST_BE_CSF: Final = (
    "The specimen must be cerebrospinal fluid: SNOMED CT 258450006, or CSF of v2-0487. "
    "Levels in serum and plasma cannot be converted."
)


def specimen_faults(observation: Element, specimens: Mapping[str, Element]) -> list[Fault]:
    """Find fault with a specimen that is not CSF, or of which nobody tells what it is.

    Without any, the Observation's code has said it. `specimens` were sent along, by the references
    to them.
    """
    stated, site = observation["specimen"], observation["bodySite"]
    if says_another(site, words_of(site)):
        return [site.fault("specimen_not_applicable", MUST_BE_CSF)]
    if not stated.is_there:
        return []
    kind = (specimen_of(observation, specimens) or Element(None))["type"]
    words = words_of(kind, stated["display"])
    if says_another(kind, words):
        return [stated.fault("specimen_not_applicable", MUST_BE_CSF)]
    if _says_csf(kind, words):
        return []
    if list(codings(kind)):
        return [stated.fault("specimen_not_applicable", MUST_BE_CSF)]
    detail = (
        "This does not tell what the specimen is: send its type along (contained, or in the "
        "Bundle), write it in the display, or leave it out, since the code says CSF."
    )
    return [stated.fault("specimen_unknown", detail)]


def specimen_of(observation: Element, specimens: Mapping[str, Element]) -> Element | None:
    """The Specimen that an Observation refers to, if it came along."""
    known = {**_contained(observation), **specimens}
    return known.get(observation["specimen"]["reference"].text or "")


def specimen_to_ask(observation: Element, specimens: Mapping[str, Element]) -> str | None:
    """The relative address of the Specimen, where only it can tell what it is."""
    reference = observation["specimen"]["reference"].text or ""
    told = specimen_faults(observation, specimens)
    is_unknown = [fault.code for fault in told] == ["specimen_unknown"]
    return reference if is_unknown and _RELATIVE.fullmatch(reference) else None


def says_another(concept: Element, words: list[str]) -> bool:
    """Whether anything says another specimen, even beside what says CSF."""
    listed = [(one["system"].text, one["code"].text) for one in codings(concept)]
    others = [pair for pair in listed if pair[0] == SPECIMEN_TYPES and pair not in CSF_SPECIMENS]
    is_other = bool(others) or is_coded(concept, OTHER_SPECIMENS)
    return is_other or any(_OTHER_WORDS.search(word) or _NOT_CSF.search(word) for word in words)


def words_of(concept: Element, *others: Element) -> list[str]:
    """All texts of a concept, and others beside it, folded."""
    told = (*others, concept["text"], *(one["display"] for one in codings(concept)))
    return [one.text.casefold() for one in told if one.text]


def _says_csf(kind: Element, words: list[str]) -> bool:
    return is_coded(kind, CSF_SPECIMENS) or any(_CSF_WORDS.search(word) for word in words)


def _contained(observation: Element) -> dict[str, Element]:
    return {
        f"#{one['id'].text}": one
        for one in observation["contained"].each()
        if one.kind == "Specimen" and one["id"].text
    }
