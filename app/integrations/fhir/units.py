"""The unit of a Quantity: its UCUM code, and whether what is printed beside it says the same."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from app.errors import Fault
from app.integrations.fhir.codes import UCUM
from app.integrations.fhir.element import Element
from app.survival.level import FACTORS

_GRAMS: Final = {"": 12, "m": 9, "u": 6, "mc": 6, "n": 3, "p": 0, "f": -3}
_LITRES: Final = {"": -3, "d": -2, "c": -1, "m": 0, "u": 3}
_PRINTED: Final = re.compile(r"(mc|[munpf])?g/([dcmu])?l")


def read_unit(quantity: Element) -> tuple[str | None, list[Fault]]:
    """The unit by its UCUM code; by its printed text only where there is no code."""
    code, printed, system = quantity["code"], quantity["unit"], quantity["system"]
    if not code.is_there:
        return printed.text, []
    if system.is_there and system.value != UCUM:
        detail = f"The unit's code must be of UCUM: {UCUM}."
        return code.text, [system.fault("unit_not_supported", detail)]
    if code.text in FACTORS and _says_another(printed.text or "", FACTORS[code.text]):
        detail = f"The unit's code says {code.text}, its text {printed.told}: which is meant?"
        return code.text, [printed.fault("unit_contradiction", detail)]
    return code.text, []


def _says_another(printed: str, factor: Decimal) -> bool:
    """Whether a text, however it is spelt, is another amount in a volume than the code's.

    A text that cannot be read is let be: `picograms in a ml` is for people.
    """
    folded = printed.casefold().replace("\u00b5", "u").replace("\u03bc", "u")
    spelt = "".join(folded.split())
    if "mol" in spelt:
        return True
    found = _PRINTED.fullmatch(spelt)
    if found is None:
        return False
    return Decimal(10) ** (_GRAMS[found[1] or ""] + _LITRES[found[2] or ""]) != factor
