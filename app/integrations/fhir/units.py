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
_SPELT: Final = (
    (r"[\u00b5\u03bc]", "u"),
    (r"\bfemto", "f"), (r"\bpico", "p"), (r"\bnano", "n"), (r"\bmicro", "u"),
    (r"\bmilli", "m"), (r"\bdeci", "d"),
    (r"grams?\b|grammes?\b|gms?\b|gr\b", "g"), (r"lit(?:er|re)s?\b", "l"), (r"\bcc\b", "ml"),
    (r"\bper\b|\bpar\b|\bin (?:a |one )?|\bdans (?:un )?", "/"),
)  # fmt: skip
_MASS_IN_VOLUME: Final = re.compile(
    r"(?<![a-z])(mc|[munpf])?\s*g\s*[/.\u00b7*]\s*(?:1\s*)?([dcmu])?\s*l(?![a-z])"
)
_MOLAR: Final = re.compile(r"mol(?![a-z])|(?<![A-Za-z])[munpf\u00b5\u03bc]M(?![A-Za-z])")


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

    A text that cannot be read is let be: it is for people.
    """
    if _MOLAR.search(printed):
        return True
    spelt = printed.casefold()
    for written, meant in _SPELT:
        spelt = re.sub(written, meant, spelt)
    amounts = [(found[1] or "", found[2] or "") for found in _MASS_IN_VOLUME.finditer(spelt)]
    return any(Decimal(10) ** (_GRAMS[g] + _LITRES[litre]) != factor for g, litre in amounts)
