"""Reading resources that are to be kept: shape and meaning, with every fault of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.api.fhir.shapes import faults_of_shape
from app.errors import Fault, InvalidInput
from app.integrations.fhir.shapes import together
from app.integrations.fhir.transaction import Draft, kind_faults, read_draft

if TYPE_CHECKING:
    from fastapi import Request

    from app.integrations.fhir.bundle import Entry
    from app.integrations.fhir.element import Element
    from app.settings import Settings


async def draft_of_entry(entry: Entry, request: Request, faults: list[Fault]) -> Draft | None:
    """Read an entry; what is wrong with it becomes faults."""
    found = kind_faults(entry)
    if found:
        faults += found
        return None
    asked = entry.element["request"]["ifNoneExist"]
    condition = asked if asked.is_there else None
    return await draft_of(
        entry.resource, request, faults, full_url=entry.full_url, condition=condition
    )


async def draft_of(
    resource: Element,
    request: Request,
    faults: list[Fault],
    *,
    full_url: str | None = None,
    condition: Element | None = None,
) -> Draft | None:
    """Read a resource that has its shape; what is wrong with either becomes faults."""
    settings: Settings = request.state.settings
    found = await faults_of_shape(resource)
    draft: Draft | None = None
    others: tuple[Fault, ...] = ()
    try:
        draft = read_draft(
            resource,
            request.state.fhir_codes,
            settings.fhir_patient_system,
            full_url=full_url,
            condition=condition,
        )
    except InvalidInput as error:
        others = error.faults
    faults += together(found, others)
    return None if found else draft
