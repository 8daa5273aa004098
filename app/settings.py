"""What the environment may decide: `NEUROSTRATA_*`, read once at start, then frozen."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import ConfigurationFault


class Settings(BaseSettings):
    """Every setting, its default, and what it is for. The README's table repeats these lines."""

    model_config = SettingsConfigDict(env_prefix="NEUROSTRATA_", frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on")
    public_url: str | None = Field(
        None,
        description="address under which clients reach the service, such as "
        "`https://neurostrata.clinic.example`: links begin with it, and what clients sign "
        "must be meant for it; unset, links begin with the `Host` that a request names, and what "
        "clients sign must be meant for `http://HOST:PORT`",
    )
    data_dir: Path = Field(Path("data"), description="folder of the SQLite database")
    database_url: str | None = Field(
        None,
        description="`postgresql://…` (14 or newer); SQLite in the data folder if unset",
        repr=False,
    )
    audit_key: SecretStr | None = Field(
        None,
        description="secret that seals the audit chains, 32 characters or more, the same for "
        "every process of one database; a file in the data folder if unset",
    )
    audit_days: int | None = Field(
        None,
        ge=1,
        description="how long `retention` keeps the account of who did what; for ever if unset",
    )
    tombstone_days: int | None = Field(
        None,
        ge=1,
        description="how long `retention` keeps that a patient was erased; for ever if unset",
    )
    idempotency_hours: int = Field(
        24, ge=24, description="how long the first answer to an Idempotency-Key is kept"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="how much is logged"
    )
    log_format: Literal["json", "text"] = Field("json", description="how a log line is written")
    access_log: bool = Field(True, description="whether each request is told in a log line")
    log_client_address: bool = Field(
        False, description="whether that line names the client's address"
    )
    metrics: bool = Field(True, description="whether `/metrics` is open; closed, it is a 404")
    tls_certificate: Path | None = Field(
        None, description="file of the certificate and those above it (PEM); needs `…_TLS_KEY`"
    )
    tls_key: Path | None = Field(
        None, description="file of the certificate's key (PEM), without a password"
    )
    trusted_proxies: str | None = Field(
        None,
        description="addresses and networks of reverse proxies, separated by commas, whose "
        "`X-Forwarded-For` and `-Proto` are believed; nobody's if unset",
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
    max_import_bytes: int = Field(
        4_294_967_296, ge=1024, description="largest file that is imported, as it is sent"
    )
    max_import_expanded_bytes: int = Field(
        17_179_869_184, ge=1024, description="the same, once it is decompressed"
    )
    max_bundle_entries: int = Field(
        1_000, ge=1, description="most entries of one FHIR Bundle that is sent"
    )
    max_batch_items: int = Field(10_000, ge=1, description="most items of one JSON batch")
    minimum_group: int = Field(
        10, ge=1, description="groups of fewer patients of a cohort are suppressed"
    )
    cohort_cache_bytes: int = Field(
        268_435_456, ge=0, description="memory for the columns of cohorts that were asked about"
    )
    fit_wait_seconds: float = Field(
        10.0, ge=0, description="how long a fit is waited for where `Prefer: wait` says nothing"
    )
    fit_seconds: float = Field(600.0, gt=0, description="after how long a fit is given up")
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

    cors_origins: str | None = Field(
        None,
        description="origins of web pages, separated by commas, whose scripts may call the "
        "service, such as `https://ehr.example`; none if unset",
    )
    fhir_servers: str | None = Field(
        None,
        description="addresses of FHIR servers, separated by commas, that a CDS Hooks call may "
        "make the service ask for what was not prefetched; none if unset",
    )
    fhir_pnfh_codes: str | None = Field(
        None,
        description="a laboratory's own codes for CSF pNFH, `system|code`, separated by commas, "
        "beside `urn:neurostrata:biomarker|pnfh-csf`",
    )
    fhir_patient_system: str = Field(
        "urn:neurostrata:patient",
        min_length=1,
        description="system of a FHIR Patient's identifier that is the pseudonym",
    )

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, written: str | None) -> str | None:
        if written is not None and not _is_address(written):
            raise ValueError("write an address such as https://neurostrata.clinic.example")
        return written.rstrip("/") if written else None

    @field_validator("fhir_servers")
    @classmethod
    def _check_servers(cls, written: str | None) -> str | None:
        servers = [word.strip().rstrip("/") for word in (written or "").split(",") if word.strip()]
        if not all(_is_address(server) for server in servers):
            raise ValueError("write addresses such as https://ehr.example/fhir")
        return ",".join(servers) or None

    @field_validator("cors_origins")
    @classmethod
    def _check_origins(cls, written: str | None) -> str | None:
        origins = [word.strip() for word in (written or "").split(",") if word.strip()]
        if not all(_is_address(word) and urlsplit(word).path == "" for word in origins):
            raise ValueError("write origins such as https://ehr.example, without a path; no *")
        return ",".join(origins) or None

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, written: str | None) -> str | None:
        networks = [word.strip() for word in (written or "").split(",") if word.strip()]
        if not all(_is_network(word) for word in networks):
            raise ValueError("write addresses or networks, such as 10.0.0.5,192.168.1.0/24")
        return ",".join(networks) or None

    oidc_issuer: str | None = Field(
        None,
        description="address of the OpenID Connect issuer whose bearer tokens are taken, exactly "
        "as its tokens name it; none are taken if unset",
    )
    oidc_audience: str | None = Field(
        None, description="what a token's `aud` must hold; needed with an issuer"
    )
    oidc_jwks_url: str | None = Field(
        None, description="where the issuer's keys are; its discovery document says it if unset"
    )
    oidc_clinic_claim: str = Field(
        "clinic", min_length=1, description="claim that holds the name or id of the clinic"
    )
    oidc_scope_prefix: str = Field(
        "neurostrata/",
        description="what stands before `viewer`, `editor` or `admin` in the scope for that role",
    )
    oidc_max_token_seconds: int = Field(
        3600, ge=60, le=86_400, description="longest life of a token that is taken"
    )

    @property
    def public_address(self) -> str:
        """The address that tokens must be meant for, without a slash at the end."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104
        return self.public_url or f"http://{host}:{self.port}"

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


def _is_address(word: str) -> bool:
    """Whether it is http or https, a host, perhaps a port and a path, and nothing more."""
    try:
        parts = urlsplit(word)
        _ = parts.port
    except ValueError:
        return False
    more = parts.query or parts.fragment or "@" in parts.netloc
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not more


def _is_network(word: str) -> bool:
    """Whether it is an address or a network; not all the world, nor one with host bits set."""
    try:
        return ip_network(word).prefixlen > 0
    except ValueError:
        return False


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
