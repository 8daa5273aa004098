"""`/v1/exports/patients`: all of a clinic's patients in one file, as an import reads it."""

from __future__ import annotations

from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request, Response

from app.api.negotiation import choose_media_type
from app.api.problems import problem_responses
from app.api.records.record_route import RecordRoute
from app.api.records.spooled import SpooledResponse
from app.dependencies import VIEWER
from app.errors import AppError, Unavailable
from app.files.file_format import MEDIA_TYPES, FileFormat
from app.use_cases.transfer.export_patients import export_patients

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

OFFERED: Final = tuple(MEDIA_TYPES.values())
FORMATS: Final = {media_type: form for form, media_type in MEDIA_TYPES.items()}
EXAMPLES: Final = (
    "identifier,sex,pnfh,pnfh_unit,pnfh_specimen\nSITE-1,female,1500,pg/mL,csf\n",
    '{"identifier":"SITE-1","sex":"female"}\n',
    "PAR1…",
)
ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {
            media_type: {"schema": {"type": "string"}, "example": example}
            for media_type, example in zip(OFFERED, EXAMPLES, strict=True)
        }
    }
}


class ExportRoute(RecordRoute):
    """A route that writes its file before it opens its transaction.

    So a slow reader holds no connection, and what fails is told before an answer has begun.
    """

    async def perform(
        self, answer: Callable[[], Awaitable[Response]], request: Request
    ) -> Response:
        """Write the file; the rest is as for all records."""
        state = request.state
        file = TemporaryFile(prefix="neurostrata-")  # noqa: SIM115 - lives as long as the answer
        try:
            try:
                state.form = FORMATS[choose_media_type(_accepted(request), OFFERED)]
                state.count = await _write(file, request)
            except AppError as error:
                await self._account_for_refusal(request, error)
                raise
            state.file = file
            return await super().perform(answer, request)
        except BaseException:
            file.close()
            raise


router = APIRouter(prefix="/v1/exports", tags=["transfer"], route_class=ExportRoute)


@router.get(
    "/patients",
    dependencies=[VIEWER],
    summary="Export all patients",
    response_description="the patients, one row for each level",
    response_class=Response,
    responses=ANSWER | problem_responses(401, 403, 406, 422, 429, 503),
)
async def export_all_patients(request: Request) -> Response:
    """Export your clinic's patients with the columns of an import, which reads the file back.

    As CSV, NDJSON or Parquet, by `Accept`; ordered by identifier. In CSV a text that a spreadsheet
    would take for a formula has an apostrophe before it, which an import takes away.
    """
    form: FileFormat = request.state.form
    codings = [part.partition(";")[0].strip() for part in _coding(request).split(",")]
    gzip = "gzip" in codings and form is not FileFormat.PARQUET
    return SpooledResponse(request.state.file, MEDIA_TYPES[form], f"patients.{form}", gzip=gzip)


async def _write(file: IO[bytes], request: Request) -> int:
    state = request.state
    try:
        return await export_patients(
            file, state.form, engine=state.engine, clinic_id=state.caller.clinic_id
        )
    except OSError as error:
        raise Unavailable("The file cannot be kept while it is written.") from error


def _accepted(request: Request) -> str:
    return ",".join(request.headers.getlist("accept"))


def _coding(request: Request) -> str:
    return ",".join(request.headers.getlist("accept-encoding")).lower()
