"""Clearing away what was erased where PostgreSQL leaves it lying until it vacuums."""

from __future__ import annotations

from typing import Final

from app.db.engine import open_migration_engine
from app.db.erasures import NOT_OVERWRITTEN
from app.db.outage import told_as_unavailable
from app.settings import Settings

WITH_PATIENTS: Final = ("patient", "patient_version", "measurement", "estimate", "first_answer")
"""The tables that hold values of patients."""


def clear_erased(settings: Settings) -> None:
    """Let PostgreSQL clear away erased rows now. It may take minutes, which no request would wait.

    Only the owner of a table may: of others' tables PostgreSQL skips each, with a warning. Raises
    Unavailable.
    """
    engine = open_migration_engine(settings)
    if engine.dialect.name == "postgresql":
        at_once = engine.execution_options(isolation_level="AUTOCOMMIT")
        with told_as_unavailable(NOT_OVERWRITTEN), at_once.connect() as connection:
            connection.exec_driver_sql(f"VACUUM {', '.join(WITH_PATIENTS)}")
    engine.dispose()
