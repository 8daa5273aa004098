"""R gives the same numbers. Scripts in `r/` made the answers in `data/`, which name them."""

import json
from math import exp, log
from pathlib import Path

import pytest

from app.survival.encals import EncalsPatient
from app.survival.pair import pair_arms
from app.survival.proportion import newcombe_difference
from app.survival.stratum import membership
from tests.builders import LIBRARY, a_ratio, the_curves

DATA = Path(__file__).parent / "data"
AGGREGATES = json.loads((DATA / "r_published_aggregates.json").read_text(encoding="utf-8"))
ENCALS = json.loads((DATA / "r_encals.json").read_text(encoding="utf-8"))
MODEL = LIBRARY.entry("encals-2018").prognosis

# R's qnorm(0.975) against our 1.959964: 8e-9 of the width.
ROUNDED_Z = 1e-7


def close(value, rel=1e-12):
    return pytest.approx(value, rel=rel, abs=1e-14)


def each(rows, *names):
    return pytest.mark.parametrize(
        "row", rows, ids=lambda row: "-".join(str(row[name]) for name in names)
    )


@each(AGGREGATES["curves"], "group", "shape", "day")
def test_a_weibull_curve_is_that_of_pweibull(row):
    pair = the_curves(row["group"]).pairs[0]
    assert pair.control.survival(row["day"], row["shape"]) == close(row["control"])
    assert pair.treated.survival(row["day"], row["shape"]) == close(row["treated"])


@each([row for row in AGGREGATES["curves"] if row["day"] == 640], "group", "shape")
def test_a_restricted_mean_is_that_of_pgamma_and_of_integrate(row):
    pair = the_curves(row["group"]).pairs[0]
    for side in ("control", "treated"):
        mean = getattr(pair, side).restricted_mean(row["shape"])
        assert mean == close(row[f"{side}_mean"])
        assert mean == close(row[f"{side}_area"], rel=1e-10)


@each(AGGREGATES["counts"], "alive", "n")
def test_the_band_at_the_horizon_is_that_of_survfit(row):
    wide = a_ratio(1.0, 0.05, 20.0)
    control = pair_arms(row["alive"] / row["n"], row["n"], wide, 640.0).control
    band = control.band(640.0, 1.5)
    assert (band.lower, band.upper) == close((row["lower"], row["upper"]), rel=ROUNDED_Z)


@each(AGGREGATES["differences"], "a", "a_total", "b", "b_total")
def test_newcombe_is_that_of_two_prop_tests(row):
    found = newcombe_difference(row["a"], row["a_total"], row["b"], row["b_total"])
    assert (found.lower, found.upper) == close((row["lower"], row["upper"]), rel=ROUNDED_Z)


@each(AGGREGATES["gaps"], "group", "shape", "day")
def test_a_difference_is_that_of_the_delta_method_with_covariance(row):
    pair = the_curves(row["group"]).pairs[0]
    interval = pair.survival_difference_interval(row["day"], row["shape"])
    assert pair.survival_difference(row["day"], row["shape"]) == close(row["value"])
    assert (interval.lower, interval.upper) == close((row["lower"], row["upper"]), rel=1e-10)


@each(AGGREGATES["membership"], "level", "assay_cv")
def test_the_certainty_of_a_stratum_is_that_of_plnorm(row):
    found = membership(row["level"], [log(750), log(3700)], row["assay_cv"])
    expected = (row["very_low"], row["low"], row["high"])
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-15)


def patient(case):
    return EncalsPatient(
        case["age"], case["slope"], case["delay"], case["fvc"],
        bool(case["bulbar"]), bool(case["definite"]), bool(case["ftd"]), bool(case["c9orf72"]),
    )  # fmt: skip


def test_the_encals_baseline_is_that_of_r():
    assert [MODEL.log_odds(month) for month in ENCALS["months"]] == close(ENCALS["log_odds"])


@pytest.mark.parametrize("number", range(8), ids=lambda n: ENCALS["cases"][n]["case"])
def test_an_encals_prognosis_is_that_of_r(number):
    predictor = MODEL.linear_predictor(patient(ENCALS["cases"][number]))
    survival = [MODEL.survival(month, predictor) for month in ENCALS["months"]]
    quartiles = [log(MODEL.quantile(p, predictor)) for p in (0.75, 0.5, 0.25)]
    assert predictor == close(ENCALS["cases"][number]["predictor"])
    assert survival == close(ENCALS["survival"][number], rel=1e-11)
    assert [exp(z) for z in quartiles] == close(ENCALS["quartiles"][number], rel=1e-9)


@pytest.mark.parametrize("answer", [AGGREGATES, ENCALS], ids=["aggregates", "encals"])
def test_the_answers_name_their_script_version_and_date(answer):
    script = Path(answer["made_by"]).name
    assert (DATA.parent / "r" / script).exists()
    assert answer["r"].startswith("R version ")
    assert answer["date"] >= "2026"
