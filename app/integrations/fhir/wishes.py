"""What is wished beside the level, as parameters of the operation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from app.errors import Fault, InvalidInput
from app.integrations.fhir.element import Element
from app.schemas.estimates import DEFAULT_EVIDENCE
from app.survival.estimate import Wishes

MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "evidence": ("valueString", "valueCode", "valueId"),
    "times": ("valueDecimal", "valueInteger", "valueString"),
    "assay-cv": ("valueDecimal",),
    "alive-at": ("valueDecimal", "valueInteger"),
    "extrapolate": ("valueBoolean",),
}
"""Parameter -> where its value may stand. `times` are days: repeated, or with commas between."""

NATIVE: Final = {"/evidence": "evidence", "/times": "times", "/alive_at": "alive-at"}
"""Where a fault of the wishes is told by the estimate -> the parameter that states it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wished, from which evidence, and where each parameter stands."""

    evidence: str = DEFAULT_EVIDENCE
    wishes: Wishes = field(default_factory=Wishes)
    assay_cv: float | None = None
    places: Mapping[str, str] = field(default_factory=dict)

    def placed(self, error: InvalidInput) -> InvalidInput:
        """The faults that an estimate finds in the wishes, at the parameters that state them."""
        return InvalidInput([self._placed(fault) for fault in error.faults])

    def _placed(self, fault: Fault) -> Fault:
        name = NATIVE.get(fault.pointer, "")
        return Fault(self.places.get(name, ""), fault.code, fault.detail)


def read_wishes(
    parameters: Iterable[Element], also_known: Iterable[str], faults: list[Fault]
) -> Asked:
    """Read the parameters that bring no resource; what is wrong with them becomes faults."""
    values: dict[str, Any] = {}
    places: dict[str, str] = {}
    for one in parameters:
        name = _name(one)
        if name not in MEMBERS:
            known = ", ".join((*also_known, *MEMBERS))
            detail = f"There is no such parameter. There is {known}."
            faults.append(one["name"].fault("unknown_parameter", detail))
        elif name in values and name != "times":
            faults.append(one.fault("repeated", f"{name} may be given once."))
        elif (value := _value(one, name, faults)) is not None:
            places.setdefault(name, value.pointer)
            values[name] = value.value if name != "times" else [*values.get(name, ()), value]
    times = _times(values.get("times"), faults)
    since = values.get("alive-at")
    wishes = Wishes(times, None if since is None else float(since), bool(values.get("extrapolate")))
    spread = _spread(values.get("assay-cv"), places.get("assay-cv", ""), faults)
    return Asked(values.get("evidence", DEFAULT_EVIDENCE), wishes, spread, places)


def is_wish(parameter: Element) -> bool:
    """Whether a parameter has the name of a wish. `_` is taken for `-`: the native API has it."""
    return _name(parameter) in MEMBERS


def _name(parameter: Element) -> str:
    return (parameter["name"].text or "").replace("_", "-")


def _value(one: Element, name: str, faults: list[Fault]) -> Element | None:
    """The value where its type allows it to stand, if it is of that type."""
    types = {"valueString": str, "valueCode": str, "valueId": str, "valueBoolean": bool}
    for member in MEMBERS[name]:
        if isinstance(one[member].value, types.get(member, Decimal)):
            return one[member]
    detail = f"{name} needs a {' or '.join(MEMBERS[name])}."
    faults.append(one.fault("wrong_type", detail))
    return None


def _times(stated: list[Element] | None, faults: list[Fault]) -> tuple[float, ...] | None:
    if stated is None:
        return None
    days: set[float] = set()
    for one in stated:
        try:
            days |= {float(word) for word in str(one.value).split(",")}
        except ValueError:
            detail = "times must be days: numbers, or a text such as 90,180,365."
            faults.append(one.fault("not_a_number", detail))
    return tuple(sorted(days))


def _spread(stated: Decimal | None, pointer: str, faults: list[Fault]) -> float | None:
    if stated is None:
        return None
    if not 0 < stated <= 1:
        detail = "assay-cv is a ratio greater than 0 and at most 1: 0.08 for 8 %."
        faults.append(Fault(pointer, "out_of_range", detail))
    return float(stated)
