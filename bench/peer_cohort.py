"""lifelines on the bench's patients: `python -m bench.peer_cohort curves|fit PLACE [MORE]`.

Curves are made from the stored rows: one SQL statement with each patient's latest level, read into
pandas, then a KaplanMeierFitter for each group. Models are fitted to rows that are in memory.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.cohort_patients import read_patients

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

TIMES = (180, 365, 540, 640)
TIGHT = {"precision": 1e-12}
ROWS = """
SELECT patient.arm,
  CASE WHEN level.value < 750 THEN 'very_low' WHEN level.value <= 3700 THEN 'low' ELSE 'high' END
    AS stratum,
  patient.follow_up_days::float8 AS days, (patient.vital_status = 'dead')::int AS dead
FROM patient JOIN (
  SELECT DISTINCT ON (patient_id) patient_id, value::float8 AS value FROM measurement
  WHERE clinic_id = %(clinic)s AND deleted_at IS NULL AND biomarker = 'pnfh' AND specimen = 'csf'
  ORDER BY patient_id, collected_date DESC NULLS LAST, collected_at DESC NULLS LAST,
    created_at DESC, id DESC
) AS level ON level.patient_id = patient.id
WHERE patient.clinic_id = %(clinic)s AND patient.deleted_at IS NULL
"""


def curves(url: str, clinic: str) -> dict[str, Any]:
    """Read the rows of a clinic and estimate each group's survival with its band."""
    import lifelines
    import pandas as pd
    import psycopg  # noqa: PLC0415

    def work() -> dict[str, Any]:
        with psycopg.connect(url) as connection:
            named = {"clinic": clinic}
            connection.execute(
                "SELECT set_config('neurostrata.clinic_id', %(clinic)s, true),"
                " set_config('work_mem', '256MB', true),"
                " set_config('enable_nestloop', 'off', true)",
                named,
            )
            found = connection.execute(ROWS, named)
            names = [column.name for column in found.description or ()]
            rows = pd.DataFrame(found.fetchall(), columns=names)
        fitted = {}
        for (arm, stratum), group in rows.groupby(["arm", "stratum"]):
            fitter = lifelines.KaplanMeierFitter()
            fitted[f"{arm},{stratum}"] = fitter.fit(group["days"], group["dead"])
        return fitted

    return _clocked(work, lambda fitted: {name: _read(one) for name, one in fitted.items()})


def fit(file: str, batch_mode: str) -> dict[str, Any]:
    """Fit Cox's model with Efron's ties as precisely as the service does."""
    import lifelines
    import pandas as pd

    patients = read_patients(Path(file))
    level = np.log(patients.pnfh)
    rows = pd.DataFrame(
        {
            "days": patients.days,
            "dead": patients.dead,
            "arm": patients.is_treated,
            "log_pnfh": level,
            "age": patients.age,
            "both": patients.is_treated * level,
        }
    )

    def work() -> lifelines.CoxPHFitter:
        fitter = lifelines.CoxPHFitter()
        is_batch = batch_mode == "batch"
        return fitter.fit(rows, "days", "dead", batch_mode=is_batch, fit_options=TIGHT)

    return _clocked(work, lambda fitter: {"coefficients": fitter.params_.tolist()})


def _read(fitter: Any) -> dict[str, list[float]]:
    """The curve and its band at the times."""
    bands: pd.DataFrame = fitter.confidence_interval_survival_function_
    rows = np.searchsorted(bands.index, TIMES, side="right") - 1
    lower, upper = bands.to_numpy()[rows].T
    survival = fitter.survival_function_at_times(TIMES)
    return {"survival": survival.tolist(), "lower": lower.tolist(), "upper": upper.tolist()}


def _clocked(work: Callable[[], Any], read: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    used, began = time.process_time(), time.perf_counter()
    done = work()
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - used
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "most": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "found": read(done),
        "version": f"lifelines {version('lifelines')}",
    }


if __name__ == "__main__":
    task = {"curves": curves, "fit": fit}[sys.argv[1]]
    print(json.dumps(task(*sys.argv[2:])))
