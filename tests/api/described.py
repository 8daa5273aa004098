"""Does a document say just what its model describes? Both ways round."""

import json
from typing import get_args

from pydantic import BaseModel


def read(model, body):
    """Read a body strictly; nothing may be unknown, missing, or changed by being read."""
    found = model.model_validate_json(body, strict=True)
    again = found.model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert again == json.loads(body)
    return found


def members_in(part):
    """Every (model, member) that a document has."""
    if isinstance(part, BaseModel):
        for name in part.model_fields_set:
            yield type(part), name
            yield from members_in(getattr(part, name))
    elif isinstance(part, list | dict):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from members_in(inner)


def members_of(*models):
    """Every (model, member) that documents of these models may have."""
    seen, members, waiting = set(), set(), list(models)
    while waiting:
        part = waiting.pop()
        if isinstance(part, type) and issubclass(part, BaseModel) and part not in seen:
            seen.add(part)
            members |= {(part, name) for name in part.model_fields}
            waiting += [field.annotation for field in part.model_fields.values()]
        waiting += get_args(part)
    return members


def undescribed(*models):
    """The members without a description, and the models without one."""
    members = members_of(*models)
    silent = {(m, name) for m, name in members if not m.model_fields[name].description}
    rooted = {(m, name) for m, name in silent if name == "root"}
    return (silent - rooted) | {m for m, _ in members if not m.__doc__}
