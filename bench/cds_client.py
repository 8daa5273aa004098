"""Asks one question after another on one connection, and notes how long each answer took.

`python -m bench.cds_client PORT COUNT WHAT [KEY]`, then the word on its input. WHAT is `native`
(`POST /v1/estimates` as it is asked without further wishes), `summary` (the same in the detail that
a card is made of), `keyed` (a CDS Hooks call with an API key) or `signed` (one with a JWT of
its own each time; KEY is then the file of the client's private key).
"""

from __future__ import annotations

import json
import socket
import sys
import time
from pathlib import Path
from secrets import token_hex
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey

from bench.client import wait_for_the_word

WARM_UP = 50
CALL = "/cds-services/als-il2-pnfh"
ISSUER = "https://ehr.bench.example"
GOLDEN = 0.6180339887498949


def level(position: int) -> str:
    """Steps through 300 to 9000 pg/mL on a logarithmic scale: all three strata, never twice."""
    return f"{300 * 30 ** (position * GOLDEN % 1):.4f}"


def native(position: int) -> tuple[str, str]:
    """The same question in JSON of our own, with the same facts."""
    pnfh = f'{{"value":{level(position)},"unit":"pg/mL","collected_at":"2026-11-20"}}'
    return "/v1/estimates", f'{{"pnfh":{pnfh},"patient":{{"age":62}}}}'


def summary(position: int) -> tuple[str, str]:
    """The same, without the arrays of the curves: what a card is made of."""
    path, body = native(position)
    return path, f'{body[:-1]},"detail":"summary"}}'


def call(position: int) -> tuple[str, str]:
    """A call as an EHR writes it: the Patient, and two results of which the latest is used."""
    patient = {"resourceType": "Patient", "id": "P-1", "birthDate": "1964-05-17", "active": True}
    entries = [
        {"fullUrl": f"{ISSUER}/fhir/Observation/{day}", "resource": result(position, day)}
        for day in ("2026-11-20", "2026-03-01")
    ]
    body = {
        "hook": "patient-view",
        "hookInstance": str(uuid4()),
        "context": {"userId": "Practitioner/1", "patientId": "P-1"},
        "prefetch": {
            "patient": patient,
            "pnfh": {"resourceType": "Bundle", "type": "searchset", "entry": entries},
        },
    }
    return CALL, json.dumps(body)


def result(position: int, day: str) -> dict[str, object]:
    """One result."""
    quantity = {"value": float(level(position)), "unit": "pg/mL", "code": "pg/mL"}
    return {
        "resourceType": "Observation",
        "id": day,
        "status": "final",
        "code": {"coding": [{"system": "urn:neurostrata:biomarker", "code": "pnfh-csf"}]},
        "subject": {"reference": "Patient/P-1"},
        "effectiveDateTime": day,
        "valueQuantity": quantity | {"system": "http://unitsofmeasure.org"},
    }


def signed(port: int, key: ECKey) -> str:
    """A JWT for one call."""
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": f"http://127.0.0.1:{port}{CALL}", "jti": token_hex(16)}
    header = {"alg": "ES384", "typ": "JWT", "kid": "bench"}
    return jwt.encode(header, claims | {"iat": now, "exp": now + 280}, key, algorithms=["ES384"])


def requests(port: int, count: int, what: str, key: str) -> list[bytes]:
    """All that will be sent, made beforehand."""
    private = ECKey.import_key(json.loads(Path(key).read_text())) if what == "signed" else None
    made = []
    for position in range(count):
        path, body = {"native": native, "summary": summary}.get(what, call)(position)
        credential = signed(port, private) if private else key
        proof = f"authorization: Bearer {credential}\r\n" if credential else ""
        head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{proof}"
        head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        made.append((head + body).encode())
    return made


def ask(wire: socket.socket, request: bytes) -> None:
    """Send one, and read the whole answer. Raises RuntimeError if it is refused."""
    wire.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += wire.recv(65_536)
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"refused: {answer[:300]!r}")
    lines = head.lower().split(b"\r\n")
    length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
    missing = length - len(body)
    while missing > 0:
        missing -= len(wire.recv(65_536))


def main(port: int, count: int, what: str, key: str = "") -> None:
    """Ask, and print the delays in seconds as JSON."""
    made = requests(port, count + WARM_UP, what, key)
    wire = socket.create_connection(("127.0.0.1", port), timeout=30)
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for request in made[:WARM_UP]:
        ask(wire, request)
    wait_for_the_word()
    delays = []
    for request in made[WARM_UP:]:
        started = time.perf_counter()
        ask(wire, request)
        delays.append(time.perf_counter() - started)
    print(json.dumps({"delays": delays}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], *sys.argv[4:])
