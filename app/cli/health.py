"""`health`: ask a running service whether it lives, for containers and monitors."""

from __future__ import annotations

from typing import Annotated

import httpx
import typer

from app.errors import Unavailable
from app.settings import read_settings


def health(
    url: Annotated[str | None, typer.Argument(help="address; this machine's if unset")] = None,
) -> None:
    """Exit 0 if the service answers on /healthz, else 1."""
    address = url or f"http://127.0.0.1:{read_settings().port}"
    try:
        httpx.get(f"{address.rstrip('/')}/healthz", timeout=3).raise_for_status()
    except httpx.HTTPError as error:
        raise Unavailable(f"No answer from {address}: {type(error).__name__}.") from None
    print("ok")
