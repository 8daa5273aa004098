"""`serve`: listen for requests."""

from __future__ import annotations

import gc
import os
import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from app.cli.logs import open_access_log, open_log
from app.cli.patience import PatientProtocol
from app.cli.tls import open_tls
from app.cli.tls_loop import TlsLoop
from app.db.audit_key import read_audit_key
from app.main import create_app
from app.settings import Settings, read_settings

if TYPE_CHECKING:
    import ssl


def serve() -> None:
    """Serve until told to stop; requests in flight are finished first."""
    settings = read_settings()
    tls = open_tls(settings)
    read_audit_key(settings)  # uvicorn would tell of a wrong one without naming it
    # uvicorn ends with the signal it was sent; to stop when told to is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    writer = open_log(settings)
    try:
        app = create_app(settings, open_access_log(settings, writer))
        gc.collect()
        gc.freeze()  # what is there now stays: it need not be looked through again and again
        _greet(settings, is_tls=tls is not None)
        PatientProtocol.seconds = settings.header_seconds
        TlsLoop.handshake_seconds = settings.header_seconds
        uvicorn.run(app, **_options(settings) | ({} if tls is None else _over(tls)))
    finally:
        writer.close()


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "host": settings.host,
        "port": settings.port,
        "http": PatientProtocol,
        "ws": "none",
        "access_log": False,
        "log_config": None,
        "server_header": False,
        "timeout_graceful_shutdown": settings.shutdown_seconds,
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": settings.trusted_proxies or "",
    }


def _over(tls: ssl.SSLContext) -> dict[str, Any]:
    loop = f"{TlsLoop.__module__}:{TlsLoop.__qualname__}"
    return {"ssl_context_factory": lambda *_: tls, "loop": loop}


def _greet(settings: Settings, *, is_tls: bool) -> None:
    shown = "localhost" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    address = f"{'https' if is_tls else 'http'}://{shown}:{settings.port}"
    try:
        print(f"page  {address}/\ndocs  {address}/docs", flush=True)
        command = f"{_python()} -m app keys create --clinic NAME --role editor"
        print(f"a key  {_elsewhere(settings)}{command}", flush=True)
    except OSError:
        # Nobody need be listening. Python would try again when it ends, and end as a failure.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _elsewhere(settings: Settings) -> str:
    """The setting with which a command finds this data folder, if it is not the usual one."""
    if settings.data_dir == Settings.model_fields["data_dir"].default or settings.database_url:
        return ""
    return f"NEUROSTRATA_DATA_DIR={shlex.quote(str(settings.data_dir))} "


def _python() -> str:
    """This Python as one would type it here."""
    here = Path(sys.executable)
    return str(here.relative_to(Path.cwd())) if here.is_relative_to(Path.cwd()) else "python"
