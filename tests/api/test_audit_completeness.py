"""As many events as requests of callers who were known: none missing, none made up.

Random requests, well formed and not, allowed and not, alone and all at once; the same ones for the
same seed. Each carries a request id of its own, by which its one event is found again.
"""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.clinic.access import Role
from app.db.audit import audit_event
from app.use_cases.records import list_patients as listing
from tests.api.clinics import LEVEL, SOMEBODY
from tests.api.test_audit import verified

REQUESTS = 1500
SEED = 20260301
CALLERS = [(clinic, role) for clinic in ("North", "South") for role in Role]
UNKNOWN = [None, ("North", "expired")]
JSON = {"content-type": "application/json"}


class Requests:
    """A random stream of requests about a few patients, and what became of each."""

    def __init__(self, service, seed):
        self.service = service
        self.random = random.Random(seed)
        self.patients = [str(uuid4())]
        self.levels = [str(uuid4())]
        self.answered = {}
        self.identifiers = 0

    def send(self):
        """Send one request, and remember under its id what was answered and to whom."""
        by = self.random.choice(CALLERS * 4 + UNKNOWN)
        method, path, options = self.random.choice(KINDS)(self)
        request_id = uuid4().hex
        headers = options.pop("headers", {}) | {"x-request-id": request_id}
        answer = self.service.ask(method, path, by=by, headers=headers, **options)
        if by in CALLERS:
            self.answered[request_id] = (by[0], answer.status_code)
        else:
            assert answer.status_code in {401, 429}
        if answer.status_code == 201:
            one = answer.json()["id"]
            (self.levels if "/measurements" in path else self.patients).append(one)

    def patient(self):
        return f"/v1/patients/{self.random.choice(self.patients[-6:])}"

    def somebody(self):
        self.identifiers += self.random.randrange(2)  # every other one is taken
        return SOMEBODY | {"identifier": f"P-{self.identifiers}"}

    def tag(self):
        tag = self.random.choice(['"1"', '"2"', "*", "nonsense", None])
        return {"headers": {"if-match": tag}} if tag else {}


def _keep(to):
    key = {"idempotency-key": f"k-{to.random.randrange(40)}"} if to.random.randrange(2) else {}
    return "POST", "/v1/patients", {"json": to.somebody(), "headers": key}


KINDS = [
    _keep, _keep, _keep,
    lambda to: ("GET", "/v1/patients", {}),
    lambda to: ("GET", f"/v1/patients?{to.random.choice(['limit=x', 'cursor=x', 'limit=1'])}", {}),
    lambda to: ("GET", to.patient(), {}),
    lambda to: ("HEAD", to.patient(), {}),
    lambda to: ("GET", to.patient(), {"headers": {"if-none-match": "*"}}),
    lambda to: ("PUT", to.patient(), {"json": to.somebody()} | to.tag()),
    lambda to: ("PATCH", to.patient(), {"json": {"alsfrs_r": 40}} | to.tag()),
    lambda to: ("PATCH", to.patient(), {"json": {"alsfrs_r": 400}} | to.tag()),
    lambda to: ("DELETE", to.patient(), to.tag()),
    lambda to: ("GET", f"{to.patient()}/history", {}),
    lambda to: ("GET", f"{to.patient()}/export", {}),
    lambda to: ("GET", f"{to.patient()}/estimate", {}),
    lambda to: ("POST", f"{to.patient()}/erase", {}),
    lambda to: ("POST", f"{to.patient()}/measurements", {"json": LEVEL}),
    lambda to: ("POST", f"{to.patient()}/measurements", {"json": LEVEL | {"unit": "nmol/L"}}),
    lambda to: ("GET", f"{to.patient()}/measurements", {}),
    lambda to: ("GET", f"{to.patient()}/measurements/{to.random.choice(to.levels)}", {}),
    lambda to: ("POST", "/v1/patients", {"content": "{", "headers": JSON}),
    lambda to: ("POST", "/v1/patients", {"content": "x", "headers": {"content-type": "text/csv"}}),
    lambda to: ("GET", "/v1/audit?limit=1", {}),
    lambda to: ("GET", "/v1/audit/verify", {}),
]  # fmt: skip


@pytest.fixture
def events(tamper):
    """Read every event there is, of all clinics."""
    return lambda: tamper(select(audit_event))


def fails_sometimes(monkeypatch, every):
    """Let every so manieth list of patients fail in a way that nobody foresaw."""
    calls = []

    def broken(*_, **__):
        calls.append(1)
        if len(calls) % every == 0:
            raise ZeroDivisionError
        return real(*_, **__)

    real = listing.CursorSeal
    monkeypatch.setattr(listing, "CursorSeal", broken)


def assert_complete(answered, events):
    """Check that each answer has one event with its clinic's number and status, and no more."""
    told = Counter(row["request_id"] for row in events)
    missing, extra = set(answered) - set(told), set(told) - set(answered)
    assert (len(missing), len(extra)) == (0, 0)
    assert set(told.values()) == {1}
    assert {row["request_id"]: row["status"] for row in events} == {
        request_id: status for request_id, (_, status) in answered.items()
    }
    clinics = {}
    for row in events:
        clinics.setdefault(answered[row["request_id"]][0], set()).add(row["clinic_id"])
    assert [len(ids) for ids in clinics.values()] == [1, 1]
    for (clinic,) in clinics.values():
        numbers = sorted(row["sequence"] for row in events if row["clinic_id"] == clinic)
        assert numbers == [*range(1, len(numbers) + 1)]


def test_every_request_of_a_known_caller_has_its_one_event(service, events, monkeypatch):
    fails_sometimes(monkeypatch, every=5)
    requests = Requests(service, SEED)
    for _ in range(REQUESTS):
        requests.send()
    assert_complete(requests.answered, events())
    statuses = {status for _, status in requests.answered.values()}
    assert statuses >= {200, 201, 204, 304, 403, 404, 409, 412, 415, 422, 428, 500}
    assert len(requests.answered) > REQUESTS * 0.8
    for clinic in ("North", "South"):
        assert verified(service, by=(clinic, Role.ADMIN))["valid"]


def test_so_it_is_when_all_come_at_once(service, events):
    several = [Requests(service, SEED + number) for number in range(6)]

    def send_all(requests):
        for _ in range(60):
            requests.send()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(send_all, several))
    answered = {}
    for requests in several:
        answered |= requests.answered
    assert_complete(answered, events())
    assert {status for _, status in answered.values()} <= {
        200, 201, 204, 304, 403, 404, 409, 412, 415, 422, 428,
    }  # fmt: skip
