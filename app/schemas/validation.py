"""What Pydantic finds wrong, as faults: a JSON Pointer, a stable code, and what would help."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel

from app.errors import Fault
from app.schemas.wording import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    class HasErrors(Protocol):
        """What Pydantic and FastAPI raise: it lists what it found."""

        def errors(self) -> Sequence[Any]:
            """Give each finding with its place."""


WHERE = {"body", "query", "path", "header"}
MOST_FAULTS = 100
"""Faults that are told of one request; a body can hold hundreds of thousands."""
OTHER_BIOMARKERS = {"nfl", "nf-l", "nf_l", "neurofilament_light", "gfap", "tau", "snfl"}


def pointer_to(path: Iterable[object]) -> str:
    """A JSON Pointer (RFC 6901) to a place."""
    return "".join(f"/{str(p).replace('~', '~0').replace('/', '~1')}" for p in path)


def unknown_field(path: Sequence[object], known: Iterable[str]) -> Fault:
    """A field or parameter that does not exist, with the nearest one that does."""
    name = str(path[-1])
    if name.lower() in OTHER_BIOMARKERS:
        detail = "This biomarker is not supported: the evidence is about CSF pNFH alone."
        return Fault(pointer_to(path), "biomarker_not_supported", detail)
    names = sorted(known)
    if not names:
        return Fault(pointer_to(path), "unknown_field", "Nothing can be stated here.")
    close = get_close_matches(name[:64].lower(), names, n=1, cutoff=0.6)
    hint = f" Did you mean {close[0]}?" if close else f" There is {', '.join(names)}."
    return Fault(pointer_to(path), "unknown_field", f"There is no such field.{hint}")


def faults_of(error: HasErrors, model: Any = None) -> list[Fault]:
    """Every fault; the model of the body serves the did-you-mean. The input is never repeated."""
    found = error.errors()
    faults = [_fault(one, model) for one in found[:MOST_FAULTS]]
    if len(found) > MOST_FAULTS:
        detail = f"There are {len(found) - MOST_FAULTS} more faults like these."
        faults.append(Fault("", "more_faults", detail))
    return faults


def first_of_each(faults: Iterable[Fault]) -> list[Fault]:
    """One fault for each place: what cannot be read is not also out of range."""
    firsts: dict[str, Fault] = {}
    for fault in faults:
        firsts.setdefault(fault.pointer, fault)
    return list(firsts.values())


def _fault(found: Any, model: Any) -> Fault:
    path = [p for i, p in enumerate(found["loc"]) if p != "[key]" and (i or p not in WHERE)]
    kind = found["type"]
    if kind == "extra_forbidden":
        return unknown_field(path, _fields_at(model, path[:-1]))
    code, words = words_of(found)
    return Fault(pointer_to(path), code, words)


def _fields_at(model: Any, path: Sequence[object]) -> list[str]:
    """The names of the fields of the model at a place within the body's model."""
    for step in path:
        fields = getattr(model, "model_fields", {})
        if str(step) in fields:
            model = _inner_model(fields[str(step)].annotation)
    return list(getattr(model, "model_fields", {}))


def _inner_model(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_inner_model(part) for part in getattr(annotation, "__args__", ()))
    return next((model for model in inner if model is not None), None)
