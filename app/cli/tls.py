"""TLS as this service speaks it: 1.2 and newer, with forward secrecy and authenticated ciphers."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

from app.errors import ConfigurationFault

if TYPE_CHECKING:
    from pathlib import Path

    from app.settings import Settings

CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2: Python's own choice would allow suites in CBC mode. TLS 1.3 has none of them."""

CERTIFICATE: Final = "NEUROSTRATA_TLS_CERTIFICATE"
BOTH: Final = f"{CERTIFICATE} and NEUROSTRATA_TLS_KEY"


def open_tls(settings: Settings) -> ssl.SSLContext | None:
    """Give the server's side of TLS, or None if no certificate is set.

    Raises ConfigurationFault if one of the two files is missing, unreadable, or not the other's.
    """
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise ConfigurationFault(f"{BOTH} go together: set both or neither.")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])
    _load(context, certificate, key)
    return context


def trust_itself(certificate: Path) -> ssl.SSLContext:
    """Give a client's side that believes this very certificate, under whatever name it is asked.

    Raises ConfigurationFault if there is no certificate in the file.
    """
    try:
        context = ssl.create_default_context(cafile=certificate)
    except OSError as error:
        raise ConfigurationFault(f"{CERTIFICATE} could not be read: {_reason(error)}.") from None
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _load(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    try:
        context.load_cert_chain(certificate, key, password=_refuse_password)
    except (OSError, ValueError) as error:
        raise ConfigurationFault(f"{BOTH} could not be used: {_reason(error)}.") from None


def _refuse_password() -> str:
    # Without this, OpenSSL would ask on the terminal, for ever.
    raise ValueError("the key is locked with a password")


def _reason(error: Exception) -> str:
    # An SSLError is an OSError too; none of these words is from the file's content.
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
