"""`conformance` names what a wrong mapping gets wrong, and passes a right one."""

import json
import threading
from contextlib import contextmanager
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from typer.testing import CliRunner

from app.cli.commands import command_line
from app.cli.conformance import KEY_VARIABLE
from app.integrations.conformance.heard import hear_fhir, hear_native
from app.integrations.conformance.score import judge
from app.integrations.conformance.vectors import read_vectors
from app.schemas.conformance import ConformanceResponse

VECTORS = read_vectors().document["vectors"]
NATIVE = [one for one in VECTORS if one["native"] is not None]


def as_it_is(body):
    """A mapping that is right."""


def number_without_its_unit(body):
    """A mapping that takes ng/mL and ug/L for pg/mL."""
    if body["pnfh"].get("unit") in {"ng/mL", "ug/L"}:
        body["pnfh"]["unit"] = "pg/mL"


def number_without_its_comparator(body):
    body["pnfh"].pop("comparator", None)


def specimen_not_looked_at(body):
    body["pnfh"].pop("specimen", None)


def unit_in_any_case(body):
    known = {"pg/ml": "pg/mL", "ng/ml": "ng/mL", "ng/l": "ng/L", "ug/l": "ug/L"}
    unit = body["pnfh"].get("unit")
    if unit is not None:
        body["pnfh"]["unit"] = known.get(unit.lower(), unit)


def text_made_a_number(body):
    value = body["pnfh"].get("value")
    if isinstance(value, str) and value.isdecimal():
        body["pnfh"]["value"] = float(value)


def rounded_to_one_decimal(body):
    value = body["pnfh"].get("value")
    if isinstance(value, float):
        body["pnfh"]["value"] = round(value, 1)


WRONG = {
    number_without_its_unit: {"ng-ml-1.5", "ug-l-1.5", "ng-ml-0.75", "less-0.75-ng-ml"},
    number_without_its_comparator: {"less-750", "less-800", "greater-3700", "at-least-3700"},
    specimen_not_looked_at: {"specimen-serum", "specimen-plasma"},
    unit_in_any_case: {"unit-small-ml", "unit-capitals", "unit-petagram"},
    text_made_a_number: {"value-text"},
    rounded_to_one_decimal: {"pg-ml-below-750", "pg-ml-above-3700", "ng-ml-0.75"},
}
"""A mapping -> some of the vectors that must find it."""


@contextmanager
def mapping(client, mistake, seen):
    """Run a system that maps what it is sent, wrongly, and asks the service."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            seen.append((self.path, self.headers))
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if "pnfh" in body:
                mistake(body)
            answer = client.post(self.path, json=deepcopy(body))
            self.send_response(answer.status_code)
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def score(client, mistake, *options, seen=None, **environment):
    with mapping(client, mistake, [] if seen is None else seen) as address:
        return CliRunner().invoke(
            command_line("conformance"), ["conformance", address, *options], env=environment
        )


def test_a_right_mapping_has_every_point(client):
    result = score(client, as_it_is)
    assert result.exit_code == 0
    assert result.output == f"vectors 1: {len(NATIVE)}/{len(NATIVE)}\n"


@pytest.mark.parametrize("mistake", WRONG, ids=lambda mistake: mistake.__name__)
def test_a_wrong_mapping_is_caught_and_named(client, mistake):
    result = score(client, mistake, "--json")
    assert result.exit_code == 1
    report = json.loads(result.output)
    failed = {one["id"] for one in report["failures"]}
    assert WRONG[mistake] <= failed
    assert report["passed"] == report["total"] - len(failed) > 0
    assert all(one["catches"] and one["differences"] for one in report["failures"])


def test_a_line_says_what_was_expected_and_what_came(client):
    result = score(client, number_without_its_unit)
    line = next(line for line in result.output.splitlines() if line.startswith("ng-ml-7: stratum"))
    assert line == (
        'ng-ml-7: stratum "high" expected, got "very_low" '
        "(it catches a factor that is applied twice or not at all)"
    )
    assert result.output.splitlines()[-1].startswith("vectors 1: ")


def nonsense(body):
    body.clear()
    body["pnfh"] = []


def test_a_system_that_understands_nothing_still_gets_its_score(client):
    result = score(client, nonsense, "--json")
    untouched = [one for one in NATIVE if "pnfh" not in one["native"]]
    assert json.loads(result.output)["passed"] == len(untouched) == 1
    assert result.exit_code == 1


def test_a_key_comes_from_a_file_or_the_environment_and_is_never_printed(client, tmp_path):
    file = tmp_path / "key"
    file.write_text("nst_from_file\n")
    seen = []
    results = [
        score(client, as_it_is, seen=seen),
        score(client, as_it_is, seen=seen, **{KEY_VARIABLE: "nst_from_environment"}),
        score(client, as_it_is, "--key-file", str(file), seen=seen),
    ]
    sent = [headers["authorization"] for _, headers in seen[:: len(NATIVE)]]
    assert sent == [None, "Bearer nst_from_environment", "Bearer nst_from_file"]
    assert not any("nst_" in result.output for result in results)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "nowhere", "ftp://x"])
def test_a_system_that_is_not_there_is_one_line(address, monkeypatch):
    monkeypatch.setattr("app.client.clients.time.sleep", lambda _: None)
    result = CliRunner().invoke(command_line("conformance"), ["conformance", address])
    assert result.exit_code == 1
    assert "could not be played" in str(result.exception)


def test_the_fhir_dialect_is_played_at_the_operation(client):
    seen = []
    result = score(client, as_it_is, "--dialect", "fhir", "--json", seen=seen)
    assert json.loads(result.output)["total"] == len(VECTORS)
    assert {path for path, _ in seen} == {"/fhir/$pnfh-survival"}
    assert {headers["content-type"] for _, headers in seen} == {"application/fhir+json"}


@pytest.mark.parametrize("hear", [hear_native, hear_fhir])
@pytest.mark.parametrize(
    "content", [b"<html>", b"", b"[]", b'{"extension": 1}', b'{"errors": {}}', b"[" * 100_000]
)
@pytest.mark.parametrize("status", [200, 422])
def test_an_answer_in_another_language_is_wrong_and_no_more(hear, content, status):
    for vector in ConformanceResponse.model_validate(read_vectors().document).vectors:
        assert not judge(vector, hear(status, content), "fhir").is_right
