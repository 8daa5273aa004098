"""Import a file of patients that is staged: all of it or nothing, or what is right of it."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.import_run import ImportRun, Mode, OnDuplicate
from app.db.imports import ImportRepository
from app.db.keeping import StagedRows
from app.db.staging import Staging
from app.db.transaction import give_time
from app.errors import InvalidInput
from app.files.columns import IDENTIFIER, fault_at
from app.use_cases.transfer.stage_file import StagedFile, summary

REPEATED: Final = (
    "identifier_repeated",
    "This identifier stands above with other facts. A further measurement repeats all of them.",
)
TAKEN: Final = (
    "identifier_taken",
    "Your clinic has a patient with this identifier already. on_duplicate=update changes it.",
)


async def import_patients(
    file: StagedFile,
    mode: Mode,
    on_duplicate: OnDuplicate,
    *,
    connection: AsyncConnection,
    clinic_id: str,
    moment: datetime,
    by: str,
) -> ImportRun:
    """Keep what is staged, in the transaction of the connection, and how the import went.

    Raises InvalidInput if a row is faulty and the mode is all or nothing.
    """
    give_time(connection)
    staging = Staging(connection, clinic_id)
    await staging.load(file.lines)
    rejected = file.rows_rejected + await _find_duplicates(file, on_duplicate, staging)
    if rejected and mode is Mode.ALL_OR_NOTHING:
        raise InvalidInput(file.faults.told(), summary(file.faults))
    rows = StagedRows(connection, clinic_id, moment, by)
    kept = await rows.keep(updates=on_duplicate is OnDuplicate.UPDATE)
    await staging.clear()
    run = ImportRun(
        id=str(uuid4()),
        created_at=moment,
        created_by=by,
        mode=mode,
        on_duplicate=on_duplicate,
        rows_total=file.rows_total,
        rows_accepted=file.rows_total - rejected,
        rows_rejected=rejected,
        patients_added=kept.patients_added,
        patients_changed=kept.patients_changed,
        measurements_added=kept.measurements_added,
        errors=file.faults.told(),
    )
    await ImportRepository(connection, clinic_id).add(run)
    return run


async def _find_duplicates(file: StagedFile, on_duplicate: OnDuplicate, staging: Staging) -> int:
    """Unstage rows that contradict one above or, if asked for, what the clinic has."""
    refused = [(REPEATED, *await staging.refuse_repeated(file.faults.most))]
    if on_duplicate is OnDuplicate.REJECT:
        refused.append((TAKEN, *await staging.refuse_taken(file.faults.most)))
    for told, lines, total in refused:
        file.faults.add([fault_at(line, IDENTIFIER, *told) for line in lines], total)
    return sum(total for _, _, total in refused)
