"""Conditions on a field, on the wire: a value, null, a list of values, an object of operators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    TypeAdapter,
    WrapValidator,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError

MOST_VALUES: Final = 200
ORDERING: Final = ("gte", "gt", "lte", "lt")

_SAYS: Final = {
    "ne": "another value is stated",
    "exists": "whether anything is stated",
    "gte": "greater or the same",
    "gt": "greater",
    "lte": "less or the same",
    "lt": "less",
    "prefix": "begins with this",
}


class Comparison(BaseModel):
    """Compares a field, where it is stated."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="after")
    def _states_something(self) -> Comparison:
        if not self.model_fields_set:
            raise PydanticCustomError("empty_condition", "State what the field is compared with.")
        return self

    def stated(self) -> dict[str, Any]:
        """Give the operators that were sent, and what they compare with."""
        return {name: getattr(self, name) for name in self.model_fields_set}


@dataclass(frozen=True, slots=True)
class _ByShape:
    """Reads a condition by the shape of its JSON, so that a fault is told of that shape alone."""

    one: TypeAdapter[Any]
    some: TypeAdapter[Any]
    comparison: TypeAdapter[Any]

    def __call__(self, sent: object, _: object) -> Any:
        if sent is None:
            return None
        if isinstance(sent, Mapping):
            return self.comparison.validate_python(sent).stated()
        return (self.some if isinstance(sent, list) else self.one).validate_python(sent)


def condition_on(field: str, stated: Any, *, ordered: Any = None, prefix: Any = None) -> Any:
    """Make the type of a condition on a field whose stated values have a type.

    `ordered` is the type of what it can be greater or less than, `prefix` of what it can begin
    with, if it can.
    """
    operators: dict[str, Any] = {"ne": stated, "exists": StrictBool}
    operators |= dict.fromkeys(ORDERING, ordered) if ordered else {}
    operators |= {"prefix": prefix} if prefix else {}
    comparison = _comparison(field, operators)
    some = Annotated[list[stated | None], Field(min_length=1, max_length=MOST_VALUES)]
    by_shape = _ByShape(TypeAdapter(stated), TypeAdapter(some), TypeAdapter(comparison))
    shapes: Any = reduce(or_, (some, comparison, None), stated)
    return Annotated[shapes, WrapValidator(by_shape)]


def unset(description: str) -> Any:
    """Describe a member that may be left out, which is something else than null."""
    # A factory, not a default: OpenAPI would print `default: null` for what may not be null.
    return Field(default_factory=_nothing, description=description)


def _comparison(field: str, operators: Mapping[str, Any]) -> type[Comparison]:
    members: dict[str, Any] = {
        name: (compared, unset(_SAYS[name])) for name, compared in operators.items()
    }
    named = "".join(part.capitalize() for part in field.split("_"))
    made = create_model(f"{named}Comparison", __base__=Comparison, **members)
    made.__doc__ = f"Compares {field}, where it is stated."
    return made


def _nothing() -> Any:
    return None
