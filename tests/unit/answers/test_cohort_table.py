"""A cohort's curves as a table: every number as it is, every cell harmless."""

import csv
from io import StringIO

import numpy as np
import pytest

from app.answers.cohort.table import survival_csv
from app.files.cells import read_cell
from app.files.columns import Kind
from tests.unit.answers.cohort_answers import (
    CURVE,
    INCIDENCE,
    a_group,
    a_suppressed,
    an_answer,
)

NUMBERS = ["time", "at_risk", "events", "censored", "survival", "lower", "upper"]


def rows_of(*groups):
    return list(csv.DictReader(StringIO(survival_csv(an_answer(*groups)))))


def test_the_first_lines_are_these():
    table = survival_csv(an_answer(a_group({"arm": "placebo", "c9orf72": False})))
    assert table.startswith(
        "arm,c9orf72,time,at_risk,events,censored,survival,lower,upper\n"
        "placebo,false,0,6,0,0,1,1,1\n"
        f"placebo,false,2,6,1,0,{5 / 6},0.27,0.97\n"
    )
    assert table.endswith("\n")
    assert "\r" not in table


def test_every_number_is_written_in_full():
    rows = rows_of(a_group({"arm": "none"}))
    for name in NUMBERS:
        read = [float(row[name]) if row[name] else None for row in rows]
        assert read == CURVE[name]


def test_what_is_not_known_is_an_empty_cell():
    last = rows_of(a_group({"arm": None}))[-1]
    assert (last["arm"], last["lower"], last["upper"]) == ("", "", "")


def test_columns_of_numpy_are_written_as_lists_are():
    arrays = {name: np.array(values, float) for name, values in CURVE.items()}
    with_arrays, with_lists = (an_answer(a_group({}, curve=c)) for c in (arrays, CURVE))
    assert survival_csv(with_arrays) == survival_csv(with_lists)


def test_a_suppressed_group_has_no_lines_but_its_variables():
    table = survival_csv(an_answer(a_suppressed({"arm": "il2ld"})))
    assert table == "arm,time,at_risk,events,censored,survival,lower,upper\n"


def test_without_variables_the_lines_begin_with_the_day():
    assert survival_csv(an_answer(a_group({}))).splitlines()[1] == "0,6,0,0,1,1,1"
    assert survival_csv(an_answer()) == ",".join(NUMBERS) + "\n"


@pytest.mark.parametrize(
    "text", ["=1+1", "+x", "-x", "@sum", "\tx", "\rx", "'x", "5", "1,5", 'a "b", c\nd', "<b>"]
)
def test_no_text_is_taken_for_a_formula_or_a_number(text):
    cell = rows_of(a_group({"x_site": text}))[0]["x_site"]
    assert cell[0] not in "=+-@\t\r"
    assert read_cell(cell, Kind.COVARIATE, decimal_comma=False) == text


def test_cumulative_incidence_adds_its_columns():
    by_cause = a_group({"arm": "none"}, cumulative_incidence={"death": INCIDENCE})
    rows = rows_of(by_cause, a_group({"arm": "il2ld"}))
    assert list(rows[0]) == ["arm", *NUMBERS, "death_probability", "death_lower", "death_upper"]
    assert [row["death_probability"] for row in rows[:6]] == ["0", "0.1", "", "", "0.2", ""]
    assert {row["death_probability"] for row in rows[6:]} == {""}
    assert rows[4]["death_upper"] == ""


def test_times_of_one_curve_alone_have_lines_of_their_own():
    late = INCIDENCE | {"time": [0, 3, 12]}
    rows = rows_of(a_group({}, cumulative_incidence={"competing": late}))
    assert [row["time"] for row in rows] == ["0", "2", "3", "4", "5", "7", "9", "12"]
    assert (rows[2]["survival"], rows[2]["competing_probability"]) == ("", "0.1")
