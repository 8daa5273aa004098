"""A clinic's own evidence behind the open doors: for a caller with a key of that clinic alone.

What is published never asks who is there. A key is looked at only where the evidence named can be
some clinic's own; without one, for any other clinic, and for a client that may not read all
records, it is as if it did not exist. Each such answer is accounted for in the clinic's audit
chain, and no cache may keep it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from app.api.problems import kind_of, request_id_of
from app.clinic.access import Role
from app.clinic.audit import Deed
from app.clinic.fitted_evidence import is_own_id
from app.db.audit import AuditRepository
from app.db.fitted_evidence import FittedEvidenceRepository
from app.db.transaction import clinic_transaction
from app.dependencies import bearer, identify_caller
from app.errors import AppError, Unauthorized, Unavailable
from app.use_cases.audit.account_for import account_for
from app.use_cases.estimates.open_own_evidence import open_all_own_evidence, open_own_evidence

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from app.answers.answer import Answers
    from app.clinic.access import Caller
    from app.evidence.library import Library

    Answering = Callable[[Library], Awaitable[Response]]

PRIVATE: Final = {"cache-control": "no-store", "vary": "accept, accept-language, authorization"}


async def answer_with_own(request: Request, evidence_id: str, answer: Answering) -> Response:
    """Answer from evidence that may be the caller's clinic's own.

    Raises Unauthorized for a key that is not good, and RateLimited after too many of those.
    """
    return await answer_with_several(request, (evidence_id,), answer)


async def answer_with_several(
    request: Request, evidence_ids: tuple[str, ...], answer: Answering
) -> Response:
    """The same where several are named."""
    library: Library = request.state.library
    credentials = await bearer(request) if any(map(is_own_id, evidence_ids)) else None
    if credentials is None:
        return await answer(library)
    request.state.caller = await identify_caller(request, credentials)
    if not request.state.caller.may(Role.VIEWER):
        return await answer(library)

    async def answer_from(connection: AsyncConnection) -> Response:
        return await answer(await _opened(request, connection, evidence_ids))

    return await _accounted(request, answer_from)


async def answer_with_all(request: Request, answer: Answering) -> Response:
    """Answer from all evidence that the caller may see. A key that is not good shows no more."""
    library: Library = request.state.library
    credentials = await bearer(request)
    try:
        if credentials is None:
            return await answer(library)
        request.state.caller = await identify_caller(request, credentials)
    except Unauthorized:
        return await answer(library)
    if not request.state.caller.may(Role.VIEWER):
        return await answer(library)

    async def answer_from(connection: AsyncConnection) -> Response:
        own = FittedEvidenceRepository(connection, request.state.caller.clinic_id)
        studies = request.state.fitted_studies
        return await answer(await open_all_own_evidence(library=library, own=own, studies=studies))

    return await _accounted(request, answer_from)


async def library_with_own(request: Request, evidence_id: str) -> Library:
    """The library for a route about records: it has its caller, its transaction and its account."""
    library: Library = request.state.library
    if not is_own_id(evidence_id):
        return library
    return await _opened(request, request.state.connection, (evidence_id,))


async def library_of_clinic(request: Request, evidence_id: str) -> Library:
    """The same for a route that computes before its transaction opens."""
    library: Library = request.state.library
    if not is_own_id(evidence_id):
        return library
    engine, clinic_id = request.state.engine, request.state.caller.clinic_id
    async with clinic_transaction(engine, clinic_id, writes=False) as connection:
        return await _opened(request, connection, (evidence_id,))


def answers_for(request: Request, evidence_id: str) -> Answers:
    """Where finished pieces of answers are kept: those of own evidence by themselves."""
    answers: Answers = (
        request.state.own_answers if is_own_id(evidence_id) else request.state.answers
    )
    return answers


async def _opened(
    request: Request, connection: AsyncConnection, evidence_ids: tuple[str, ...]
) -> Library:
    state = request.state
    own = FittedEvidenceRepository(connection, state.caller.clinic_id)
    return await open_own_evidence(
        evidence_ids, library=state.library, own=own, studies=state.fitted_studies
    )


async def _accounted(
    request: Request, answer: Callable[[AsyncConnection], Awaitable[Response]]
) -> Response:
    """Answer in a transaction of the caller's clinic, with an event that says how it ended."""
    engine, caller = request.state.engine, request.state.caller
    try:
        async with clinic_transaction(engine, caller.clinic_id, writes=True) as connection:
            response = await answer(connection)
            await _account(request, connection, caller, response.status_code)
    except Exception as error:
        if not isinstance(error, Unavailable):
            async with clinic_transaction(engine, caller.clinic_id, writes=True) as connection:
                await _account(request, connection, caller, _status_of(error))
        raise
    return response


async def _account(
    request: Request, connection: AsyncConnection, caller: Caller, status: int
) -> None:
    deed = Deed(
        principal=caller.principal,
        role=caller.role,
        action=request.scope["route"].name,
        request_id=request_id_of(request),
        status=status,
    )
    audit = AuditRepository(connection, caller.clinic_id)
    await account_for(deed, audit=audit, key=request.state.audit_key)


def _status_of(error: Exception) -> int:
    if isinstance(error, AppError):
        return kind_of(error).status
    return error.status_code if isinstance(error, HTTPException) else 500
