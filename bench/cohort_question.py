"""Questions about a cohort over HTTP, and what each cost the server."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.transfer import Watch

if TYPE_CHECKING:
    from bench.server import Server

PATIENCE = 600
CURVES = {"group_by": ["arm", "stratum"], "times": [180, 365, 540, 640]}
MODEL = {
    "terms": [
        {"variable": "arm", "reference": "placebo"},
        {"variable": "pnfh", "transform": "log"},
        {"variable": "x_age"},
    ],
    "interactions": [["arm", "pnfh"]],
}


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, and what it took: seconds, the server's processor time, its memory in bytes."""

    body: bytes
    seconds: float
    cpu_seconds: float
    growth: int
    most: int

    def document(self) -> dict[str, Any]:
        """The answer as JSON."""
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks one server with one key."""

    server: Server
    key: str

    def curves(self, accept: str = "application/json", **more: Any) -> Answered:
        """Ask for survival by arm and stratum."""
        return self._watched("/v1/cohort/survival", CURVES | more, {"accept": accept})

    def model(self, **more: Any) -> Answered:
        """Ask for the model, and wait until it is fitted."""
        answer = self._watched("/v1/cohort/models", MODEL | more, {"prefer": "wait=300"})
        if answer.document()["status"] != "done":
            raise RuntimeError("the fit was not done in time")
        return answer

    def change_a_patient(self, svc_percent: int) -> None:
        """Change one fact of one patient that no question asks for."""
        page = json.loads(self._ask("GET", "/v1/patients?limit=1", None, {}))
        place = f"/v1/patients/{page['items'][0]['id']}"
        self._ask("PATCH", place, {"svc_percent": svc_percent}, {"if-match": "*"})

    def _watched(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> Answered:
        with Watch(self.server) as watch:
            told = self._ask("POST", path, body, headers)
        seen = watch.seen()
        return Answered(told, seen.seconds, seen.cpu_seconds, seen.growth, watch.most)

    def _ask(
        self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]
    ) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
        sent = headers | {"authorization": f"Bearer {self.key}"}
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, sent | {"content-type": "application/json"})
        answer = connection.getresponse()
        told = answer.read()
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{path} was refused: {answer.status} {told[:300]!r}")
        return told
