"""The service's own Cox model without a service around it: `python -m bench.bare_fit FILE`."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import app
from app.cohort.columns import CategoricalColumn, Column, NumericColumn
from app.cohort.follow_up import FollowUp
from app.cohort.models.cox import fit_cox
from app.cohort.models.design import build_design
from app.cohort.models.terms import Term
from bench.cohort_patients import ARMS, read_patients

if TYPE_CHECKING:
    from collections.abc import Mapping

TERMS = (Term("arm", "placebo"), Term("pnfh", transform="log"), Term("x_age"))
REPEATS = 3


def main(file: str) -> None:
    """Fit some times, each from the columns on, and print the median as JSON."""
    patients = read_patients(Path(file))
    follow_up = FollowUp(patients.days, patients.dead.astype(np.int8))
    columns: dict[str, Column] = {
        "arm": CategoricalColumn(patients.is_treated.astype(np.int32), ARMS),
        "pnfh": NumericColumn(patients.pnfh),
        "x_age": NumericColumn(patients.age),
    }
    fits = [_fit(columns, follow_up) for _ in range(REPEATS)]
    seconds, cpu_seconds, coefficients = sorted(fits)[REPEATS // 2]
    told = {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "most": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "found": {"coefficients": coefficients},
        "version": f"neurostrata {app.__version__}",
    }
    print(json.dumps(told))


def _fit(columns: Mapping[str, Column], follow_up: FollowUp) -> tuple[float, float, list[float]]:
    """Seconds of the clock and of the processor, and the coefficients."""
    used, began = time.process_time(), time.perf_counter()
    fitted = fit_cox(build_design(TERMS, [("arm", "pnfh")], columns), follow_up)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - used
    return seconds, cpu_seconds, fitted.coefficients.tolist()


if __name__ == "__main__":
    main(sys.argv[1])
