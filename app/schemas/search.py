"""Which patients are searched for, on the wire: conditions by field, an order, a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, get_args
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model, model_validator
from pydantic_core import PydanticCustomError, PydanticKnownError

from app.schemas.conditions import condition_on, unset
from app.schemas.covariates import COVARIATE_NAME, Covariate
from app.schemas.patients import PatientRequest
from app.schemas.pseudonym import LONGEST, Pseudonym
from app.schemas.values import Between, DayOrInstant

MOST_FIELDS: Final = 50
MOST_SORTS: Final = 3

EXAMPLE: Final[dict[str, Any]] = {
    "filter": {
        "el_escorial": ["definite", "probable"],
        "svc_percent": {"gte": 70},
        "riluzole_start": {"exists": True},
        "stratum": "low",
        "x_crp": {"lt": 5},
    },
    "sort": ["-onset_date", "identifier"],
    "limit": 50,
}

_COVARIATE: Final = re.compile(rf"x_{COVARIATE_NAME.strip('^$')}")
_PREFIX: Final = re.compile(rf"[A-Za-z0-9._/-]{{1,{LONGEST}}}")


def _read_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise PydanticCustomError("not_an_id", "This must be an `id` as it was answered.") from None


def _begin(stated: date | datetime) -> datetime:
    if isinstance(stated, datetime):
        return stated
    return datetime.combine(stated, time(), UTC)


def _check_covariate(name: str) -> str:
    if not _COVARIATE.fullmatch(name):
        raise PydanticKnownError("extra_forbidden")
    return name


def _check_prefix(text: str) -> str:
    if not _PREFIX.fullmatch(text):
        detail = f"A prefix has 1 to {LONGEST} letters A-Z, digits and . _ / -."
        raise PydanticCustomError("identifier_shape", detail)
    return text


Moment = Annotated[DayOrInstant, AfterValidator(_begin)]
"""An instant with its zone; a day stands for its beginning in UTC."""

_Id = Annotated[str, Field(json_schema_extra={"format": "uuid"}), AfterValidator(_read_id)]
_Prefix = Annotated[
    str, Field(json_schema_extra={"maxLength": LONGEST}), AfterValidator(_check_prefix)
]
_Number = Annotated[Decimal, Between()]


def _stated(fact: str) -> Any:
    """Give the type of a fact, where it is stated: what PatientRequest has, but for None."""
    return get_args(PatientRequest.model_fields[fact].annotation)[0]


def _is_ordered(stated: Any) -> bool:
    return any(kind in {int, Decimal, date, date | datetime} for kind in get_args(stated)[:1])


_FACTS: Final = tuple(name for name in PatientRequest.model_fields if name != "covariates")
_TYPES: Final[Mapping[str, Any]] = {
    "id": _Id,
    "identifier": Pseudonym,
    **{name: _stated(name) for name in _FACTS if name != "identifier"},
    "created_at": Moment,
    "updated_at": Moment,
    "pnfh": Annotated[Decimal, Between(0, 1_000_000)],
    "stratum": Literal["very_low", "low", "high"],
}
_MEANINGS: Final[Mapping[str, str]] = {
    "id": "the service's own identifier",
    **{name: str(PatientRequest.model_fields[name].description) for name in _FACTS},
    "created_at": "when the patient was first kept; a day stands for its beginning in UTC",
    "updated_at": "when the patient last changed; a day stands for its beginning in UTC",
    "pnfh": "the latest CSF level in pg/mL; one of which only a bound is known is no number",
    "stratum": "the mirocals-2025 stratum of the latest CSF level, where its bound leaves one",
}
SORTABLE: Final = (*_FACTS, "created_at", "updated_at")

_ColumnName = Annotated[str, AfterValidator(_check_covariate)]
if TYPE_CHECKING:
    CovariateCondition: TypeAlias = Any
else:
    CovariateCondition = condition_on("covariate", Covariate, ordered=_Number)


class StatedFilter(BaseModel):
    """Conditions by field, all of which must hold.

    Under a field stands a value (null: not stated), a list of which any will do, or an object of
    operators. A covariate is called `x_` and its name. What compares holds only where the field
    is stated.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[_ColumnName, CovariateCondition]

    @model_validator(mode="after")
    def _is_not_too_long(self) -> StatedFilter:
        if len(self.model_fields_set) > MOST_FIELDS:
            detail = f"A filter may have at most {MOST_FIELDS} fields."
            raise PydanticCustomError("too_many", detail)
        return self

    def stated(self) -> dict[str, Any]:
        """Give the conditions that were sent, by field."""
        return {name: getattr(self, name) for name in sorted(self.model_fields_set)}


def _field_on(name: str, stated: Any) -> tuple[Any, Any]:
    ordered = stated if _is_ordered(stated) else None
    prefix = _Prefix if name == "identifier" else None
    return condition_on(name, stated, ordered=ordered, prefix=prefix), unset(_MEANINGS[name])


def _describe(schema: dict[str, Any]) -> None:
    schema["patternProperties"] = {f"^{_COVARIATE.pattern}$": schema["additionalProperties"]}
    schema["additionalProperties"] = False
    schema["examples"] = [EXAMPLE["filter"]]


_SINGLING_OUT: Final = {"id", "identifier"}

if TYPE_CHECKING:
    PatientFilter: TypeAlias = StatedFilter
    CohortFilter: TypeAlias = StatedFilter
else:

    def _filter_of(title: str, names: Iterable[str]) -> type[StatedFilter]:
        made = create_model(
            title,
            __base__=StatedFilter,
            __doc__=StatedFilter.__doc__,
            **{name: _field_on(name, _TYPES[name]) for name in names},
        )
        made.model_config["json_schema_extra"] = _describe
        return made

    PatientFilter = _filter_of("PatientFilter", _TYPES)
    # A cohort is asked about many: nobody is picked out of it by name.
    CohortFilter = _filter_of("CohortFilter", [n for n in _TYPES if n not in _SINGLING_OUT])


def _check_sort(sort: str) -> str:
    name = sort.removeprefix("-")
    if name in SORTABLE:
        return sort
    close = get_close_matches(name[:64].lower(), SORTABLE, n=1, cutoff=0.6)
    hint = f"Did you mean {close[0]}?" if close else f"There is {', '.join(SORTABLE)}."
    raise PydanticCustomError("unknown_field", f"Nothing can be sorted by this. {hint}")


def _check_sorts(sorts: list[str]) -> list[str]:
    if len({sort.removeprefix("-") for sort in sorts}) != len(sorts):
        raise PydanticCustomError("repeated", "Name each field once.")
    return sorts


_SORTS: Final = [sign + name for name in SORTABLE for sign in ("", "-")]
Sort = Annotated[str, AfterValidator(_check_sort), Field(json_schema_extra={"enum": _SORTS})]


class SearchRequest(BaseModel):
    """Which patients are searched for, in which order, and which page of them."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [EXAMPLE]}
    )

    filter: PatientFilter = Field(
        default_factory=PatientFilter, description="who is meant; everybody without it"
    )
    sort: Annotated[
        list[Sort],
        Field(min_length=1, max_length=MOST_SORTS),
        AfterValidator(_check_sorts),
    ] = Field(
        ["created_at"],
        description="fields in turn, - before one to descend; what is not stated is last, "
        "and equal patients follow their ids",
        examples=[["-onset_date", "identifier"]],
    )
    limit: Annotated[int, Between(1, 200, whole=True)] = Field(
        50, description="most patients to answer"
    )
    cursor: str | None = Field(
        None,
        description="`next_cursor` of the page before, with the same filter and sort",
        examples=[None],
    )
