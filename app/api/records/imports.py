"""`/v1/imports`: many patients and their levels from a file."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from app.api.problems import problem_responses
from app.api.records.import_body import stage_body
from app.api.records.record_route import RecordRoute
from app.api.records.reply import CREATED, READ, IfNoneMatch, answer_created, answer_read
from app.clinic.access import Role
from app.clinic.import_run import ImportRun, Mode, OnDuplicate
from app.clinic.version_tag import etag_of
from app.db.imports import ImportRepository
from app.dependencies import EDITOR, VIEWER, CallerDep, ConnectionDep, MomentDep
from app.errors import AppError, Fault
from app.files.file_format import MEDIA_TYPES, FileFormat
from app.schemas.imports import ImportResponse
from app.use_cases.transfer.import_patients import import_patients
from app.use_cases.transfer.read_import import read_import

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

UNCHANGING: Final = etag_of(1)  # what is past does not change
BYTES: Final = {"type": "string", "format": "binary"}  # how generated clients know a file
BODY: Final = {
    "required": True,
    "description": "Patients, one row each, or one row for each level. gzip is read too.",
    "content": {
        MEDIA_TYPES[form]: {"schema": schema, **example}
        for form, schema, example in (
            (
                FileFormat.CSV,
                BYTES | {"description": "columns in any order, named in line 1"},
                {"example": "identifier,pnfh,pnfh_unit,pnfh_specimen\nSITE-1,1500,pg/mL,csf\n"},
            ),
            (
                FileFormat.NDJSON,
                BYTES | {"description": "one flat JSON object a line"},
                {"example": '{"identifier": "SITE-1", "svc_percent": 84}\n'},
            ),
            (FileFormat.PARQUET, BYTES, {"example": "PAR1…"}),
        )
    },
}


class ImportRoute(RecordRoute):
    """A route that reads a file before it opens its transaction: nobody waits for the reading."""

    async def read_sent(self, request: Request, model: Any, faults: list[Fault]) -> list[Fault]:
        """Leave the body where it is: it is read as a file, whatever its size."""
        del request, model
        return faults

    async def perform(
        self, answer: Callable[[], Awaitable[Response]], request: Request
    ) -> Response:
        """Stage the body of whoever may import; the rest is as for all records."""
        if request.method != "POST" or not request.state.caller.may(Role.EDITOR):
            return await super().perform(answer, request)
        try:
            stager = await stage_body(request)
        except AppError as error:
            await self._account_for_refusal(request, error)
            raise
        try:
            request.state.staged = stager.staged
            return await super().perform(answer, request)
        finally:
            stager.close()


router = APIRouter(prefix="/v1/imports", tags=["transfer"], route_class=ImportRoute)


@router.post(
    "",
    status_code=201,
    dependencies=[EDITOR],
    summary="Import patients from a file",
    response_description="how the import went",
    response_model=ImportResponse,
    responses=CREATED | problem_responses(401, 403, 408, 409, 413, 415, 422, 429, 503),
    openapi_extra={"requestBody": BODY},
)
async def create_import(
    connection: ConnectionDep,
    caller: CallerDep,
    moment: MomentDep,
    request: Request,
    mode: Annotated[
        Mode, Query(description="whether one faulty row refuses the file, or is left out")
    ] = Mode.ALL_OR_NOTHING,
    on_duplicate: Annotated[
        OnDuplicate,
        Query(description="whether a patient whom the clinic has is a fault, or is updated"),
    ] = OnDuplicate.REJECT,
) -> Response:
    """Import a file of any length, in one transaction: what is not finished leaves nothing.

    Columns are the patient's fields, `pnfh`, `pnfh_unit`, `pnfh_specimen`, `pnfh_comparator`,
    `pnfh_assay`, `pnfh_date`, and `x_` with a name for each covariate. A row that repeats an
    identifier and all facts is a further level. Every rule of a single patient holds for each row.
    """
    run = await import_patients(
        request.state.staged,
        mode,
        on_duplicate,
        connection=connection,
        clinic_id=caller.clinic_id,
        moment=moment,
        by=caller.principal,
    )
    request.state.count = run.rows_accepted
    return answer_created(show_import(run), f"{request.scope['path']}/{run.id}", UNCHANGING)


@router.get(
    "/{import_id}",
    dependencies=[VIEWER],
    summary="Read how an import went",
    response_description="how the import went",
    response_model=ImportResponse,
    responses=READ | problem_responses(401, 403, 404, 422, 429, 503),
)
async def get_import(
    import_id: Annotated[str, Path(description="the import's `id`")],
    connection: ConnectionDep,
    caller: CallerDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Read what of a file was kept and what was wrong with the rest."""
    imports = ImportRepository(connection, caller.clinic_id)
    run = await read_import(import_id, imports=imports)
    return answer_read(show_import(run), UNCHANGING, if_none_match)


def show_import(run: ImportRun) -> dict[str, Any]:
    """Lay an import out as ImportResponse describes it."""
    shown = asdict(run)
    del shown["created_by"]
    shown["errors"] = [_show_fault(fault) for fault in shown["errors"]]
    return shown


def _show_fault(fault: dict[str, Any]) -> dict[str, Any]:
    return {name: fault[name] for name in ("row", "column", "code", "detail")}
