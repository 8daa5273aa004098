"""Read how an import went."""

from __future__ import annotations

import re
from typing import Final

from app.clinic.import_run import ImportRun
from app.db.imports import ImportRepository
from app.errors import NotFound

NO_SUCH_IMPORT: Final = "There is no such import."

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def read_import(import_id: str, *, imports: ImportRepository) -> ImportRun:
    """Give the clinic's import of this id. Raises NotFound, whoever else has one."""
    run = await imports.find(import_id) if _UUID.fullmatch(import_id) else None
    if run is None:
        raise NotFound(NO_SUCH_IMPORT)
    return run
