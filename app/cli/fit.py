"""`fit`: a model of a clinic's own patients, asked as over HTTP and answered on the terminal."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer
from pydantic import ValidationError

from app.api.json_route import judge_of
from app.cli.clinics import open_database, sealing_key, the_clinic
from app.errors import InvalidInput
from app.evidence.library import open_library
from app.schemas.cohort_models import CohortModelRequest
from app.schemas.estimates import DEFAULT_EVIDENCE
from app.schemas.strict_json import parse_json
from app.schemas.validation import faults_of
from app.settings import Settings, read_settings
from app.use_cases.audit.act_for_operator import take_turn
from app.use_cases.cohort.cohorts import Cohorts
from app.use_cases.cohort.fit_model import ModelQuestion, fit_model
from app.use_cases.cohort.model_question import model_question

SHOWN: Final = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
TERMINAL: Final = Path("-")


def fit(
    question: Annotated[
        Path,
        typer.Argument(
            help="JSON file with the body of POST /v1/cohort/models; - reads it from the terminal",
            dir_okay=False,
            allow_dash=True,
        ),
    ],
    clinic: Annotated[
        str | None, typer.Option(help="name of the clinic; the only one there is if unset")
    ] = None,
) -> None:
    """Fit a model to a clinic's own patients, and print every number of it. Nothing is kept."""
    asked = _read(sys.stdin.buffer.read() if question == TERMINAL else question.read_bytes())
    found = asyncio.run(_fit(asked, clinic, read_settings()))
    sys.stdout.buffer.write(orjson.dumps(found, option=SHOWN))


def _read(text: bytes) -> ModelQuestion:
    """Read the question as strictly as over HTTP. Raises InvalidInput with every fault."""
    try:
        return model_question(judge_of(CohortModelRequest).validate_python(parse_json(text)))
    except ValidationError as error:
        faults = faults_of(error, CohortModelRequest)
        told = " ".join(f"{fault.pointer}: {fault.detail}" for fault in faults)
        raise InvalidInput(faults, told) from None


async def _fit(asked: ModelQuestion, named: str | None, settings: Settings) -> dict[str, Any]:
    key = sealing_key(settings)
    strata = open_library().studies[DEFAULT_EVIDENCE].ranges_by_id
    async with open_database(settings) as engine:
        clinic_id = await the_clinic(engine, named)
        cohorts = Cohorts(
            engine,
            strata,
            settings.minimum_group,
            settings.cohort_cache_bytes,
            settings.fit_seconds,
        )
        try:
            found, version = await fit_model(asked, clinic_id, cohorts=cohorts)
        finally:
            cohorts.close()
        # Accounted for before anybody can read it.
        async with take_turn(engine, clinic_id, key) as turn:
            await turn.account("fit_cohort_model", count=found["n"], changes=False)
    return {"cohort_version": version} | found
