"""A finished file as an answer: sent in pieces, compressed on the way if the caller can read it."""

from __future__ import annotations

import zlib
from typing import IO, TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

PIECE: Final = 262_144
_QUICK: Final = 1
_GZIP: Final = 31


class SpooledResponse(Response):
    """Sends a file from its beginning, then closes it. A file that ends early cuts the answer."""

    def __init__(self, file: IO[bytes], media_type: str, name: str, *, gzip: bool) -> None:
        headers = {
            "cache-control": "no-store",
            "content-disposition": f'attachment; filename="{name}"',
            "vary": "accept, accept-encoding",
        }
        super().__init__(headers=headers, media_type=media_type)
        self._file = file
        self._packer = zlib.compressobj(_QUICK, wbits=_GZIP) if gzip else None
        del self.headers["content-length"]
        if gzip:
            self.headers["content-encoding"] = "gzip"
        else:
            self.headers["content-length"] = str(file.seek(0, 2))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file."""
        del receive
        is_head = scope["method"] == "HEAD"
        try:
            start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
            await send(start)
            self._file.seek(0)
            more = not is_head
            while more:
                piece = await run_in_threadpool(self._file.read, PIECE)
                more = bool(piece)
                body = await run_in_threadpool(self._pack, piece)
                await send({"type": "http.response.body", "body": body, "more_body": more})
            if is_head:
                await send({"type": "http.response.body", "body": b""})
        finally:
            self._file.close()

    def _pack(self, piece: bytes) -> bytes:
        if self._packer is None:
            return piece
        return self._packer.compress(piece) if piece else self._packer.flush()
