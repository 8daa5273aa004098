"""An NDJSON stream: answers leave while lines still arrive, in constant memory.

The response owns `receive`. Starlette's StreamingResponse listens for a disconnect by the same
channel, and loses the parts of the body that it hears there.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from starlette.responses import Response

from app.api.estimates.lines import LineCutter
from app.api.estimates.spool import Spool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.types import Receive, Scope, Send

    from app.settings import Settings

logger = logging.getLogger("neurostrata")


class LineStream(Response):
    """Answers every line of the request's body through `answer`, a block of whole lines at a time.

    `refuse` makes the answer to a line that is too long, and the last line when input stalls or
    cannot be kept.
    """

    media_type = "application/x-ndjson"

    def __init__(
        self,
        answer: Callable[[bytes], bytes],
        refuse: Callable[[str], bytes],
        settings: Settings,
        headers: dict[str, str],
    ) -> None:
        super().__init__(headers=headers)
        del self.headers["content-length"]
        self.answer = answer
        self.refuse = refuse
        self.settings = settings
        self.ending = ""
        """The slug of what ended the input too soon."""
        self.gone = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read and answer until the client's end, or until it goes away."""
        del scope
        spool = Spool(self.settings.max_spool_bytes)
        reading = asyncio.create_task(self._read(receive, spool))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async for block in self._blocks(spool):
                body = self.refuse("too-large") if block is None else self.answer(block)
                await send({"type": "http.response.body", "body": body, "more_body": True})
                await asyncio.sleep(0)  # others have their turn between blocks
                if self.gone:
                    return
            last = self.refuse(self.ending) if self.ending else b""
            await send({"type": "http.response.body", "body": last, "more_body": False})
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading
            spool.close()

    async def _read(self, receive: Receive, spool: Spool) -> None:
        """Fill the spool from the request, then watch for the client to go away."""
        try:
            await self._read_body(receive, spool)
        except TimeoutError:
            self.ending = "timeout"
        except OSError as error:
            logger.warning("a stream cannot be spooled: %s", type(error).__name__)
            self.ending = "unavailable"
        finally:
            spool.end()
        while not self.gone:
            self.gone = (await receive())["type"] == "http.disconnect"

    async def _read_body(self, receive: Receive, spool: Spool) -> None:
        more = True
        while more:
            async with asyncio.timeout(self.settings.body_idle_seconds):
                message = await receive()
            self.gone = message["type"] == "http.disconnect"
            more = message.get("more_body", False)
            if message.get("body"):
                await spool.put(message["body"])

    async def _blocks(self, spool: Spool) -> AsyncIterator[bytes | None]:
        cutter = LineCutter(self.settings.max_line_bytes)
        while chunk := await spool.take():
            for block in cutter.cut(chunk):
                yield block
        if cutter.last().strip() and not self.ending:
            yield cutter.last()
