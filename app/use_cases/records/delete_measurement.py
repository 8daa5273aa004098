"""Delete a measurement that should not have been recorded."""

from __future__ import annotations

from datetime import datetime

from app.clinic.measurement import Measurement
from app.db.measurements import MeasurementRepository


async def delete_measurement(
    measurement: Measurement, *, moment: datetime, measurements: MeasurementRepository
) -> None:
    """Take a measurement out of lists and estimates. It is still among what is held."""
    await measurements.delete(measurement, moment)
