"""What the environment may decide: `NEUROSTRATA_*`, read once at start, then frozen."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import ConfigurationFault


class Settings(BaseSettings):
    """Every setting, its default, and what it is for. The README's table repeats these lines."""

    model_config = SettingsConfigDict(env_prefix="NEUROSTRATA_", frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on")
    data_dir: Path = Field(Path("data"), description="folder of the SQLite database")
    database_url: str | None = Field(
        None,
        description="`postgresql://…` (14 or newer); SQLite in the data folder if unset",
        repr=False,
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="how much is logged"
    )
    max_body_bytes: int = Field(
        16_777_216,
        ge=1024,
        description="largest JSON body that is read; streams have no such bound",
    )
    max_line_bytes: int = Field(
        65_536, ge=256, description="longest line of an NDJSON stream that is read"
    )
    max_spool_bytes: int = Field(
        1_073_741_824,
        ge=65_536,
        description="most bytes of one NDJSON stream that wait on disk for their answers",
    )
    max_batch_items: int = Field(10_000, ge=1, description="most items of one JSON batch")
    header_seconds: float = Field(
        15.0, gt=0, description="time a client has to send its request line and headers"
    )
    body_idle_seconds: float = Field(
        30.0, gt=0, description="longest silence while a client sends a body"
    )
    shutdown_seconds: int = Field(
        20, ge=1, description="time that requests in flight have to finish when the service stops"
    )
    failed_logins_per_minute: int = Field(
        20, ge=0, description="wrong keys an address may try in a minute; 0 sets no bound"
    )

    @property
    def sqlalchemy_url(self) -> str:
        """The database's address in SQLAlchemy's form, with the driver this service uses."""
        if self.database_url is None:
            return f"sqlite+aiosqlite:///{self.data_dir / 'neurostrata.sqlite3'}"
        scheme, found, rest = self.database_url.partition("://")
        if not found or scheme.partition("+")[0] not in {"postgres", "postgresql"}:
            raise ConfigurationFault(
                "NEUROSTRATA_DATABASE_URL must begin with postgresql://; "
                "leave it unset for SQLite in NEUROSTRATA_DATA_DIR."
            )
        return f"postgresql+psycopg://{rest}"


def read_settings() -> Settings:
    """Read the environment once.

    Raises ConfigurationFault that names each wrong setting, without repeating its value.
    """
    try:
        settings = Settings()
        _ = urlsplit(settings.sqlalchemy_url).port  # reads the whole address, its port as a number
    except ValidationError as error:
        faults = (f"NEUROSTRATA_{e['loc'][0]}".upper() + f": {e['msg']}" for e in error.errors())
        raise ConfigurationFault("; ".join(faults)) from None
    except ValueError:
        detail = (
            "NEUROSTRATA_DATABASE_URL is no address: postgresql://user:password@host:port/name."
        )
        raise ConfigurationFault(detail) from None
    return settings
