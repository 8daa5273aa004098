"""Check that nothing inside `/v1` breaks whoever uses it.

    check_openapi_changes.py NOW BASELINE            say what breaks (exit 1) and what is new
    check_openapi_changes.py NOW BASELINE --record   write what there is now into the baseline

The baseline is the OpenAPI document as it was released, without its words and examples. What a
caller sends must be taken as before, and what is answered must be what a caller knows: a request
may only be taken more widely, an answer only be given more narrowly. Only fields may be added to
an answer. A value added to a closed list of an answer breaks whoever reads the list as closed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from openapi_parts import Part, alike, fields_of, pruned  # noqa: E402 - found once the path is set
from openapi_schemas import ANSWER, REQUEST, misfits  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    Operation = tuple[str, dict[str, Any]]
    Operations = dict[str, dict[str, Any]]

WARNING_HEADERS = {"Deprecation", "Sunset"}


def main(now: Path, baseline: Path, *, record: bool) -> int:
    """Compare or record; the exit status says whether something breaks."""
    told = pruned(json.loads(now.read_text(encoding="utf-8")))
    if record:
        text = json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False)
        baseline.write_text(text + "\n", encoding="utf-8")
        return 0
    known = json.loads(baseline.read_text(encoding="utf-8"))
    found = [*breaks(known, told), *unannounced(told)]
    for line in found:
        print(f"breaks callers: {line}", file=sys.stderr)
    if new := sorted(additions(known, told)):
        print(f"{len(new)} additions to /v1; run `make openapi-baseline` to record them:")
        print("\n".join(f"  {line}" for line in new[:20]))
    return 1 if found else 0


def breaks(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Yield everything that a caller of the old document could stumble over. Both are pruned."""
    after, same = operations_of(new), alike(old, new)
    for name, before in operations_of(old).items():
        if name not in after:
            yield f"{name} is gone"
            continue
        pair = (Part(old, before, same), Part(new, after[name], same))
        for check in (_of_name, _of_access, _of_parameters, _of_body, _of_answers):
            yield from (f"{name}: {line}" for line in check(*pair))


def additions(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Yield what a caller of the old document does not know yet."""
    before = operations_of(old)
    for name, operation in operations_of(new).items():
        if name not in before:
            yield name
            continue
        known = fields_of(Part(old, before[name]))
        yield from (f"{name}: {one}" for one in fields_of(Part(new, operation)) - known)


def unannounced(document: dict[str, Any]) -> Iterator[str]:
    """Yield what goes away without saying so in the headers of its answers."""
    for name, operation in operations_of(document).items():
        good = [answer for status, answer in operation["responses"].items() if status < "3"]
        said = [set(answer.get("headers", {})) for answer in good]
        if operation.get("deprecated") and not all(headers >= WARNING_HEADERS for headers in said):
            yield f"{name} is deprecated and does not declare Deprecation and Sunset"


def operations_of(document: dict[str, Any]) -> Operations:
    """Give the operations under /v1 by method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        if path.startswith("/v1/")
        for method, operation in methods.items()
    }


def _of_name(old: Part, new: Part) -> Iterator[str]:
    before, after = old.said["operationId"], new.said["operationId"]
    if before != after:
        yield f"is called {after} and was {before}: generated clients call it by name"


def _of_access(old: Part, new: Part) -> Iterator[str]:
    ways = new.said.get("security") or []
    if ways and not old.said.get("security"):
        yield "was open and needs a key"
    if ways:
        yield from (f"{way} does not let in any more" for way in old.said["security"] or []
                    if way not in ways)  # fmt: skip


def _of_parameters(old: Part, new: Part) -> Iterator[str]:
    before, after = _parameters(old), _parameters(new)
    yield from (f"the parameter {name} is gone" for name in before.keys() - after.keys())
    for name, parameter in after.items():
        is_needed = parameter.said.get("required", False)
        if is_needed and not (name in before and before[name].said.get("required", False)):
            yield f"the parameter {name} is required"
        if name in before:
            pair = (before[name].inner("schema"), parameter.inner("schema"))
            yield from misfits(*pair, f"the parameter {name}", REQUEST)


def _of_body(old: Part, new: Part) -> Iterator[str]:
    before, after = old.inner("requestBody"), new.inner("requestBody")
    if after.said.get("required") and not before.said.get("required"):
        yield "a body is required"
    known, taken = before.said.get("content", {}), after.said.get("content", {})
    for media_type in known:
        if media_type not in taken:
            yield f"{media_type} is not read any more"
            continue
        pair = (part.inner("content", media_type, "schema") for part in (before, after))
        yield from misfits(*pair, "the body", REQUEST)


def _of_answers(old: Part, new: Part) -> Iterator[str]:
    before, after = old.said["responses"], new.said["responses"]
    yield from (f"is not answered with {status} any more" for status in before.keys() - after)
    for status in after.keys() - before:
        if status < "4":
            yield f"can be answered with {status}, which callers do not know"
    for status in before.keys() & after:
        pair = (part.inner("responses", status) for part in (old, new))
        yield from (f"{line} ({status})" for line in _of_answer(*pair))


def _of_answer(old: Part, new: Part) -> Iterator[str]:
    lost = old.said.get("headers", {}).keys() - new.said.get("headers", {}).keys()
    yield from (f"the header {name} is gone" for name in lost)
    given = new.said.get("content", {})
    for media_type in old.said.get("content", {}):
        if media_type not in given:
            yield f"{media_type} is not given any more"
            continue
        pair = (part.inner("content", media_type, "schema") for part in (new, old))
        yield from misfits(*pair, "the answer", ANSWER)


def _parameters(operation: Part) -> dict[str, Part]:
    return {
        f"{one['name']} ({one['in']})": operation.beside(one)
        for one in operation.said.get("parameters", [])
    }


if __name__ == "__main__":
    files = [Path(word) for word in sys.argv[1:] if not word.startswith("--")]
    sys.exit(main(*files, record="--record" in sys.argv))
