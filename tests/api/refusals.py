"""What every refusal is: a problem document that says what would help and repeats nothing."""

from app.api.problems import KINDS
from app.schemas.problems import Problem

BODY = {"content-type": "application/json"}


def assert_problem(answer, slug):
    """Check every member of a problem document; give its faults by pointer."""
    kind = KINDS[slug]
    assert (answer.status_code, answer.headers["content-type"]) == (
        kind.status,
        "application/problem+json",
    ), answer.text[:500]
    told = Problem.model_validate_json(answer.content, strict=True)
    assert (told.type, told.title, told.status) == (f"/problems/{slug}", kind.title, kind.status)
    assert told.request_id == answer.headers["x-request-id"]
    assert told.detail
    assert answer.headers["cache-control"] == "no-store"
    faults = {fault.pointer: fault for fault in told.errors}
    assert len(faults) == len(told.errors), "one fault for each place"
    return faults


def codes(answer, slug="validation-error"):
    """The pointer and code of every fault of a refusal."""
    return {pointer: fault.code for pointer, fault in assert_problem(answer, slug).items()}


def post(client, body, path="/v1/estimates", **headers):
    """Send bytes as a JSON body."""
    return client.post(path, content=body, headers=BODY | headers)
