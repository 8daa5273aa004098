"""Admit whoever holds a good token of the issuer that is trusted, into the clinic it names."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Final

from app.clinic.access import Caller
from app.clinic.token import TokenRefused
from app.db.door import Door
from app.errors import Forbidden
from app.identity.issuer import Issuer

NO_ROLE: Final = "This token has no scope of this service: ask its issuer for one."

logger = logging.getLogger("neurostrata")


async def admit_token(written: str, *, issuer: Issuer, door: Door) -> Caller | None:
    """Say for whom a token speaks; None if it is not taken, whatever the reason.

    Raises Forbidden if it is good but has no scope of this service, Unavailable if the issuer or
    the database is away.
    """
    try:
        speaker = await issuer.check(written, datetime.now(UTC))
    except TokenRefused as refusal:
        logger.info("token refused: %s", refusal)
        return None
    clinic_id = await door.find_clinic(speaker.clinic)
    if clinic_id is None:
        logger.info("token refused: no such clinic")
        return None
    if speaker.role is None:
        raise Forbidden(NO_ROLE)
    return Caller(clinic_id, f"token:{speaker.subject}", speaker.role)
