"""A simulated EHR: a small FHIR server, and a CDS client that opens a patient's record.

Tests run it in a thread. A reader can run it from the terminal, beside a running service:

    python tests/services/simulated_ehr.py --service http://127.0.0.1:8000 --key nst_…

It discovers the service, calls it for a patient, shows the card and tells that it was set aside;
every message that crosses the wire is printed. With `--sign` it proves itself by its signature
instead of a key, and with `--no-prefetch` the service has to ask the EHR for the results.
"""

# ruff: noqa: T201  (a terminal is where it answers)

import argparse
import json
import re
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from uuid import NAMESPACE_URL, uuid4, uuid5

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

SYSTEM, CODE = "urn:neurostrata:biomarker", "pnfh-csf"
UCUM = "http://unitsofmeasure.org"
ACCESS_TOKEN = "a-token-for-this-call"
SERVICE = "als-il2-pnfh"
TOLD_HEADERS = ("authorization", "content-type", "origin")


def a_patient(patient_id, born):
    """Write a Patient as an EHR holds one."""
    return {
        "resourceType": "Patient", "id": patient_id, "active": True, "birthDate": born,
        "name": [{"family": "Example", "given": ["Pat"]}],
    }  # fmt: skip


def a_result(patient_id, value, on, *, unit="pg/mL", status="final", **others):
    """Write a CSF pNFH result."""
    return {
        "resourceType": "Observation",
        "id": str(uuid5(NAMESPACE_URL, f"{patient_id} {value} {on} {status}")),
        "status": status,
        "code": {"coding": [{"system": SYSTEM, "code": CODE}], "text": "pNFH in CSF"},
        "subject": {"reference": f"Patient/{patient_id}"},
        "effectiveDateTime": on,
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
    } | others


PATIENTS = {one["id"]: one for one in (a_patient("P-1", "1964-05-17"), a_patient("P-2", "1958"))}
RESULTS = {
    "P-1": [
        a_result("P-1", 2100, "2026-03-02"),
        a_result("P-1", 1500, "2026-11-20T08:30:00+01:00"),
        a_result("P-1", 1480, "2026-11-27", status="preliminary"),
    ],
    "P-2": [],
}


