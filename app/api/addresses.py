"""Under which address the service is reached: for what it links to, and what tokens are for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import Request

    from app.settings import Settings


def base_of(request: Request) -> str:
    """Give the address that links begin with: as configured, else as the client reached it."""
    settings: Settings = request.state.settings
    return settings.public_url or str(request.base_url).rstrip("/")
