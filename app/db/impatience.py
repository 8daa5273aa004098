"""A connection to PostgreSQL that gives up on a server which says nothing any more.

A broken network or a hung proxy does not close a connection, it only falls silent. The driver
would wait for ever, and when told to stop it would ask the silent server to stop too.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, TypeVar

from psycopg import AsyncConnection, AsyncServerCursor
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from psycopg.waiting import wait_async

FIRST_ANSWER_SECONDS: Final = 3
"""How long the first statement of a transaction may take: none of ours computes anything."""

STATEMENT_SECONDS: Final = 15
"""How long a later one may take. It may wait ten of them for a lock."""

LONGEST_STATEMENT_SECONDS: Final = 300
"""How long one may take that is known to be long, such as the last step of a large import."""

CHECK_SECONDS: Final = 0.1

_Value = TypeVar("_Value")


class ServerCursor(AsyncServerCursor[Any]):
    """A cursor in the server that nobody need close once its connection is gone.

    Who is cancelled while it is opened has no hold of it yet: the connection then closes itself.
    """

    def __del__(self, *given: Any) -> None:
        """Complain of what is left open, unless nothing is open any more."""
        if not self.connection.closed:
            super().__del__(*given)


class ImpatientConnection(AsyncConnection[Any]):
    """Closes itself when the server does not answer in time, or nobody waits for the answer.

    `has_time` says whether the transaction is known to have long statements.
    """

    has_time = False

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.server_cursor_factory = ServerCursor

    async def wait(
        self,
        gen: PQGen[_Value],
        interval: float = CHECK_SECONDS,
        timeout: float | None = None,  # noqa: ASYNC109  (the driver's)
    ) -> _Value:
        """Wait for what `gen` asks. Raises OperationalError when that takes too long."""
        longest = timeout or self._patience()
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

    def _patience(self) -> float:
        if self.pgconn.transaction_status == TransactionStatus.IDLE:
            return FIRST_ANSWER_SECONDS
        return LONGEST_STATEMENT_SECONDS if self.has_time else STATEMENT_SECONDS
