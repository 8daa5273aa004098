"""The key that seals the audit chains. It never lies in the database that it guards."""

from __future__ import annotations

import os
from pathlib import Path
from secrets import token_hex
from typing import Final

from app.errors import ConfigurationFault
from app.settings import Settings

FILE: Final = "audit.key"
KEY_BYTES: Final = 32
LEAST_CHARACTERS: Final = 32


def read_audit_key(settings: Settings) -> bytes:
    """Give the key of the settings, or that of the data folder; a new folder gets a random one.

    Raises ConfigurationFault if the key is too short to be one, or its file cannot be read.
    """
    if settings.audit_key is not None:
        return _checked(settings.audit_key.get_secret_value(), "NEUROSTRATA_AUDIT_KEY")
    file = settings.data_dir / FILE
    try:
        return _checked(_read_or_make(file), f"The file {FILE} in NEUROSTRATA_DATA_DIR")
    except OSError as error:
        detail = f"The file {FILE} in NEUROSTRATA_DATA_DIR cannot be read: {error.strerror}."
        raise ConfigurationFault(detail) from None


def find_audit_key(settings: Settings) -> bytes:
    """Give the key that seals chains already, for a command: it never makes a new one.

    Raises ConfigurationFault if there is none, it is too short, or cannot be read.
    """
    if settings.audit_key is None and not (settings.data_dir / FILE).exists():
        raise ConfigurationFault(
            f"There is no audit key: neither NEUROSTRATA_AUDIT_KEY nor {FILE} in "
            "NEUROSTRATA_DATA_DIR. Take those of the service."
        )
    return read_audit_key(settings)


def _read_or_make(file: Path) -> str:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written whole before it has its name: another process starting now never reads half a key.
    fresh = file.with_name(f".{FILE}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as written:
        written.write(token_hex(KEY_BYTES))
        written.flush()
        os.fsync(written.fileno())
    try:
        os.link(fresh, file)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return file.read_text(encoding="ascii").strip()


def _checked(key: str, name: str) -> bytes:
    if len(key) < LEAST_CHARACTERS:
        raise ConfigurationFault(f"{name} needs {LEAST_CHARACTERS} random characters or more.")
    return key.encode()
