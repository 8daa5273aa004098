"""The ENCALS test vectors come back to their printed digits; rows A and D were repeated in R."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from app.survival.encals import EncalsPatient
from tests.builders import LIBRARY

MODEL = LIBRARY.entry("encals-2018").prognosis
VECTORS = Path(__file__).parent / "data" / "encals_vectors.csv"
with VECTORS.open(encoding="utf-8", newline="") as lines:
    ROWS = list(csv.DictReader(lines))

each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row["case"])


def patient(row):
    numbers = [float(row[name]) for name in ("age", "slope", "delay", "fvc")]
    signs = [row[name] == "1" for name in ("bulbar", "definite", "ftd", "c9orf72")]
    return EncalsPatient(*numbers, *signs)


def printed(text):
    """A printed number, known to half a unit of its last digit."""
    return pytest.approx(float(text), abs=0.5 * 10.0 ** -len(text.partition(".")[2]) + 1e-12)


@each_row
def test_the_linear_predictor(row):
    assert MODEL.linear_predictor(patient(row)) == printed(row["predictor"])


@each_row
def test_the_linear_predictor_with_coefficients_of_three_decimals(row):
    rounded = {name: round(beta, 3) for name, beta in MODEL.coefficients.items()}
    model = replace(MODEL, coefficients=rounded)
    assert model.linear_predictor(patient(row)) == printed(row["rounded_predictor"])


@each_row
@pytest.mark.parametrize("month", [12, 24, 36, 60])
def test_survival_since_onset(row, month):
    predictor = MODEL.linear_predictor(patient(row))
    assert MODEL.survival(month, predictor) == printed(row[f"s{month}"])


@each_row
@pytest.mark.parametrize(("column", "alive"), [("upper", 0.75), ("median", 0.5), ("lower", 0.25)])
def test_the_quartiles(row, column, alive):
    predictor = MODEL.linear_predictor(patient(row))
    assert MODEL.quantile(alive, predictor) == printed(row[column])


@each_row
@pytest.mark.parametrize("ahead", [12, 21])
def test_survival_from_the_diagnosis_on(row, ahead):
    predictor, delay = MODEL.linear_predictor(patient(row)), float(row["delay"])
    alive = MODEL.survival(delay + ahead, predictor) / MODEL.survival(delay, predictor)
    assert alive == printed(row[f"ahead{ahead}"])
