"""Every printed reference number comes back, from the functions and from the answer."""

from functools import cache
from operator import attrgetter

import pytest

from app.survival.estimate import Wishes
from app.survival.level import parse_level
from app.survival.reading import read_level
from tests.builders import LIBRARY, MIROCALS, STRATA, a_document, a_question, the_curves
from tests.oracle.reference import FLOAT_NOISE, find, read_rows

ROWS = read_rows()
ARMS = {"placebo": "control", "il2ld": "treated"}


@cache
def answer(pnfh, evidence="mirocals-2025", *, unit, comparator=None, **wishes):
    question = a_question(pnfh, unit, comparator, wishes=wishes_of(**wishes))
    return a_document(question, LIBRARY.studies[evidence])


def wishes_of(times=None, alive_at=None, extrapolate="false"):
    days = times and tuple(float(day) for day in times.split(","))
    return Wishes(days, alive_at and float(alive_at), extrapolate == "true")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_answer_gives_the_printed_number(row):
    found = find(answer(**row.query), row.path)
    assert row.holds(found), f"{found} is not {row.expected} within {row.tolerance}"


def from_science(row):
    """Compute what a row prints from the science alone; None for rows that only a document has."""
    level = parse_level(row.query["pnfh"], row.query["unit"], row.query.get("comparator"))
    reading = read_level(level, MIROCALS)
    if row.path[0] == "stratum" or "continuous" in row.path:
        return of_level(reading, *row.path)
    stratum = reading.stratum(MIROCALS)
    group = stratum.id if stratum and stratum.group else "whole_trial"
    return of_group(group, float(row.query.get("alive_at", 0)), *row.path)


def of_level(reading, *path):
    match path:
        case ("stratum", "membership", stratum_id, "probability"):
            return reading.probabilities[list(STRATA).index(stratum_id)]
        case ("treatment_effect", "continuous", "rounding_range", field):
            return getattr(reading.continuous, f"rounding_{field}")
        case ("treatment_effect", "continuous", "crosses_one_at", field):
            value, interval = MIROCALS.interaction.model.crossing()
            return value if field == "value" else getattr(interval, field)
        case ("treatment_effect", "continuous", field):
            return getattr(reading.continuous, field, None)
    return None


def of_group(group, since, *path):
    match path:
        case ("survival_curves", "comparator", "arms", arm, *rest):
            return of_arm(the_curves("whole_trial"), ARMS[arm], 0, *rest)
        case ("survival_curves", "conditional", "arms", arm, *rest):
            return of_arm(the_curves(group), ARMS[arm], since, *rest)
        case ("survival_curves", "arms", arm, *rest) | (
            "survival_curves",
            "extrapolated",
            "arms",
            arm,
            *rest,
        ):
            return of_arm(the_curves(group), ARMS[arm], 0, *rest)
        case ("treatment_effect", *rest):
            return of_difference(the_curves(group), *rest)
        case ("context", "whole_trial", *rest):
            return of_difference(the_curves("whole_trial"), *rest)
    return None


def of_arm(curves, side, since, *path):
    match path:
        case ("survival_at", day, *field) if float(day) >= since:
            return attrgetter(".".join(field))(curves.survival_at(side, float(day), since))
        case ("rmst", field):
            return getattr(curves.restricted_mean(side), field)
        case ("median", field) if field != "kind":
            return getattr(curves.median(side), field)
    return None


def of_difference(curves, *path):
    match path:
        case ("survival_difference", field):
            return getattr(curves.difference_at(640.0), field, None)
        case ("number_needed_to_treat", *field):
            return attrgetter(".".join(field))(curves.difference_at(640.0).number_needed_to_treat)
        case ("rmst_difference", "shape_sensitivity", field):
            return getattr(curves.mean_difference_over_shapes(), field)
        case ("rmst_difference", field):
            return getattr(curves.mean_difference(), field)
    return None


def rows_of_the_science():
    of_the_study = [row for row in ROWS if "evidence" not in row.query]
    return [row for row in of_the_study if from_science(row) is not None]


@pytest.mark.parametrize("row", rows_of_the_science(), ids=lambda row: row.name)
def test_the_science_gives_the_printed_number(row):
    assert row.holds(from_science(row))


def test_only_what_a_document_adds_is_not_asked_of_the_science():
    asked = rows_of_the_science()
    left = {row.path[-2] for row in ROWS if row.tolerance > FLOAT_NOISE and row not in asked}
    assert left == {"per_1000", "observed"}
