"""An event loop that gives up on a peer who neither finishes a TLS handshake nor says farewell.

Before the handshake is over there is no connection yet that `patience` could watch.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

if sys.platform == "win32":  # where there is no uvloop
    from asyncio import ProactorEventLoop as Loop
else:
    from uvloop import Loop

if TYPE_CHECKING:
    import asyncio

FAREWELL_SECONDS: Final = 1.0
"""How long a closing connection waits for its peer's close_notify; half a minute else."""


class TlsLoop(Loop):
    """The usual loop with deadlines for TLS, which uvicorn leaves at a minute."""

    handshake_seconds: ClassVar[float] = 15.0

    async def create_server(self, *arguments: Any, **options: Any) -> asyncio.Server:
        """Listen as the usual loop does, less patiently."""
        if options.get("ssl") is not None:
            options["ssl_handshake_timeout"] = self.handshake_seconds
            options["ssl_shutdown_timeout"] = FAREWELL_SECONDS
        return cast("asyncio.Server", await super().create_server(*arguments, **options))
