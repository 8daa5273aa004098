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

_CSF_WORDS: Final = re.compile(r"\b(csf|cerebro-?\s?spinal|cerebral spinal|liquor|lcr)\b")
_OTHER_WORDS: Final = re.compile(r"\b(serum|s\u00e9rum|plasma|blood|sang|urine|saliva|not?|non)\b")


def specimen_faults(observation: Element, specimens: Mapping[str, Element]) -> list[Fault]:
    """Find fault with a specimen that is not CSF, or of which nobody tells what it is.

    Without any, the Observation's code has said it. `specimens` were sent along, by the references
    to them.
    """
    stated = observation["specimen"]
    if not stated.is_there:
        return []
    known = {**_contained(observation), **specimens}
    kind = known.get(stated["reference"].text or "", Element(None))["type"]
    words = _words(stated, kind)
    if not words and not list(codings(kind)):
        detail = (
            "The specimen is not told: send its type along (contained, or in the Bundle), write "
            "its display, or leave it out, since the code says CSF."
        )
        return [stated.fault("specimen_unknown", detail)]
    if _says_csf(kind, words) and not _says_another(kind, words):
        return []
    detail = (
        "The specimen must be cerebrospinal fluid: SNOMED CT 258450006, or CSF of v2-0487. "
        "Levels in serum and plasma cannot be converted."
    )
    return [stated.fault("specimen_not_applicable", detail)]


def _words(stated: Element, kind: Element) -> list[str]:
    told = (stated["display"], kind["text"], *(one["display"] for one in codings(kind)))
    return [one.text.casefold() for one in told if one.text]


def _says_csf(kind: Element, words: list[str]) -> bool:
    return is_coded(kind, CSF_SPECIMENS) or any(_CSF_WORDS.search(word) for word in words)


def _says_another(kind: Element, words: list[str]) -> bool:
    """Whether anything says another specimen, even beside what says CSF."""
    listed = [(one["system"].text, one["code"].text) for one in codings(kind)]
    others = [pair for pair in listed if pair[0] == SPECIMEN_TYPES and pair not in CSF_SPECIMENS]
    is_other = bool(others) or is_coded(kind, OTHER_SPECIMENS)
    return is_other or any(_OTHER_WORDS.search(word) for word in words)


def _contained(observation: Element) -> dict[str, Element]:
    return {
        f"#{one['id'].text}": one
        for one in observation["contained"].each()
        if one.kind == "Specimen" and one["id"].text
    }
