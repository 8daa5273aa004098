"""Problems as OperationOutcomes: one issue for each fault, at the element by its FHIRPath."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

PROBLEMS: Final = "urn:neurostrata:problem"
"""System of the codes in an issue's details: the slugs and fault codes of the native problems."""

ISSUE_TYPES: Final = {
    "validation-error": "invalid",
    "unit-not-supported": "value",
    "specimen-not-applicable": "business-rule",
    "biomarker-not-supported": "not-supported",
    "biomarker-out-of-range": "value",
    "outside-the-model": "business-rule",
    "unauthorized": "login",
    "forbidden": "forbidden",
    "not-found": "not-found",
    "method-not-allowed": "not-supported",
    "not-acceptable": "not-supported",
    "timeout": "timeout",
    "conflict": "conflict",
    "precondition-failed": "conflict",
    "too-large": "too-costly",
    "unsupported-media-type": "not-supported",
    "idempotency-mismatch": "business-rule",
    "precondition-required": "required",
    "rate-limited": "throttled",
    "fit-refused": "processing",
    "internal-error": "exception",
    "unavailable": "transient",
}
"""Slug of a problem -> code of http://hl7.org/fhir/issue-type."""

FAULT_TYPES: Final = {
    "missing": "required",
    "unknown_field": "structure",
    "not_json": "structure",
    "too_deep": "structure",
    "repeated_member": "structure",
    "unknown_element": "structure",
    "wrong_type": "structure",
    "not_an_object": "structure",
    "circular_reference": "structure",
    "unknown_resource": "not-supported",
    "unknown_parameter": "not-supported",
    "not_supported": "not-supported",
    "not_understood": "extension",
    "unknown_reference": "not-found",
    "another_patient": "business-rule",
    "identifier_taken": "duplicate",
    "not_fetched": "incomplete",
}
"""Code of a fault -> the same, where it says more than the problem's slug."""

_INDEX: Final = re.compile(r"/(\d+)(?=/|$)")


def operation_outcome(problem: Mapping[str, Any], root: str = "") -> dict[str, Any]:
    """Say a problem as an OperationOutcome; `root` is the resource that its pointers start from."""
    slug = str(problem["type"]).rpartition("/")[2]
    faults: Sequence[Mapping[str, Any]] = problem.get("errors") or ()
    issues = [
        _issue(slug, one["code"], one["detail"], path_of(one["pointer"], root)) for one in faults
    ]
    return outcome(issues or [_issue(slug, slug, str(problem["detail"]), "")])


def outcome(issues: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """An OperationOutcome of these issues, of which there must be one."""
    return {"resourceType": "OperationOutcome", "issue": list(issues)}


def remark(code: str, detail: str, path: str) -> dict[str, Any]:
    """An issue that tells of no fault, but of what was done."""
    return _shown("information", "informational", code, detail, path)


def path_of(pointer: str, root: str = "") -> str:
    """A JSON Pointer as the FHIRPath of the same element."""
    dotted = _INDEX.sub(r"[\1]", pointer).replace("/", ".").replace("~1", "/").replace("~0", "~")
    return f"{root}{dotted}" if root else dotted.removeprefix(".")


def _issue(slug: str, code: str, detail: str, path: str) -> dict[str, Any]:
    kind = FAULT_TYPES.get(code, ISSUE_TYPES[slug])
    return _shown("fatal" if slug == "internal-error" else "error", kind, code, detail, path)


def _shown(severity: str, kind: str, code: str, detail: str, path: str) -> dict[str, Any]:
    issue: dict[str, Any] = {
        "severity": severity,
        "code": kind,
        "details": {"coding": [{"system": PROBLEMS, "code": code}]},
        "diagnostics": detail,
    }
    return issue | ({"expression": [path]} if path else {})
