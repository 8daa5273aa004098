"""Where a number comes from: its source, its kind, and what it is an estimate of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["published", "derived", "modelled", "fitted"]
"""published: printed in the source. derived: follows from published numbers by stated arithmetic.
modelled: needs an assumption, such as the shape of a curve. fitted: from stored patients."""

Certainty: TypeAlias = Literal[
    "full_text", "abstract", "attributed", "secondary", "press", "registry", "derived",
    "convention", "own_records",
]  # fmt: skip
"""How the number was read. `attributed`: said to stand in the abstract, agrees with its p value.
`own_records`: computed from the records of the clinic that asks."""


@dataclass(frozen=True, slots=True)
class Source:
    """A place where a number stands. `id` is explained in full by the evidence file."""

    id: str
    where: str
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Estimand:
    """What a number is an estimate of. `inferred` names the parts that the source leaves unsaid."""

    population: str
    contrast: str
    endpoint: str
    time_origin: str
    measure: str
    adjustment: str
    inferred: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the evidence, with its interval where one was published or derived."""

    value: float
    lower: float | None
    upper: float | None
    kind: Kind
    source: Source
