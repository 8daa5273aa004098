"""`conformance`: play the test vectors against a system, and score how it maps what it is sent."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer

from app.client.call import Answer, Call
from app.client.clients import Client
from app.client.errors import ClientError
from app.client.writing import write_json
from app.errors import ConfigurationFault, Unavailable
from app.integrations.conformance.heard import Heard, hear_fhir, hear_native
from app.integrations.conformance.score import Verdict, is_told_in, judge
from app.integrations.conformance.vectors import read_vectors
from app.schemas.conformance import ConformanceResponse, Dialect, DialectDoor, VectorResponse

KEY_VARIABLE: Final = "NEUROSTRATA_CONFORMANCE_KEY"
HEARING: Final[Mapping[Dialect, Callable[[int, bytes], Heard]]] = {
    "native": hear_native,
    "fhir": hear_fhir,
}


def conformance(
    url: Annotated[str, typer.Argument(help="address of the system, or of a mapping before ours")],
    dialect: Annotated[
        Dialect, typer.Option(help="POST /v1/estimates, or POST /fhir/$pnfh-survival")
    ] = "native",
    key_file: Annotated[
        Path | None,
        typer.Option(
            help=f"file with a key, which FHIR needs; else ${KEY_VARIABLE}. A key in the command "
            "line could be read by others",
            dir_okay=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the score as JSON")] = False,
) -> None:
    """Play every test vector, and exit 1 if any of them comes out wrong."""
    vectors = ConformanceResponse.model_validate(read_vectors().document)
    asked = [one for one in vectors.vectors if is_told_in(one, dialect)]
    try:
        with Client(url, _key(key_file)) as client:
            door = vectors.dialects.of(dialect)
            verdicts = [_play(one, dialect, door, client) for one in asked]
    except ClientError as error:
        raise Unavailable(f"The vectors could not be played: {error}") from None
    print(_as_json(vectors, dialect, verdicts) if as_json else _as_text(vectors, verdicts))
    if not all(verdict.is_right for verdict in verdicts):
        raise typer.Exit(1)


def _key(file: Path | None) -> str | None:
    key = file.read_text(encoding="utf-8") if file else os.environ.get(KEY_VARIABLE, "")
    if file and not key.strip():
        raise ConfigurationFault(f"There is no key in {file}.")
    return key.strip() or None


def _play(vector: VectorResponse, dialect: Dialect, door: DialectDoor, client: Client) -> Verdict:
    return judge(vector, client.send(_call(vector, dialect, door)), dialect)


def _call(vector: VectorResponse, dialect: Dialect, door: DialectDoor) -> Call[Heard]:
    body = vector.native if dialect == "native" else vector.fhir
    hear = HEARING[dialect]

    def read(answer: Answer) -> Heard:
        return hear(answer.status, answer.content)

    headers = {"content-type": door.media_type, "accept": door.media_type}
    sent = write_json(body)
    return Call(door.method, door.path, read, headers=headers, body=sent, hears_refusals=True)


def _as_text(vectors: ConformanceResponse, verdicts: list[Verdict]) -> str:
    lines = [line for verdict in verdicts for line in _lines(verdict)]
    right = sum(verdict.is_right for verdict in verdicts)
    return "\n".join([*lines, f"vectors {vectors.version}: {right}/{len(verdicts)}"])


def _lines(verdict: Verdict) -> list[str]:
    """One line for each difference: which case, what was expected, what came."""
    vector = verdict.vector
    return [
        f"{vector.id}: {one.what} {_shown(one.expected)} expected, got {_shown(one.got)} "
        f"(it catches {vector.catches})"
        for one in verdict.differences
    ]


def _shown(value: Any) -> str:
    return orjson.dumps(value).decode()


def _as_json(vectors: ConformanceResponse, dialect: Dialect, verdicts: list[Verdict]) -> str:
    report = {
        "version": vectors.version,
        "digest": vectors.digest,
        "dialect": dialect,
        "total": len(verdicts),
        "passed": sum(verdict.is_right for verdict in verdicts),
        "failures": [
            {
                "id": verdict.vector.id,
                "title": verdict.vector.title,
                "catches": verdict.vector.catches,
                "differences": verdict.differences,
            }
            for verdict in verdicts
            if not verdict.is_right
        ],
    }
    return orjson.dumps(report, option=orjson.OPT_INDENT_2).decode()
