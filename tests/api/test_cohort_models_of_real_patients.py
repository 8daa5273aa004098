"""Real data sets, kept as a clinic keeps its patients: the service's models are those of R."""

import re

import pytest

from tests.api.clinics import Service, make_keys, open_service
from tests.api.fitted_cohorts import (
    a_patient_row,
    fitted,
    keep_rows,
    own_database,
)
from tests.oracle.datasets import answers, rows

CALLED = {
    "gbsg": {"hormon": "arm", "pgr1": "pnfh", "age": "x_age", "nodes": "x_nodes",
             "grade": "x_grade"},
    "veteran": {"trt": "arm", "karno": "x_karno", "age": "x_age", "celltype": "x_celltype"},
    "prostate": {"treated": "arm", "ap": "pnfh", "age": "x_age", "hg": "x_hg"},
    "channing": {"sex": "sex"},
}  # fmt: skip
"""What the columns of real data sets are called where they are kept as patients."""

# The knots of R's spline of `prostate` lie at quantiles of all patients, the service's at those of
# whom it fits. Its `knots` are not for the asking, so that model is compared in tests/oracle.
REAL = [
    (name, model["name"])
    for name in ("gbsg", "veteran", "prostate")
    for model in answers(name)["models"]
    if (name, model["name"]) != ("prostate", "spline")
]


@pytest.fixture(scope="module")
def real(tmp_path_factory, migrated_sqlite):
    """Give a clinic with the patients of a real data set, by its name; each is kept once."""
    running, opened = {}, []

    def of(name):
        if name not in running:
            people = patients_of(name)
            settings = own_database(migrated_sqlite, tmp_path_factory.mktemp(name))
            keys = make_keys(settings)
            opened.append(open_service(settings))
            running[name] = Service(opened[-1].__enter__(), keys)
            keep_rows(running[name], people)
        return running[name]

    yield of
    for client in opened:
        client.__exit__(None, None, None)


def patients_of(name):
    """The rows of a data set as an import has them."""
    model = answers(name)["models"][0]
    table = rows(name).texts
    people = []
    for i in range(len(rows(name))):
        facts = {ours: table[theirs][i] for theirs, ours in CALLED[name].items()}
        facts |= {"follow_up_days": table[model["days"]][i]}
        facts |= {"vital_status": "dead" if table[model["event"]][i] == "1" else "alive"}
        people.append(a_patient_row(i, **facts))
    return people


def body_of(name, model):
    """A model of the answers, as it is asked of the service."""
    called = CALLED[name]
    terms = [
        {"variable": called[term["variable"]]}
        | {key: term[key] for key in ("reference", "transform") if key in term}
        | ({"knots": len(term["knots"])} if "knots" in term else {})
        for term in model["terms"]
    ]
    pairs = [[called[one] for one in pair] for pair in model["interactions"]]
    strata = [called[one] for one in model["strata"]]
    return {"terms": terms, "interactions": pairs, "strata": strata}


def in_our_words(name, term):
    """R's name of a coefficient as the contract writes it."""
    for theirs, ours in CALLED[name].items():
        term = re.sub(rf"\b{theirs}\b", ours, term)
    return re.sub(r"(spline\(\w+\))(\d)", r"\1[\2]", term)


def by_term(name, table, *columns):
    named = [in_our_words(name, term) for term in table["term"]]
    return dict(zip(named, zip(*(table[one] for one in columns), strict=True), strict=True))


@pytest.mark.parametrize(("name", "title"), REAL)
def test_the_numbers_of_real_patients_are_those_of_r(real, name, title):
    expected = next(one for one in answers(name)["models"] if one["name"] == title)
    found = fitted(real(name), **body_of(name, expected))
    assert (found["n"], found["events"]) == (expected["n"], expected["events"])
    columns = ("coefficient", "standard_error")
    theirs = by_term(name, expected["coefficients"], *columns)
    ours = {row["term"]: tuple(row[one] for one in columns) for row in found["coefficients"]}
    assert ours.keys() == theirs.keys()
    for term, numbers in theirs.items():
        assert ours[term] == pytest.approx(numbers, rel=1e-6, abs=1e-9), term
    assert found["log_likelihood"] == pytest.approx(expected["log_likelihood"], rel=1e-9)
    assert found["likelihood_ratio"] == pytest.approx(expected["likelihood_ratio"], rel=1e-6)
    if expected["interaction_test"] is None:
        assert found["interaction_test"] is None
    else:
        assert found["interaction_test"] == pytest.approx(expected["interaction_test"], rel=1e-6)


@pytest.mark.parametrize(("name", "title"), REAL)
def test_their_checks_are_those_of_r(real, name, title):
    expected = next(one for one in answers(name)["models"] if one["name"] == title)
    found = fitted(real(name), **body_of(name, expected))
    checks = ("statistic", "degrees_of_freedom", "p_value")
    theirs = by_term(name, expected["proportional_hazards"], *checks)
    ours = {row["term"]: tuple(row[one] for one in checks) for row in found["proportional_hazards"]}
    assert ours.keys() == theirs.keys()
    assert "GLOBAL" in ours
    for term, numbers in theirs.items():
        assert ours[term] == pytest.approx(numbers, rel=1e-5, abs=1e-9), term
    concordance = {key: expected["concordance"][key] for key in ("value", "standard_error")}
    assert found["concordance"] == pytest.approx(concordance, rel=1e-6)


def test_the_effect_along_the_level_is_that_of_r(real):
    expected = answers("gbsg")["models"][0]
    effect = expected["effect"]
    at = effect["at"] if "at" in effect else effect["value"]
    found = fitted(real("gbsg"), **body_of("gbsg", expected), effect_at=at)
    ours = found["effect_by_biomarker"]
    assert [row["pnfh"] for row in ours] == pytest.approx(at)
    assert {(row["term"], row["reference"]) for row in ours} == {("arm[1]", "0")}
    for column in ("hazard_ratio", "lower", "upper"):
        assert [row[column] for row in ours] == pytest.approx(effect[column], rel=1e-6)
