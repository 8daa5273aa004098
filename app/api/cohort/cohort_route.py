"""Routes about a cohort: what is asked is computed first, then accounted for, then answered.

A computation may take seconds. It runs before the transaction that accounts for it, so that it
keeps no connection and no writer waiting.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson
from fastapi import Request, Response

from app.api.records.record_route import RecordRoute
from app.api.records.reply import NO_STORE

if TYPE_CHECKING:
    from app.clinic.audit import Head
    from app.db.audit import AuditRepository

JSON: Final = "application/json"
DRAWING_SECONDS: Final = 60.0
"""How long a picture may take, the wait for its turn included."""


class CohortRoute(RecordRoute):
    """Reads, though it is a POST: waits for no writer, and keeps none of its answers."""

    remembers = False
    changes_cohort = False

    async def perform(
        self, answer: Callable[[], Awaitable[Response]], request: Request
    ) -> Response:
        """Answer, then account for it; what fails is accounted for as well."""
        try:
            response = await answer()
        except Exception as error:
            await self._account_for_refusal(request, error)
            raise

        async def ready() -> Response:
            return response

        return await super().perform(ready, request)

    async def take_turn(self, request: Request, audit: AuditRepository) -> Head | None:
        """Let writers go on."""
        del request, audit
        return None


def write_numbers(document: Mapping[str, Any]) -> bytes:
    """Write JSON with arrays of numbers in it; what is not a number is null."""
    return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_UTC_Z)


def answer_numbers(body: bytes, media_type: str = JSON) -> Response:
    """Answer 200 with what was computed from patients: never kept by a cache."""
    return Response(body, 200, NO_STORE, media_type)
