"""What a door may ask for, by name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Final

from fastapi import Depends, Path, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.access import Caller, Role
from app.clinic.patient import Patient
from app.db.clinics import ClinicRepository
from app.db.measurements import MeasurementRepository
from app.db.patients import PatientRepository
from app.db.transaction import clinic_transaction
from app.errors import Forbidden, Unauthorized
from app.use_cases.admit_caller import admit_caller
from app.use_cases.read_patient import read_patient

READING: Final = {"GET", "HEAD", "OPTIONS"}
NO_KEY: Final = "This needs an API key: send one header `Authorization: Bearer nst_…`."

_bearer = HTTPBearer(
    scheme_name="ApiKey",
    bearerFormat="nst_…",
    description="An API key of your clinic. `python -m app keys create` makes one.",
    auto_error=False,
)


async def identify_caller(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Caller:
    """Say who asks. Raises Unauthorized, or RateLimited after too many wrong keys."""
    if credentials is None or len(request.headers.getlist("authorization")) > 1:
        raise Unauthorized(NO_KEY)
    return await admit_caller(
        credentials.credentials,
        request.client.host if request.client else "unknown",
        engine=request.state.engine,
        failed_logins=request.state.failed_logins,
    )


CallerDep = Annotated[Caller, Depends(identify_caller)]


def _at_least(needed: Role) -> Callable[[Caller], Awaitable[Caller]]:
    async def check_role(caller: CallerDep) -> Caller:
        if not caller.role.covers(needed):
            raise Forbidden(f"This needs a key with the role {needed}; yours is {caller.role}.")
        return caller

    return check_role


# In a route's `dependencies=[…]` these are judged before anything else: 401, 403, then the rest.
VIEWER: Final = Depends(_at_least(Role.VIEWER))
EDITOR: Final = Depends(_at_least(Role.EDITOR))
ADMIN: Final = Depends(_at_least(Role.ADMIN))

ViewerDep = Annotated[Caller, VIEWER]
EditorDep = Annotated[Caller, EDITOR]
AdminDep = Annotated[Caller, ADMIN]


async def open_connection(request: Request, caller: CallerDep) -> AsyncIterator[AsyncConnection]:
    """Give one request one transaction of its clinic: committed if it succeeds, else rolled back.

    Application code never commits.
    """
    writes = request.method not in READING
    async with clinic_transaction(
        request.state.engine, caller.clinic_id, writes=writes
    ) as connection:
        yield connection


# "function" commits before the answer leaves; the default would commit after it.
ConnectionDep = Annotated[AsyncConnection, Depends(open_connection, scope="function")]


async def patients_of(connection: ConnectionDep, caller: CallerDep) -> PatientRepository:
    """Give the patients of the caller's clinic."""
    return PatientRepository(connection, caller.clinic_id)


async def measurements_of(connection: ConnectionDep, caller: CallerDep) -> MeasurementRepository:
    """Give the measurements of the caller's clinic."""
    return MeasurementRepository(connection, caller.clinic_id)


PatientsDep = Annotated[PatientRepository, Depends(patients_of)]
MeasurementsDep = Annotated[MeasurementRepository, Depends(measurements_of)]


async def cursor_key_of(connection: ConnectionDep, caller: CallerDep) -> bytes:
    """Give the key that seals the clinic's cursors."""
    return await ClinicRepository(connection).cursor_key(caller.clinic_id)


CursorKeyDep = Annotated[bytes, Depends(cursor_key_of)]

PatientId = Annotated[str, Path(description="the patient's `id`")]


async def find_patient(patient_id: PatientId, patients: PatientsDep) -> Patient:
    """Find the patient of the path before the body is judged: 404 comes before 422."""
    return await read_patient(patient_id, patients=patients)


PatientDep = Annotated[Patient, Depends(find_patient)]
