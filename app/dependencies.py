"""What a door may ask for, by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Path, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.access import Caller, Role
from app.clinic.patient import Patient
from app.clinic.scopes import Action
from app.clinic.version_tag import check_match, etag_of
from app.db.clinics import ClinicRepository
from app.db.estimates import EstimateRepository
from app.db.measurements import MeasurementRepository
from app.db.patients import PatientRepository
from app.errors import Forbidden, Unauthorized
from app.use_cases.access.admit_caller import admit_caller
from app.use_cases.access.admit_client import admit_client
from app.use_cases.records.read_patient import read_even_deleted, read_patient

NO_KEY: Final = "This needs an API key: send one header `Authorization: Bearer nst_…`."

bearer = HTTPBearer(
    scheme_name="ApiKey",
    bearerFormat="nst_…",
    description="An API key of your clinic: `python -m app keys create` makes one. "
    "Or a token of the issuer that the service trusts, if one is configured.",
    auto_error=False,
)


async def identify_caller(
    request: Request, credentials: HTTPAuthorizationCredentials | None
) -> Caller:
    """Say who asks. Raises Unauthorized, or RateLimited after too many wrong keys or tokens."""
    if credentials is None or len(request.headers.getlist("authorization")) > 1:
        raise Unauthorized(NO_KEY)
    return await admit_caller(
        credentials.credentials,
        _address_of(request),
        door=request.state.door,
        failed_logins=request.state.failed_logins,
        key_uses=request.state.key_uses,
        issuer=request.state.issuer,
    )


async def identify_client_or_caller(request: Request) -> Caller:
    """Say who calls a CDS service: a trusted client by its own JWT, or whoever a key stands for.

    A client's JWT opens no other door. Raises what `identify_caller` and `admit_client` do.
    """
    credentials, state = await bearer(request), request.state
    if credentials is not None and len(request.headers.getlist("authorization")) == 1:
        client = await admit_client(
            credentials.credentials,
            state.settings.public_address + str(request.scope["path"]),
            _address_of(request),
            door=state.door,
            client_keys=state.client_keys,
            failed_logins=state.failed_logins,
        )
        if client is not None:
            return client
    return await identify_caller(request, credentials)


def _address_of(request: Request) -> str:
    return request.client.host if request.client else "unknown"


async def admitted_caller(
    request: Request,
    _: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
) -> Caller:
    """Give the caller whom the route has admitted before it read what was sent."""
    caller: Caller = request.state.caller
    return caller


CallerDep = Annotated[Caller, Depends(admitted_caller)]


def _at_least(needed: Role) -> Callable[[Caller], Awaitable[Caller]]:
    async def check_role(caller: CallerDep) -> Caller:
        missing = caller.lacks_on_records(needed)
        if missing is not None:
            raise Forbidden(f"This needs {missing}.")
        return caller

    return check_role


def needs(resource: str, action: Action, role: Role) -> Any:
    """Make what a route about FHIR resources depends on: the role for it, or a client's scope."""

    async def check_scope(caller: CallerDep) -> Caller:
        missing = caller.lacks(role, resource, action)
        if missing is not None:
            raise Forbidden(f"This needs {missing}.")
        return caller

    return Depends(check_scope)


# In a route's `dependencies=[…]` these are judged before anything else: 401, 403, then the rest.
VIEWER: Final = Depends(_at_least(Role.VIEWER))
EDITOR: Final = Depends(_at_least(Role.EDITOR))
ADMIN: Final = Depends(_at_least(Role.ADMIN))


async def open_connection(request: Request) -> AsyncConnection:
    """Give the request's one transaction of its clinic, which the route opened and will commit.

    Application code never commits.
    """
    connection: AsyncConnection = request.state.connection
    return connection


async def moment_of(request: Request) -> datetime:
    """Give the instant of a write: later than every earlier write of the clinic."""
    moment: datetime = request.state.moment
    return moment


ConnectionDep = Annotated[AsyncConnection, Depends(open_connection)]
MomentDep = Annotated[datetime, Depends(moment_of)]


# These read the request itself: FastAPI takes its time over each dependency of a dependency.
async def patients_of(request: Request) -> PatientRepository:
    """Give the patients of the caller's clinic."""
    return PatientRepository(request.state.connection, request.state.caller.clinic_id)


async def measurements_of(request: Request) -> MeasurementRepository:
    """Give the measurements of the caller's clinic."""
    return MeasurementRepository(request.state.connection, request.state.caller.clinic_id)


async def estimates_of(request: Request) -> EstimateRepository:
    """Give the kept estimates of the caller's clinic."""
    return EstimateRepository(request.state.connection, request.state.caller.clinic_id)


PatientsDep = Annotated[PatientRepository, Depends(patients_of)]
MeasurementsDep = Annotated[MeasurementRepository, Depends(measurements_of)]
EstimatesDep = Annotated[EstimateRepository, Depends(estimates_of)]


async def cursor_key_of(connection: ConnectionDep, caller: CallerDep) -> bytes:
    """Give the key that seals the clinic's cursors."""
    return await ClinicRepository(connection).cursor_key(caller.clinic_id)


CursorKeyDep = Annotated[bytes, Depends(cursor_key_of)]

PatientId = Annotated[str, Path(description="the patient's `id`")]


async def find_patient(patient_id: PatientId, request: Request) -> Patient:
    """Find the patient of the path before the body is judged: 404 comes before 422."""
    return await read_patient(patient_id, patients=await patients_of(request))


PatientDep = Annotated[Patient, Depends(find_patient)]


async def find_even_deleted(patient_id: PatientId, patients: PatientsDep) -> Patient:
    """Find the patient of the path, deleted or not."""
    return await read_even_deleted(patient_id, patients=patients)


PatientEvenDeletedDep = Annotated[Patient, Depends(find_even_deleted)]

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="ETag of the version you have read, or * for any"),
]


async def match_patient(patient: PatientDep, if_match: IfMatch = None) -> Patient:
    """Find the patient of the path in the version that the caller has seen: 404, 428, 412."""
    check_match(if_match, etag_of(patient.version))
    return patient


PatientToChangeDep = Annotated[Patient, Depends(match_patient)]
