"""A biomarker level: what was given, read exactly, and the set of true values it stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Final

from app.errors import Fault, InvalidInput

CANONICAL_UNIT: Final = "pg/mL"
FACTORS: Final = {
    "pg/mL": Decimal(1),
    "ng/L": Decimal(1),
    "ng/mL": Decimal(1000),
    "ug/L": Decimal(1000),
}
"""UCUM code -> exact factor to pg/mL. UCUM is case-sensitive: `Mg` would be megagrams."""

COMPARATORS: Final = ("<", "<=", ">", ">=")
SPECIMEN: Final = "csf"
HIGHEST: Final = Decimal(1_000_000)
"""pg/mL. Above it a result is a typing or unit error, not a level."""

SMALLEST_NORMAL: Final = Decimal("1e-300")
LONGEST_NUMBER: Final = 64

EXACT: Final = Context(prec=2 * LONGEST_NUMBER)
"""Wide enough that no level is ever rounded: 749.99… with thirty nines is below 750."""

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,18})?")
_MOLAR = re.compile(r"(?i)([munpf]|\u00b5|\u03bc)?(mol|m)(/.*)?")


@dataclass(frozen=True, slots=True)
class Level:
    """A CSF pNFH level. `value` is exact, in pg/mL; `text` is the number as it was given."""

    value: Decimal
    text: str
    unit: str
    comparator: str | None = None

    @property
    def is_bound(self) -> bool:
        """Whether only a bound of the level is known, as with `<750`."""
        return self.comparator is not None


def parse_level(
    value: object,
    unit: object,
    comparator: object = None,
    specimen: object = SPECIMEN,
    *,
    pointer: str = "",
) -> Level:
    """Read a level exactly, from its literal text; nothing is rounded and nothing is guessed.

    `pointer` is where the level stands in what was sent. Raises InvalidInput with every fault.
    """
    faults: list[Fault] = []
    number = _number(value, faults)
    factor = _factor(unit, faults)
    _check_comparator(comparator, faults)
    _check_specimen(specimen, faults)
    if number is not None:
        _check_range(number, factor or Decimal(0), faults)
    if number is not None and factor is not None and not faults:
        bound = None if comparator is None else str(comparator)
        return Level(EXACT.multiply(number, factor), str(number), str(unit), bound)
    raise InvalidInput([fault.under(pointer) for fault in faults])


def plain(value: Decimal) -> str:
    """The exact value as a JSON number: `1500`, `3700.0001`, never `1.5E+3`."""
    trimmed = value.normalize(EXACT)
    return format(trimmed, "f") if trimmed.adjusted() >= -7 else str(trimmed)


def _number(value: object, faults: list[Fault]) -> Decimal | None:
    text = str(Decimal(value) if isinstance(value, int) else value)
    if isinstance(value, bool) or not _NUMBER.fullmatch(text):
        hint = "a number such as 1500 or 1.5, with a point for decimals and no separators"
        faults.append(Fault("/value", "not_a_number", f"The level must be {hint}."))
        return None
    if len(text) > LONGEST_NUMBER:
        detail = f"The level must be written with at most {LONGEST_NUMBER} characters."
        faults.append(Fault("/value", "too_long", detail))
        return None
    return Decimal(text)


def _check_range(number: Decimal, factor: Decimal, faults: list[Fault]) -> None:
    # Compared by magnitude first: 1e999999999 must not be multiplied out.
    if number <= 0:
        detail = "A level must be greater than 0. Below the detection limit? Send comparator '<'."
    elif factor and (number.adjusted() > 6 or EXACT.multiply(number, factor) > HIGHEST):
        detail = f"A level above {HIGHEST} pg/mL is not plausible. Check the value and its unit."
    elif number < SMALLEST_NORMAL:
        detail = "A level this small cannot be measured. Send the detection limit, comparator '<'."
    else:
        return
    faults.append(Fault("/value", "biomarker_out_of_range", detail))


def _factor(unit: object, faults: list[Fault]) -> Decimal | None:
    if isinstance(unit, str) and unit in FACTORS:
        return FACTORS[unit]
    known = "pg/mL, ng/L, ng/mL or ug/L"
    if isinstance(unit, str) and _MOLAR.fullmatch(unit):
        detail = (
            f"Molar units have no sure factor: pNFH's molecular mass is ambiguous. Use {known}."
        )
    else:
        # Only other cases, spaces or a micro sign are surely the same unit; fg/mL is not pg/mL.
        written = "".join(str(unit)[:32].casefold().replace("\u03bc", "u").split())
        meant = {name.casefold(): name for name in FACTORS}.get(written)
        hint = f" Did you mean {meant}?" if meant else ""
        detail = f"The unit must be {known}, written exactly so.{hint}"
    faults.append(Fault("/unit", "unit_not_supported", detail))
    return None


def _check_comparator(comparator: object, faults: list[Fault]) -> None:
    if comparator is not None and comparator not in COMPARATORS:
        detail = "The comparator must be one of <, <=, > and >=, or be left out."
        faults.append(Fault("/comparator", "unknown_comparator", detail))


def _check_specimen(specimen: object, faults: list[Fault]) -> None:
    if specimen != SPECIMEN:
        detail = (
            "The evidence is about cerebrospinal fluid (csf) alone. Serum and plasma levels "
            "correlate with it only moderately (r = 0.65) and cannot be converted."
        )
        faults.append(Fault("/specimen", "specimen_not_applicable", detail))
