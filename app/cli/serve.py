"""`serve`: listen for requests."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import uvicorn

from app.cli.patience import PatientProtocol
from app.main import create_app
from app.settings import read_settings


def serve() -> None:
    """Serve until told to stop; requests in flight are finished first."""
    settings = read_settings()
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(message)s")
    app = create_app(settings)
    shown = "localhost" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    address = f"http://{shown}:{settings.port}"
    print(f"page  {address}/\ndocs  {address}/docs", flush=True)
    print(f"a key  {_python()} -m app keys create --clinic NAME --role editor", flush=True)
    PatientProtocol.seconds = settings.header_seconds
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        http=PatientProtocol,
        ws="none",
        access_log=False,
        server_header=False,
        log_level=settings.log_level,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        forwarded_allow_ips="",
    )


def _python() -> str:
    """This Python as one would type it here."""
    here = Path(sys.executable)
    return str(here.relative_to(Path.cwd())) if here.is_relative_to(Path.cwd()) else "python"
