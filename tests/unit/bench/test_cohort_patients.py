"""The peers get the very numbers that are imported, and as many deaths as a comparison needs."""

import csv

import numpy as np
import pytest

from app.evidence.library import open_library
from bench.cohort_patients import CUTS, LAST_DAY, read_patients, simulate, stratum_of


@pytest.fixture(params=[True, False], ids=["whole days", "continuous"])
def patients(request):
    """Simulate a small trial."""
    return simulate(2000, whole_days=request.param)


def test_the_same_patients_are_drawn_every_time(patients):
    again = simulate(2000, whole_days=bool((patients.days % 1 == 0).all()))
    assert np.array_equal(again.days, patients.days)
    assert np.array_equal(again.pnfh, patients.pnfh)


def test_the_file_says_what_the_columns_say(patients, tmp_path):
    patients.write_csv(tmp_path / "patients.csv")
    patients.keep(tmp_path / "patients.bin")
    kept = read_patients(tmp_path / "patients.bin")
    with (tmp_path / "patients.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["follow_up_days"]) for row in rows] == kept.days.tolist()
    assert [float(row["vital_status"] == "dead") for row in rows] == kept.dead.tolist()
    assert [float(row["arm"] == "il2ld") for row in rows] == kept.is_treated.tolist()
    assert [float(row["pnfh"]) for row in rows] == kept.pnfh.tolist()
    assert [float(row["x_age"]) for row in rows] == kept.age.tolist()


def test_about_half_die_and_nobody_is_followed_past_the_last_day(patients):
    assert 0.4 < patients.dead.mean() < 0.65
    assert patients.days.min() > 0
    assert patients.days.max() == LAST_DAY


def test_whole_days_are_tied_and_continuous_times_hardly_ever():
    days, times = (simulate(2000, whole_days=is_whole).days for is_whole in (True, False))
    is_last = times == LAST_DAY
    assert np.unique(days).size < 1500
    assert np.unique(times[~is_last]).size > 0.99 * np.count_nonzero(~is_last)


def test_the_strata_are_those_of_the_published_evidence():
    study = open_library().studies["mirocals-2025"]
    assert tuple(float(cut) for cut in study.cut_points) == CUTS
    levels = np.array([749.9, 750.0, 3700.0, 3700.1])
    names = [study.strata[int(code)].id for code in stratum_of(levels)]
    assert names == ["very_low", "low", "low", "high"]
