"""Which issuer the settings trust."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from app.clinic.token import Trust
from app.errors import ConfigurationFault
from app.identity.fetch import is_acceptable
from app.settings import Settings

_ADDRESS: Final = "must be an https address (http for localhost and 127.0.0.1 alone)"


def read_trust(settings: Settings) -> Trust | None:
    """Give the issuer whose tokens are taken, or None if the settings name none.

    Raises ConfigurationFault that names each setting at fault, without repeating its value.
    """
    faults = list(_faults(settings))
    if faults:
        raise ConfigurationFault("; ".join(f"NEUROSTRATA_{fault}." for fault in faults))
    if settings.oidc_issuer is None or settings.oidc_audience is None:
        return None
    return Trust(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        jwks_url=settings.oidc_jwks_url,
        clinic_claim=settings.oidc_clinic_claim,
        scope_prefix=settings.oidc_scope_prefix,
        longest_seconds=settings.oidc_max_token_seconds,
    )


def _faults(settings: Settings) -> list[str]:
    issuer, audience, keys = settings.oidc_issuer, settings.oidc_audience, settings.oidc_jwks_url
    checks = {
        "OIDC_ISSUER is needed beside OIDC_AUDIENCE and OIDC_JWKS_URL": issuer is not None
        or (audience is None and keys is None),
        "OIDC_AUDIENCE is needed beside OIDC_ISSUER": issuer is None or bool(audience),
        f"OIDC_ISSUER {_ADDRESS}, without query": issuer is None
        or (is_acceptable(issuer) and not urlsplit(issuer).query),
        f"OIDC_JWKS_URL {_ADDRESS}": keys is None or is_acceptable(keys),
    }
    return [fault for fault, holds in checks.items() if not holds]
