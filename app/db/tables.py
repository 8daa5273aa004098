"""All tables at once, for whoever compares them with the migrations."""

from __future__ import annotations

from typing import Final

from app.db.clinics import clinic
from app.db.keys import api_key
from app.db.measurements import measurement
from app.db.metadata import metadata
from app.db.patients import patient

__all__ = ["TABLES", "metadata"]

TABLES: Final = (clinic, api_key, patient, measurement)
