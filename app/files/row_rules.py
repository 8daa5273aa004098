"""The rules of a patient and of a measurement, taken from the very models of the JSON doors.

A row is judged twice as fast as by the models: each cell by the field's own validator, whose
verdict can be remembered, then the rules that compare fields. What either objects to is judged
again by the whole model, which finds every fault in its own words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Annotated, Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError

from app.clinic.measurement import PNFH
from app.errors import InvalidInput
from app.files.columns import COVARIATE, LEVEL_COLUMNS, PATIENT_COLUMNS, covariate_of
from app.schemas.covariates import Covariate
from app.schemas.measurements import MeasurementRequest
from app.schemas.patients import MOST_COVARIATES, PatientRequest
from app.schemas.wording import words_of
from app.survival.level import parse_level

FIELD_OF: Final = {**{name: name for name in PATIENT_COLUMNS}, **LEVEL_COLUMNS}
"""Column -> field of its model."""

_COLUMN_OF: Final = {field: column for column, field in LEVEL_COLUMNS.items()}

Found = tuple[str, str, str]
"""A column, a code, and what would help."""


class Stated:
    """What the rules that compare fields are shown: the fields' values, and which is judged."""

    __slots__ = ("data", "field_name")

    def __init__(self) -> None:
        self.field_name = ""
        self.data: Mapping[str, Any] = {}


Rule = Callable[[Any, Stated], object]


def cell_judge(column: str) -> Callable[[Any], Any]:
    """Give the function that reads a column's plain value alone. It raises ValidationError."""
    return _JUDGES.get(column, _COVARIATE.validate_python)


def comparing_rules() -> tuple[tuple[str, Rule], ...]:
    """Give the patient's rules that compare a field with others, in the model's order."""
    return _RULES


def patient_faults(plain: Mapping[str, Any]) -> list[Found]:
    """Find every fault of a patient, column by column; empty if there is none."""
    facts = {name: plain[name] for name in PATIENT_COLUMNS if name in plain}
    named = {covariate_of(name): plain[name] for name in plain if name.startswith(COVARIATE)}
    return _faults(PatientRequest, facts | {"covariates": named}, _patient_column)


def level_faults(plain: Mapping[str, Any]) -> list[Found]:
    """Find every fault of a level, column by column; empty if there is none."""
    stated = {field: plain[column] for column, field in LEVEL_COLUMNS.items() if column in plain}
    found = _faults(MeasurementRequest, {"biomarker": PNFH} | stated, _level_column)
    if found:
        return found
    level = MeasurementRequest.model_validate({"biomarker": PNFH} | stated)
    try:
        parse_level(level.value, level.unit, level.comparator, level.specimen)
    except InvalidInput as error:
        return [(_COLUMN_OF[f.pointer.strip("/")], f.code, f.detail) for f in error.faults]
    return []


def _faults(
    model: type[BaseModel], stated: Mapping[str, Any], column: Callable[[Any], str]
) -> list[Found]:
    try:
        model.model_validate(stated)
    except ValidationError as error:
        return [(column(one["loc"]), *words_of(one)) for one in error.errors()]
    return []


def _patient_column(path: tuple[str, ...]) -> str:
    if path[0] != "covariates":
        return path[0]
    return COVARIATE + path[1] if len(path) > 1 else ""


def _level_column(path: tuple[str, ...]) -> str:
    return _COLUMN_OF[path[0]]


def _judge(model: type[BaseModel], field: str) -> Callable[[Any], Any]:
    declared = model.model_fields[field]
    annotation: Any = declared.annotation
    for part in declared.metadata:
        annotation = Annotated[annotation, part]
    judge: Callable[[Any], Any] = TypeAdapter(annotation).validate_python
    return judge


def _rules() -> tuple[tuple[str, Rule], ...]:
    found = PatientRequest.__pydantic_decorators__
    by_field: dict[str, list[Rule]] = {name: [] for name in PATIENT_COLUMNS}
    for rule in found.field_validators.values():
        for field in rule.info.fields:
            by_field[field].append(_shown_others(rule.func))
    return tuple((field, rule) for field, rules in by_field.items() for rule in rules)


def _shown_others(rule: Callable[..., object]) -> Rule:
    if len(signature(rule).parameters) > 1:
        return rule
    return lambda value, _: rule(value)


_COVARIATE: Final[TypeAdapter[Any]] = TypeAdapter(Covariate)
_JUDGES: Final = {
    **{name: _judge(PatientRequest, name) for name in PATIENT_COLUMNS},
    **{name: _judge(MeasurementRequest, field) for name, field in LEVEL_COLUMNS.items()},
}
_RULES: Final = _rules()
MOST: Final = MOST_COVARIATES
"""Covariates that one patient may have."""
