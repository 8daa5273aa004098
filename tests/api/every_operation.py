"""Every operation of the OpenAPI document, asked about records of one clinic or another.

A new route is asked like all others. One with a kind of id that is not known here, or without an
example of its body, makes the tests fail until it can be asked.
"""

import json
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlencode
from uuid import uuid4

from app.api.fhir.fhir_examples import PATIENT
from tests.api.clinics import LEVEL
from tests.api.cohort_of_clinic import enrol, fit
from tests.fitted import some_patients

NEVER_THE_SAME = {"x-request-id", "traceparent", "date", "server-timing"}
_numbers = count(1)


@dataclass(frozen=True)
class Operation:
    """One method of one path: its name is what an audit event says."""

    name: str
    method: str
    path: str
    needs_key: bool
    ids: tuple
    media_type: str | None
    body: object
    body_ids: tuple
    asks: bool
    """Whether it is about the version that somebody has seen."""

    def __str__(self):
        return f"{self.method} {self.path}"


def operations(app):
    """Read every operation from the document."""
    document = app.openapi()
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            parameters = [(p["in"], p["name"]) for p in told.get("parameters", [])]
            media_type, body, body_ids = _body(document, told)
            yield Operation(
                told["operationId"],
                method.upper(),
                path,
                bool(told.get("security")),
                tuple(name for place, name in parameters if place == "path"),
                media_type,
                body,
                body_ids,
                ("header", "If-Match") in parameters,
            )


def _body(document, told):
    content = told.get("requestBody", {}).get("content", {})
    if not content:
        return None, None, ()
    media_type, declared = next(iter(content.items()))
    shown = declared.get("example", None)
    if shown is None and "examples" in declared:
        shown = next(iter(declared["examples"].values()))["value"]
    name = declared.get("schema", {}).get("$ref", "").rpartition("/")[2]
    known = document["components"]["schemas"].get(name, {}).get("properties", {})
    return media_type, shown, tuple(member for member in known if member.endswith("_id"))


def send(service, operation, ids, *, by, members=None):
    """Ask an operation about these ids, with the body of its own example."""
    headers = {"if-match": "*"} if operation.asks else {}
    content = b""
    if operation.media_type:
        headers["content-type"] = operation.media_type
        body = operation.body
        if isinstance(body, dict) and operation.media_type.endswith("form-urlencoded"):
            body = urlencode(body)
        elif isinstance(body, dict):
            own = {"identifier": f"E-{next(_numbers)}"} if "identifier" in body else {}
            if "resourceType" in body:
                own, body = {}, _of_their_own(body, ids)
            body = json.dumps(body | own | (members or {}))
        content = body.encode()
    path = operation.path.format_map(ids)
    return service.ask(operation.method, path, by=by, headers=headers, content=content)


def _of_their_own(resource, ids):
    """A resource as it is in the examples, with a pseudonym of its own and these ids."""
    named = json.dumps(resource).replace("SITE-0042", f"E-{next(_numbers)}")
    return json.loads(named.replace(PATIENT["id"], ids.get("patient_id", PATIENT["id"])))


def records(service, clinic):
    """Keep one record of each kind in a clinic; give their ids by the names that paths use."""
    by = (clinic, "editor")
    kept = service.keep(by=by, identifier=f"P-{next(_numbers)}", arm="il2ld")
    place = f"/v1/patients/{kept['id']}"
    level = service.measure(kept, by=by, **LEVEL)
    estimate = service.ask("POST", f"{place}/estimates", by=by, json={"detail": "group"}).json()
    file = f"identifier\nI-{next(_numbers)}\n"
    headers = {"content-type": "text/csv"}
    run = service.ask("POST", "/v1/imports", by=by, content=file, headers=headers).json()
    enrol(service, some_patients(120), by=by, arms=("placebo", "il2ld"))
    model = {"terms": [{"variable": "arm", "reference": "placebo"}]}
    return {
        "patient_id": kept["id"], "measurement_id": level["id"], "import_id": run["id"],
        "estimate_id": estimate["id"], "model_id": fit(service, model, by=by),
    }  # fmt: skip


def faults_between_clinics(service, asked):
    """Say where another clinic's record is not answered just like one that never was."""
    ours, theirs = records(service, "North"), records(service, "South")
    nobodys = {name: str(uuid4()) for name in ours}
    before, faults = _seen(service, asked, theirs), {}
    for operation in asked:
        for names in _choices(operation.ids):
            heard = [
                _bare(
                    send(service, operation, ours | _only(ids, names), by=("North", "admin")), ids
                )
                for ids in (theirs, nobodys)
            ]
            if heard[0] != heard[1] or heard[0][0] != 404:
                faults[operation.name, names] = [status for status, *_ in heard]
        for member in operation.body_ids:
            heard = []
            for ids in (theirs, nobodys):
                answer = send(
                    service, operation, ours, by=("North", "admin"), members={member: ids[member]}
                )
                heard.append(_bare(answer, ids))
            if heard[0] != heard[1] or not 400 <= heard[0][0] < 500:
                faults[operation.name, member] = [status for status, *_ in heard]
    if _seen(service, asked, theirs) != before:
        faults["their records"] = "were changed"
    return faults


def _choices(names):
    """Each id alone is the other's, and all of them together."""
    return {(name,) for name in names} | ({tuple(names)} if names else set())


def _only(ids, names):
    return {name: ids[name] for name in names}


def _bare(answer, ids):
    """Strip an answer of what names the request itself: its id, and the ids that were sent."""
    content = answer.content
    for text in (answer.headers["x-request-id"], *ids.values()):
        content = content.replace(text.encode(), b"-")
    headers = [pair for pair in answer.headers.multi_items() if pair[0] not in NEVER_THE_SAME]
    return answer.status_code, content, headers


def _seen(service, asked, ids):
    """Read what a clinic has under these ids, by all that reads one record."""
    reading = [each for each in asked if each.method == "GET" and each.ids]
    answers = {each.name: send(service, each, ids, by=("South", "admin")) for each in reading}
    # An export tells of accesses too, which are more each time.
    return {
        name: {k: v for k, v in answer.json().items() if k != "accesses"}
        for name, answer in answers.items()
        if answer.status_code == 200
    }
