"""`/v1/patients/{patient_id}/…`: the past of a patient, all that is held, and erasure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response

from app.api.problems import problem_responses
from app.api.records.record_route import RecordRoute
from app.api.records.reply import (
    LISTED,
    NO_STORE,
    IfNoneMatch,
    PageDep,
    answer_page,
    show_kept_estimate,
    show_measurement,
    show_patient,
    write_json,
)
from app.db.erasures import overwrite_erased
from app.dependencies import (
    ADMIN,
    VIEWER,
    CallerDep,
    ConnectionDep,
    CursorKeyDep,
    MomentDep,
    PatientEvenDeletedDep,
    PatientsDep,
)
from app.schemas.patient_records import Holdings, PatientHistory, Tombstone
from app.use_cases.records.erase_patient import erase_patient
from app.use_cases.records.gather_holdings import gather_holdings
from app.use_cases.records.read_history import read_history

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from app.clinic.audit import Event
    from app.clinic.kept_estimate import KeptEstimate
    from app.clinic.measurement import Measurement
    from app.clinic.patient import Patient


class EraseRoute(RecordRoute):
    """Overwrites what was erased where the database would leave it lying, once it is committed."""

    async def perform(
        self, answer: Callable[[], Awaitable[Response]], request: Request
    ) -> Response:
        """Answer like any route, then clear up."""
        response = await super().perform(answer, request)
        await overwrite_erased(request.state.engine)
        return response


router = APIRouter(prefix="/v1/patients/{patient_id}", tags=["patients"], route_class=RecordRoute)
erasing = APIRouter(prefix="/v1/patients/{patient_id}", tags=["patients"], route_class=EraseRoute)


@router.get(
    "/history",
    dependencies=[VIEWER],
    summary="Read a patient's history",
    response_description="a page of versions, the first one first",
    response_model=PatientHistory,
    responses=LISTED | problem_responses(401, 403, 404, 422, 429, 503),
)
async def get_patient_history(
    page: PageDep,
    patient: PatientEvenDeletedDep,
    patients: PatientsDep,
    cursor_key: CursorKeyDep,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Read every version of a patient, page by page: what was stated, when and by whom.

    A deleted patient's too.
    """
    found = await read_history(
        patient, page.limit, page.cursor, patients=patients, cursor_key=cursor_key
    )
    items = [show_version(one) for one in found.items]
    return answer_page(request, items, found, page, if_none_match)


@router.get(
    "/export",
    dependencies=[VIEWER],
    summary="Export all that is held on a patient",
    response_description="everything held",
    response_model=Holdings,
    responses=problem_responses(401, 403, 404, 422, 429, 503),
)
async def export_patient(
    patient: PatientEvenDeletedDep, connection: ConnectionDep, caller: CallerDep
) -> Response:
    """Read everything that is held on one patient: versions, measurements, estimates, accesses.

    What was deleted is held still, and is here; what was erased is not.
    """
    held = await gather_holdings(patient, clinic_id=caller.clinic_id, connection=connection)
    return _answer(
        {
            "patient_id": patient.id,
            "versions": [show_version(one) for one in held.versions],
            "measurements": [_show_held_measurement(one) for one in held.measurements],
            "estimates": [_show_held_estimate(one) for one in held.estimates],
            "accesses": [_show_access(one) for one in held.accesses],
        }
    )


@erasing.post(
    "/erase",
    dependencies=[ADMIN],
    summary="Erase a patient",
    response_description="the tombstone",
    response_model=Tombstone,
    responses=problem_responses(401, 403, 404, 408, 413, 422, 429, 503),
)
async def erase(
    patient: PatientEvenDeletedDep,
    connection: ConnectionDep,
    caller: CallerDep,
    moment: MomentDep,
) -> Response:
    """Erase a patient for good: every version, measurement, estimate and remembered answer.

    What stays is this tombstone, and the audit chain, which holds no value of any patient. It
    cannot be undone.
    """
    done = await erase_patient(
        patient,
        clinic_id=caller.clinic_id,
        moment=moment,
        by=caller.principal,
        connection=connection,
    )
    shown = {
        "patient_id": done.patient_id,
        "erased_at": done.erased_at,
        "erased_by": done.erased_by,
    }
    return _answer(shown)


def show_version(patient: Patient) -> dict[str, Any]:
    """Lay a version out as PatientVersion describes it."""
    return {
        "version": patient.version,
        "change": patient.change,
        "changed_at": patient.updated_at,
        "changed_by": patient.changed_by,
        "patient": show_patient(patient),
    }


def _show_held_measurement(one: Measurement) -> dict[str, Any]:
    return show_measurement(one) | {"deleted_at": one.deleted_at}


def _show_held_estimate(one: KeptEstimate) -> dict[str, Any]:
    return show_kept_estimate(one) | {"question": one.question}


def _show_access(one: Event) -> dict[str, Any]:
    return {
        "sequence": one.sequence,
        "at": one.at,
        "principal": one.deed.principal,
        "action": one.deed.action,
        "outcome": one.deed.outcome,
    }


def _answer(document: Mapping[str, Any]) -> Response:
    return Response(write_json(document), 200, NO_STORE, "application/json")
