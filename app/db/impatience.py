"""A connection to PostgreSQL that gives up on a server which says nothing any more.

A broken network or a hung proxy does not close a connection, it only falls silent. The driver
would wait for ever, and when told to stop it would ask the silent server to stop too.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, TypeVar

from psycopg import AsyncConnection
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from psycopg.waiting import wait_async

FIRST_ANSWER_SECONDS: Final = 3
"""How long the first statement of a transaction may take: none of ours computes anything."""

LONGEST_STATEMENT_SECONDS: Final = 300
"""How long a later one may take, such as the last step of a large import."""

CHECK_SECONDS: Final = 0.1

_Value = TypeVar("_Value")


class ImpatientConnection(AsyncConnection[Any]):
    """Closes itself when the server does not answer in time, or nobody waits for the answer."""

    async def wait(
        self,
        gen: PQGen[_Value],
        interval: float = CHECK_SECONDS,
        timeout: float | None = None,  # noqa: ASYNC109  (the driver's)
    ) -> _Value:
        """Wait for what `gen` asks. Raises OperationalError when that takes too long."""
        begins = self.pgconn.transaction_status == TransactionStatus.IDLE
        longest = timeout or (FIRST_ANSWER_SECONDS if begins else LONGEST_STATEMENT_SECONDS)
        is_answered = False
        try:
            answer = await wait_async(gen, self.pgconn.socket, interval, longest)
            is_answered = True
        except asyncio.CancelledError:
            raise
        except Exception as error:
            # The server's own refusals are answers.
            is_answered = getattr(error, "sqlstate", None) is not None
            raise
        finally:
            if not is_answered and self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()
        return answer
