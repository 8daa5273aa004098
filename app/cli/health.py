"""`health`: ask a running service whether it lives, for containers and monitors."""

from __future__ import annotations

from typing import Annotated

import httpx
import typer

from app.cli.tls import trust_itself
from app.errors import Unavailable
from app.settings import read_settings


def health(
    url: Annotated[str | None, typer.Argument(help="address; this machine's if unset")] = None,
) -> None:
    """Exit 0 if the service answers on /healthz, else 1."""
    settings = read_settings()
    certificate = settings.tls_certificate
    address = url or f"http{'s' if certificate else ''}://127.0.0.1:{settings.port}"
    verify = trust_itself(certificate) if certificate and not url else True
    try:
        httpx.get(f"{address.rstrip('/')}/healthz", timeout=3, verify=verify).raise_for_status()
    except httpx.HTTPError as error:
        raise Unavailable(f"No answer from {address}: {type(error).__name__}.") from None
    print("ok")
