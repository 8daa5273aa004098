"""Clearing away what was erased where PostgreSQL leaves it lying until it vacuums."""

from __future__ import annotations

from typing import Final

from app.db.engine import open_migration_engine
from app.settings import Settings

WITH_PATIENTS: Final = ("patient", "patient_version", "measurement", "estimate", "first_answer")
"""The tables that hold values of patients."""


def clear_erased(settings: Settings) -> None:
    """Let PostgreSQL clear away erased rows now. It may take minutes, which no request would wait.

    Only the owner of a table may: of others' tables PostgreSQL skips each, with a warning.
    """
    engine = open_migration_engine(settings)
    if engine.dialect.name == "postgresql":
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql(f"VACUUM {', '.join(WITH_PATIENTS)}")
    engine.dispose()
