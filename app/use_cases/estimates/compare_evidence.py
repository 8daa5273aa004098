"""Compare two evidence files: what differs in them, and what that does to the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from app.answers.numbers import number
from app.survival.reading import read_level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from app.evidence.library import Entry, Library
    from app.survival.hazard import HazardRatio
    from app.survival.level import Level
    from app.survival.study import Study

Path: TypeAlias = tuple[str | int, ...]
Change: TypeAlias = tuple[Path, Any, Any]

COMPARED: Final = ("stratum", "status", "reason", "hazard_ratio", "direction")


def compare_evidence(
    evidence_id: str, other_id: str, levels: Iterable[Level], *, library: Library
) -> dict[str, Any]:
    """Everything that is not the same from one to the other, but for the cards. Raises NotFound."""
    before, after = library.entry(evidence_id), library.entry(other_id)
    old, new = (e.file.model_dump(mode="json", exclude={"card"}) for e in (before, after))
    return {
        "from": _version(before),
        "to": _version(after),
        "changes": [
            {"path": _pointer(path), "from": was, "to": becomes}
            for path, was, becomes in _changes(old, new, ())
        ],
        "levels": [
            _at_level(level, before.study, after.study)
            for level in levels
            if before.study and after.study
        ],
    }


def _version(entry: Entry) -> dict[str, Any]:
    return {"id": entry.file.id, "version": entry.file.version, "digest": entry.digest}


def _changes(old: Any, new: Any, path: Path) -> Iterator[Change]:
    """Every smallest part that differs."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in (*old, *(key for key in new if key not in old)):
            yield from _changes(old.get(key), new.get(key), (*path, key))
    elif _have_ids(old) and _have_ids(new):
        yield from _changes_by_id(old, new, path)
    elif old != new:
        yield path, old, new


def _have_ids(part: Any) -> bool:
    return isinstance(part, list) and all(isinstance(x, dict) and "id" in x for x in part)


def _changes_by_id(old: Sequence[Any], new: Sequence[Any], path: Path) -> Iterator[Change]:
    """Items are the same by their `id`, not by their place: strata come and go."""
    renewed = {item["id"]: item for item in new}
    for place, item in enumerate(old):
        yield from _changes(item, renewed.get(item["id"]), (*path, place))
    known = {item["id"] for item in old}
    for place, item in enumerate(new):
        if item["id"] not in known:
            yield (*path, place), None, item


def _pointer(path: Path) -> str:
    """A JSON Pointer (RFC 6901)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def _at_level(level: Level, before: Study, after: Study) -> dict[str, Any]:
    was, becomes = _answer(level, before), _answer(level, after)
    return {
        "pnfh": number(level.value),
        "from": was,
        "to": becomes,
        "differs": [name for name in COMPARED if was[name] != becomes[name]],
    }


def _answer(level: Level, study: Study) -> dict[str, Any]:
    # A level that is no bound lies in exactly one stratum: the strata tile all levels.
    stratum = study.strata[read_level(level, study).kind.strata[0]]
    ratio = stratum.group.hazard_ratio if stratum.group else None
    return {
        "stratum": stratum.id,
        "status": "estimate" if ratio else "no_estimate",
        "reason": stratum.refusal,
        "hazard_ratio": _ratio(ratio) if ratio else None,
        "direction": ratio.direction if ratio else None,
    }


def _ratio(ratio: HazardRatio) -> dict[str, Any]:
    return {
        "value": ratio.value,
        "lower": ratio.lower,
        "upper": ratio.upper,
        "p_value": ratio.p_value,
    }
