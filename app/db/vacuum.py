"""Clearing away what was erased where PostgreSQL leaves it lying until it vacuums."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

WITH_PATIENTS: Final = ("patient", "patient_version", "measurement", "estimate", "first_answer")
"""The tables that hold values of patients."""


async def clear_erased(engine: AsyncEngine) -> bool:
    """Let PostgreSQL clear away erased rows now; say whether it is PostgreSQL.

    Only the owner of a table may: of others' tables PostgreSQL skips each, with a warning.
    """
    if engine.dialect.name != "postgresql":
        return False
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.exec_driver_sql(f"VACUUM {', '.join(WITH_PATIENTS)}")
    return True
