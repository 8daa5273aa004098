"""`POST /fhir`, `/fhir/Patient`, `/fhir/Observation`: resources that become a clinic's records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Request, Response
from starlette.routing import Match

from app.api.dialects import FHIR_DOOR
from app.api.fhir.drafts import draft_of, draft_of_entry
from app.api.fhir.fhir_route import (
    FhirResponse,
    FhirRoute,
    Format,
    Sent,
    answer,
    door_of,
    note_whose,
    resource_of,
    told,
)
from app.api.fhir.kept import answer_entry, answer_kept, patient_of
from app.api.fhir.shapes import get_ready
from app.api.outcomes import outcome_responses
from app.api.records.first_answers import REPLAYED_HEADER
from app.api.records.reply import CREATED
from app.clinic.access import Caller, Role
from app.dependencies import (
    CallerDep,
    ConnectionDep,
    MeasurementsDep,
    MomentDep,
    PatientsDep,
    needs,
)
from app.errors import Forbidden, InvalidInput
from app.integrations.fhir.bundle import entries_of
from app.integrations.fhir.element import Element
from app.integrations.fhir.searchset import transaction_response
from app.integrations.fhir.transaction import (
    KINDS,
    transaction_faults,
)
from app.use_cases.resources.keep_resources import Keeping
from app.use_cases.resources.search_resources import across_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import Scope

    from app.integrations.fhir.bundle import Entry
    from app.settings import Settings


class TransactionRoute(FhirRoute):
    """Reads Bundles at the address of the door, with or without a slash after it."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Say whether the request is for this route: stock clients add a slash to the address."""
        same = {**scope, "path": FHIR_DOOR} if scope["path"] == f"{FHIR_DOOR}/" else scope
        return super().matches(same)


router = APIRouter(prefix="/fhir", tags=["clinic software"], route_class=FhirRoute)
transactions = APIRouter(prefix="/fhir", tags=["clinic software"], route_class=TransactionRoute)

PROBLEMS: Final = outcome_responses(401, 403, 406, 408, 409, 412, 413, 415, 422, 429, 503)
CONDITION: Final = "a search, such as identifier=SITE-0042: nothing is created if it finds one"
CONDITIONALLY: Final = "cs"
"""What creating on a condition is, in the letters of a scope: it tells what there is already."""

PREFERENCE: Final = "return=minimal, return=representation or return=OperationOutcome"

IfNoneExist = Annotated[str | None, Header(alias="If-None-Exist", description=CONDITION)]
Prefer = Annotated[str | None, Header(alias="Prefer", description=PREFERENCE)]


async def keeping_of(
    caller: CallerDep,
    moment: MomentDep,
    connection: ConnectionDep,
    patients: PatientsDep,
    measurements: MeasurementsDep,
    request: Request,
) -> Keeping:
    """Give what keeps resources, in the request's own transaction."""
    return Keeping(
        moment=moment,
        by=caller.principal,
        base=door_of(request),
        patients=patients,
        measurements=measurements,
        across=across_of(connection, caller.clinic_id),
    )


KeepingDep = Annotated[Keeping, Depends(keeping_of)]


async def may_keep_something(caller: CallerDep) -> None:
    """Let in who may create any resource that a transaction can hold. Raises Forbidden."""
    missing = [caller.lacks(Role.EDITOR, kind, "c") for kind in KINDS]
    if all(missing):
        raise Forbidden(f"This needs {missing[0]}.")


def _created(what: str) -> dict[Any, Any]:
    headers = CREATED[201]["headers"]
    made = told(what, 201)[201] | {"headers": headers}
    there = told("what there was already")[200]
    there["headers"] = headers | {"Idempotent-Replayed": REPLAYED_HEADER}
    return {201: made, 200: there, **PROBLEMS}


