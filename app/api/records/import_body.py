"""The body of an import: put away in a nameless file as it arrives, whatever its size."""

from __future__ import annotations

from hashlib import sha256
from tempfile import TemporaryFile
from typing import IO, Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from app.api.json_route import body_chunks
from app.errors import TooLarge, Unavailable, UnsupportedMediaType
from app.files.file_format import MEDIA_TYPES, FileFormat
from app.settings import Settings
from app.use_cases.transfer.stage_file import FileStager

GZIP: Final = ("application/gzip", "application/x-gzip")
READABLE: Final = {kind: form for form, kind in MEDIA_TYPES.items()} | {
    "application/ndjson": FileFormat.NDJSON
}
MEMORY: Final = 1_048_576
"""Bytes that are gathered before they are written."""


def format_of(request: Request) -> FileFormat | None:
    """Give the format of the body; None if only the body can tell it, being compressed.

    Raises UnsupportedMediaType.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    coding = request.headers.get("content-encoding", "identity").lower()
    if coding not in {"identity", "gzip", "x-gzip"} or given not in {*READABLE, *GZIP}:
        known = ", ".join(MEDIA_TYPES.values())
        raise UnsupportedMediaType(f"Send {known} or {GZIP[0]}; Content-Encoding may be gzip.")
    return READABLE.get(given)


async def stage_body(request: Request) -> FileStager:
    """Read and judge the whole body. The stager is the caller's to close.

    Raises what FileStager does, UnsupportedMediaType, TooLarge, TimedOut, and ClientDisconnect if
    the client goes away.
    """
    settings: Settings = request.state.settings
    form = format_of(request)
    file = TemporaryFile(prefix="neurostrata-")  # noqa: SIM115 - lives as long as the stager
    stager = FileStager(file, form, settings.max_import_expanded_bytes)
    try:
        await _spool(request, file, settings.max_import_bytes)
        while await run_in_threadpool(stager.step):
            await _check_presence(request)
    except OSError as error:
        stager.close()
        raise Unavailable("The file cannot be kept while it is read. Try again later.") from error
    except BaseException:
        stager.close()
        raise
    return stager


async def _check_presence(request: Request) -> None:
    if await request.is_disconnected():
        raise ClientDisconnect


async def _spool(request: Request, file: IO[bytes], most: int) -> None:
    digest, size, gathered = sha256(), 0, bytearray()
    async for chunk in body_chunks(request):
        size += len(chunk)
        if size > most:
            raise TooLarge(f"A file may have {most} bytes at most.")
        digest.update(chunk)
        gathered += chunk
        if len(gathered) >= MEMORY:
            file.write(gathered)
            gathered.clear()
    file.write(gathered)
    request.state.body_digest = digest.digest()
