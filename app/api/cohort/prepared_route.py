"""Routes that keep what they compute: they compute before their transaction opens.

A fit takes its time, and would keep a connection and the clinic's writers waiting.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request, Response

from app.api.json_route import UNREADABLE
from app.api.records.record_route import RecordRoute
from app.errors import AppError


class PreparedRoute(RecordRoute):
    """Prepares what its transaction then keeps."""

    changes_cohort = False

    async def prepare(self, request: Request, sent: Any) -> None:
        """Compute what was asked for, and leave it in the request's state."""
        del request, sent

    async def perform(
        self, answer: Callable[[], Awaitable[Response]], request: Request
    ) -> Response:
        """Prepare; the rest is as for all records.

        A refusal is told where the answer would be: a request that was answered before is given
        that answer again, whatever became of the cohort.
        """
        refusal: AppError | None = None
        sent = await request.json()
        try:
            if sent is not UNREADABLE:
                await self.prepare(request, sent)
        except AppError as error:
            refusal = error
        except Exception as error:
            await self._account_for_refusal(request, error)
            raise

        async def told() -> Response:
            if refusal is not None:
                raise refusal
            return await answer()

        return await super().perform(told, request)
