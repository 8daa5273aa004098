"""Which patients are meant: conditions on what is known of them, all of which must hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Literal

Operator = Literal["any_of", "ne", "lt", "lte", "gt", "gte", "prefix", "exists"]

COVARIATE: Final = "x_"
PNFH: Final = "pnfh"
STRATUM: Final = "stratum"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: what is stated of a patient's `field`, compared with `value`.

    `field` is a fact's name, `x_<name>` for a covariate, `pnfh` for the latest CSF level in pg/mL
    (one of which only a bound is known has no number) or `stratum` for the stratum that the
    latest level, or all that its bound leaves open, lies in. `any_of` has a tuple; a None in it
    stands for "not stated". `exists` has a boolean. Every other comparison, `ne` too, holds only
    where the field is stated.
    """

    field: str
    operator: Operator
    value: Any

    @property
    def covariate(self) -> str | None:
        """The covariate's name, if it is about one."""
        return self.field.removeprefix(COVARIATE) if self.field.startswith(COVARIATE) else None


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that must hold together. Without any, every patient is meant."""

    conditions: tuple[Condition, ...] = ()

    @classmethod
    def of(cls, stated: Mapping[str, Any]) -> Filter:
        """Read a filter as it is written on the wire, once its values are known to be sound.

        Under each field stands a value, a list (any of them), or an object of operators.
        """
        return cls(tuple(one for name, want in stated.items() for one in _conditions(name, want)))

    @property
    def digest(self) -> str:
        """The same for the same conditions in whatever order; different for different ones."""
        told = sorted(repr(condition) for condition in self.conditions)
        return sha256("\n".join(told).encode()).hexdigest()


EVERYBODY: Final = Filter()


def _conditions(name: str, wanted: Any) -> list[Condition]:
    if isinstance(wanted, Mapping):
        return [Condition(name, operator, value) for operator, value in wanted.items()]
    values = tuple(wanted) if isinstance(wanted, list | tuple) else (wanted,)
    return [Condition(name, "any_of", values)]
