"""What became of resources that were sent to be kept, as it is answered."""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response

from app.api.fhir.fhir_route import answer, door_of
from app.clinic.patient import Patient
from app.integrations.fhir.operation_outcome import outcome, path_of, remark
from app.integrations.fhir.resources_out import show_observation, show_patient
from app.integrations.fhir.searchset import entry_response, weak_tag

if TYPE_CHECKING:
    from datetime import datetime

    from app.integrations.fhir.transaction import Draft
    from app.settings import Settings
    from app.use_cases.resources.keep_resources import KeptResource


def answer_kept(request: Request, draft: Draft, kept: KeptResource, prefer: str) -> Response:
    """Answer with what there is now, or with what the caller prefers to be told."""
    settings: Settings = request.state.settings
    record = kept.record
    request.state.patient_id = patient_of(kept)
    headers = {
        "location": _place(kept, door_of(request)),
        "etag": weak_tag(_version(kept)),
        "last-modified": format_datetime(_modified(kept), usegmt=True),
    }
    status = 201 if kept.is_new else 200
    if "return=minimal" in prefer:
        return Response(None, status, headers)
    if "return=OperationOutcome" in prefer:
        return answer(request, _told(draft, request.state.root), status, **headers)
    shown = (
        show_patient(record, settings.fhir_patient_system)
        if isinstance(record, Patient)
        else show_observation(record)
    )
    return answer(request, shown, status, **headers)


def patient_of(kept: KeptResource) -> str:
    """The id of the patient whose record this is."""
    record = kept.record
    return record.id if isinstance(record, Patient) else record.patient_id


def answer_entry(draft: Draft, kept: KeptResource, door: str, root: str) -> dict[str, Any]:
    """Tell what became of an entry of a transaction."""
    return entry_response(
        is_new=kept.is_new,
        place=_place(kept, door),
        version=_version(kept),
        modified=_modified(kept),
        outcome=_told(draft, root) if draft.left else None,
    )


def _told(draft: Draft, root: str) -> dict[str, Any]:
    """What was not kept, or that everything was."""
    left = [remark("not_kept", one.detail, path_of(one.pointer, root)) for one in draft.left]
    return outcome(left or [remark("all_kept", "Everything was kept.", "")])


def _place(kept: KeptResource, door: str) -> str:
    kind = "Patient" if isinstance(kept.record, Patient) else "Observation"
    return f"{door}/{kind}/{kept.record.id}"


def _version(kept: KeptResource) -> int:
    return kept.record.version if isinstance(kept.record, Patient) else 1


def _modified(kept: KeptResource) -> datetime:
    record = kept.record
    return record.updated_at if isinstance(record, Patient) else record.created_at
