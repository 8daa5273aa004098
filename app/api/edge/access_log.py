"""One line for each request: what was asked of the service, never what was said in it.

No address, query, body, header or name that a caller chose stands in it, but for the request id,
whose alphabet is checked.
"""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.api.edge.exchange import Exchange

FAILED: Final = 500


class AccessLog:
    """Tells each exchange to `write`, which must not wait."""

    def __init__(
        self, write: Callable[[bytes], None], *, as_text: bool = False, with_address: bool = False
    ) -> None:
        self._write = write
        self._format = _as_text if as_text else _as_json
        self._with_address = with_address

    def tell(self, exchange: Exchange, seconds: float) -> None:
        """Write the line of a request that ended."""
        line: dict[str, Any] = {
            "time": datetime.now(UTC),
            "level": "error" if exchange.status >= FAILED else "info",
            "event": "request" if exchange.is_complete else "request cut off",
            "request_id": exchange.request_id,
            "trace_id": exchange.trace_id.decode(),
            "method": exchange.method,
            "route": exchange.route,
            "status": exchange.status,
            "duration_ms": round(seconds * 1000, 3),
            "bytes": exchange.sent,
        }
        caller = exchange.scope["state"].get("caller")
        if caller is not None:
            line["caller"] = caller.principal.partition(":")[0]
            line["clinic_id"] = caller.clinic_id
        if self._with_address:
            line["client"] = _address(exchange.scope.get("client"))
        self._write(self._format(line))


def _address(client: tuple[str, int] | None) -> str | None:
    """The client's address if it is one: a proxy may have passed on any word."""
    try:
        return str(ip_address(client[0])) if client else None
    except ValueError:
        return None


def _as_json(line: dict[str, Any]) -> bytes:
    return orjson.dumps(line, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)


def _as_text(line: dict[str, Any]) -> bytes:
    time, *told = line.values()
    return " ".join([f"{time:%Y-%m-%dT%H:%M:%S.%fZ}", *map(str, told)]).encode() + b"\n"