@transactions.post(
    "",
    dependencies=[Depends(may_keep_something)],
    summary="Keep a transaction of resources",
    response_class=FhirResponse,
    responses=told("a Bundle: what became of each entry") | PROBLEMS,
)
async def keep_fhir_transaction(
    body: Sent, keeping: KeepingDep, caller: CallerDep, request: Request, form: Format = None
) -> Response:
    """Keep the Patients and Observations of a transaction Bundle: all of them, or none.

    Entries refer to each other by their `fullUrl`. What is not kept of an entry, such as a name, is
    told in its `outcome`.
    """
    del form
    settings: Settings = request.state.settings
    await get_ready()
    bundle = resource_of(body, request)
    if bundle.kind != "Bundle":
        raise InvalidInput([bundle["resourceType"].fault("wrong_type", "Send a Bundle here.")])
    entries = entries_of(bundle, settings.max_bundle_entries)
    _check_scopes(caller, entries)
    keeping.faults.extend(transaction_faults(bundle, entries))
    drafts = [
        draft for one in entries if (draft := await draft_of_entry(one, request, keeping.faults))
    ]
    unread = {one.full_url or "" for one in entries if one.resource.kind == "Patient"}
    kept = await keeping.keep(drafts, unread)
    request.state.count = len(kept)
    note_whose(request, (patient_of(one) for one in kept))
    pairs = zip(drafts, kept, strict=True)
    done = [answer_entry(draft, one, keeping.base, request.state.root) for draft, one in pairs]
    return answer(request, transaction_response(done))


@router.post(
    "/Patient",
    status_code=201,
    dependencies=[needs("Patient", "c", Role.EDITOR)],
    summary="Create a Patient",
    response_class=FhirResponse,
    responses=_created("the Patient as kept"),
)
async def create_fhir_patient(
    body: Sent,
    keeping: KeepingDep,
    request: Request,
    form: Format = None,
    if_none_exist: IfNoneExist = None,
    prefer: Prefer = None,
) -> Response:
    """Keep a patient under the pseudonym of the identifier that is meant for it.

    Names, addresses, the day of birth and all that tells who it is are not kept; the answer shows
    what is, and `Prefer: return=OperationOutcome` lists what is not.
    """
    del form
    return await _create("Patient", body, keeping, request, (if_none_exist, prefer))


@router.post(
    "/Observation",
    status_code=201,
    dependencies=[needs("Observation", "c", Role.EDITOR)],
    summary="Create an Observation",
    response_class=FhirResponse,
    responses=_created("the Observation as kept"),
)
async def create_fhir_observation(
    body: Sent,
    keeping: KeepingDep,
    request: Request,
    form: Format = None,
    if_none_exist: IfNoneExist = None,
    prefer: Prefer = None,
) -> Response:
    """Record a CSF pNFH level of a patient of your clinic, with its digits and its unit."""
    del form
    return await _create("Observation", body, keeping, request, (if_none_exist, prefer))


async def _create(
    kind: str,
    body: dict[str, Any],
    keeping: Keeping,
    request: Request,
    said: tuple[str | None, str | None],
) -> Response:
    if_none_exist, prefer = said
    if if_none_exist is not None:
        _check_scope(request.state.caller, kind, CONDITIONALLY)
    await get_ready()
    resource = resource_of(body, request)
    if resource.kind != kind:
        raise InvalidInput([resource["resourceType"].fault("wrong_type", f"Send one {kind} here.")])
    condition = None if if_none_exist is None else Element(if_none_exist)
    draft = await draft_of(resource, request, keeping.faults, condition=condition)
    if draft is None:
        raise InvalidInput(keeping.faults)
    (kept,) = await keeping.keep([draft])
    return answer_kept(request, draft, kept, prefer or "")


def _check_scopes(caller: Caller, entries: Sequence[Entry]) -> None:
    """Refuse a client whose scopes do not cover all that the transaction holds."""
    for kind in KINDS:
        requests = [entry.element["request"] for entry in entries if entry.resource.kind == kind]
        if requests:
            asks = any(request["ifNoneExist"].is_there for request in requests)
            _check_scope(caller, kind, CONDITIONALLY if asks else "c")


def _check_scope(caller: Caller, kind: str, actions: str) -> None:
    missing = caller.lacks(Role.EDITOR, kind, actions)
    if missing is not None:
        raise Forbidden(f"This needs {missing}.")
