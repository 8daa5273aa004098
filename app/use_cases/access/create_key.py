"""Create an API key for a clinic; the clinic too, if it is new."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, time
from typing import Final
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from app.clinic.access import Role
from app.clinic.api_key import ApiKey, new_key_text
from app.db.clinics import ClinicRepository
from app.db.keys import KeyRepository
from app.errors import Fault, InvalidInput
from app.schemas.values import is_safe

LONGEST_NAME: Final = 200


async def create_key(
    clinic_name: str, role: Role, expires_date: date | None, *, connection: AsyncConnection
) -> str:
    """Create a key and give its text, this once: afterwards only its digest is known.

    The key opens nothing from the beginning of `expires_date` (UTC) on. Raises InvalidInput if
    the clinic's name is no name.
    """
    text = new_key_text()
    key = ApiKey(
        id=str(uuid4()),
        clinic_id=await ClinicRepository(connection).enrol(checked_name(clinic_name)),
        lookup=text.lookup,
        digest=text.digest,
        role=role,
        created_at=datetime.now(UTC),
        expires_at=datetime.combine(expires_date, time.min, UTC) if expires_date else None,
    )
    await KeyRepository(connection).add(key)
    return text.written


def checked_name(clinic_name: str) -> str:
    """Give a clinic's name as it is kept. Raises InvalidInput if it is none."""
    name = unicodedata.normalize("NFC", clinic_name.strip())
    if not name or len(name) > LONGEST_NAME or not is_safe(name):
        detail = f"A clinic's name has 1 to {LONGEST_NAME} characters, all of them visible."
        raise InvalidInput([Fault("/clinic", "clinic_name", detail)])
    return name