class SimulatedEhr:
    """An EHR with two patients. `behave` replaces what an address answers, for hostile tests."""

    def __init__(self, port=0, page_size=10):
        self.patients, self.results = dict(PATIENTS), {k: list(v) for k, v in RESULTS.items()}
        self.page_size = page_size
        self.sorts = True
        self.token = ACCESS_TOKEN
        self.behaviours = {}
        self.asked = []
        self.key = ECKey.generate_key("P-384")
        self.server = ThreadingHTTPServer(("127.0.0.1", port), _handler_for(self))
        self.server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.base = f"{self.issuer}/fhir"
        self.keys_url = f"{self.issuer}/jwks.json"

    def behave(self, path, behaviour):
        """Let a function of the handler answer this path."""
        self.behaviours[path] = behaviour

    # What a CDS client writes

    def signed(self, address, **changes):
        """Sign a JWT for one call of an address (ES384, five minutes at most)."""
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": address, "iat": now, "exp": now + 240, "jti": str(uuid4()),
        }  # fmt: skip
        header = {"alg": "ES384", "typ": "JWT", "kid": "ehr-1", "jku": self.keys_url}
        return jwt.encode(header, claims | changes, self.key, algorithms=["ES384"])

    def key_set(self):
        """Publish the public key."""
        return {"keys": [self.key.as_dict(private=False) | {"kid": "ehr-1", "use": "sig"}]}

    def access(self):
        """Give the service leave to ask for more, for this call."""
        return {
            "fhirServer": self.base,
            "fhirAuthorization": {
                "access_token": self.token, "token_type": "Bearer", "expires_in": 300,
                "scope": "user/Patient.read user/Observation.read", "subject": SERVICE,
            },
        }  # fmt: skip

    def call(self, patient_id, templates=None, **others):
        """Write the call for a patient; with `templates` of a discovery, prefetched."""
        context = {"userId": "Practitioner/doctor-1", "patientId": patient_id}
        call = {
            "hook": "patient-view",
            "hookInstance": str(uuid5(NAMESPACE_URL, f"{patient_id} is viewed")),
            "context": context,
        } | self.access()
        if templates is not None:
            call["prefetch"] = {
                key: self.prefetch(template, patient_id) for key, template in templates.items()
            }
        return call | others

    def prefetch(self, template, patient_id):
        """Carry out a prefetch template as the EHR itself would."""
        address = template.replace("{{context.patientId}}", patient_id)
        _, resource = self.read(f"/fhir/{address}")
        return resource if resource["resourceType"] != "OperationOutcome" else None

    # What the FHIR server answers

    def read(self, address):
        """Give the status and the resource at an address."""
        parts = urlsplit(address)
        kind, _, patient_id = parts.path.removeprefix("/fhir/").partition("/")
        if kind == "Patient" and patient_id in self.patients:
            return 200, self.patients[patient_id]
        if kind == "Observation" and not patient_id:
            return 200, self._search(parse_qs(parts.query))
        return 404, an_outcome("not-found")

    def _search(self, query):
        patient_id, codes = query["patient"][0], query.get("code", [""])[0].split(",")
        found = [
            one for one in self.results.get(patient_id, [])
            if any("|".join((c["system"], c["code"])) in codes for c in one["code"]["coding"])
        ]  # fmt: skip
        if self.sorts and query.get("_sort") == ["-date"]:
            found.sort(key=lambda one: one["effectiveDateTime"], reverse=True)
        size = min(self.page_size, int(query.get("_count", ["50"])[0]))
        start = int(query.get("page", ["1"])[0]) * size - size
        used = {name: values[0] for name, values in query.items() if name != "_sort" or self.sorts}
        links = [("self", used)]
        if start + size < len(found):
            links.append(("next", used | {"page": start // size + 2}))
        return {
            "resourceType": "Bundle", "type": "searchset", "total": len(found),
            "link": [
                {"relation": name, "url": f"{self.base}/Observation?{urlencode(values)}"}
                for name, values in links
            ],
            "entry": [
                {
                    "fullUrl": f"{self.base}/Observation/{one['id']}", "resource": one,
                    "search": {"mode": "match"},
                }
                for one in found[start : start + size]
            ],
        }  # fmt: skip


def an_outcome(code):
    """Write an OperationOutcome."""
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}


def answer(handler, body, status=200, **headers):
    """Answer with a document or with bytes."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    told = {"content-type": "application/fhir+json", "content-length": str(len(body))}
    for name, value in (told | headers).items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def _handler_for(ehr):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            ehr.asked.append(self.path)
            try:
                ehr.behaviours.get(urlsplit(self.path).path, Handler.behave_well)(self)
            except OSError:
                self.close_connection = True  # the service hung up

        def behave_well(self):
            if self.path == "/jwks.json":
                answer(self, ehr.key_set(), content_type="application/json")
            elif self.headers["authorization"] != f"Bearer {ehr.token}":
                answer(self, an_outcome("login"), 401)
            else:
                status, resource = ehr.read(self.path)
                answer(self, resource, status)

        def log_message(self, *_):
            pass

    return Handler


@contextmanager
def running(port=0, **options):
    """Run an EHR in a thread."""
    ehr = SimulatedEhr(port, **options)
    thread = threading.Thread(target=ehr.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield ehr
    finally:
        ehr.server.shutdown()
        ehr.server.server_close()
        thread.join()


# The same from a terminal


class Wire:
    """Talks with the service, and prints what is said."""

    def __init__(self, service, ehr, key):
        self.service, self.ehr, self.key = service.rstrip("/"), ehr, key

    def ask(self, method, path, body=None):
        """Send a request, print both sides of it, and give the answer's document."""
        address = f"{self.service}{path}"
        headers = {}
        if body is not None:
            credential = self.key or self.ehr.signed(address)
            headers = {
                "authorization": f"Bearer {credential}",
                "content-type": "application/json",
            }
        self._tell(f"> {method} {path}", headers, body)
        seen = len(self.ehr.asked)
        answered = httpx.request(method, address, headers=headers, json=body, timeout=30)
        # The keys first; the records are asked for at the same time, and arrive in any order.
        asked_now = sorted(self.ehr.asked[seen:], key=lambda path: (path.startswith("/fhir"), path))
        for asked in asked_now:
            print(f"  the service asks the EHR: GET {asked}\n")
        document = json.loads(answered.content) if answered.content else None
        told = {"content-type": answered.headers.get("content-type", "")}
        self._tell(f"< {answered.status_code}", told, document)
        return document

    @staticmethod
    def _tell(first, headers, body):
        print(first)
        for name in TOLD_HEADERS:
            if name in headers:
                print(f"  {name}: {_masked(headers[name])}")
        if body is not None:
            print(json.dumps(body, indent=2, ensure_ascii=False))
        print()


def _masked(value):
    """Write a header without what it proves."""
    value = re.sub(r"nst_\S+", "nst_…", value)
    return re.sub(r"eyJ\S+", "eyJ… (signed with ES384)", value)


def visit(wire, patient_id, *, prefetches):
    """Open a patient's record: discovery, call, card, feedback."""
    service = wire.ask("GET", "/cds-services")["services"][0]
    place = f"/cds-services/{quote(service['id'])}"
    call = wire.ehr.call(patient_id, service["prefetch"] if prefetches else None)
    given = wire.ask("POST", place, call)
    for card in (given or {}).get("cards", []):
        reason = {name: card["overrideReasons"][1][name] for name in ("system", "code")}
        told = {
            "card": card["uuid"],
            "outcome": "overridden",
            "overrideReason": {"reason": reason},
            "outcomeTimestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        }
        wire.ask("POST", f"{place}/feedback", {"feedback": [told]})


def main():
    """Run the EHR and let it open a record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--service", default="http://127.0.0.1:8000", help="address of the service")
    parser.add_argument("--key", help="an API key of the clinic")
    parser.add_argument("--sign", action="store_true", help="sign the calls instead of a key")
    parser.add_argument("--port", type=int, default=0, help="port of the EHR; any if left out")
    parser.add_argument("--patient", default="P-1", choices=PATIENTS, help="whose record is opened")
    parser.add_argument("--no-prefetch", action="store_true", help="let the service ask")
    wished = parser.parse_args()
    if bool(wished.key) is wished.sign:
        parser.error("give a --key, or --sign")
    with running(wished.port) as ehr:
        wire = Wire(wished.service, ehr, wished.key)
        visit(wire, wished.patient, prefetches=not wished.no_prefetch)


if __name__ == "__main__":
    main()
