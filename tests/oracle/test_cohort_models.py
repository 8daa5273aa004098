"""Cox models of real data are those of R: coefficients, tests, predictions and their errors."""

import re

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter

from app.cohort.columns import CategoricalColumn, NumericColumn
from app.cohort.follow_up import FollowUp
from app.cohort.models.baseline import baselines, predict
from app.cohort.models.concordance import harrell, uno
from app.cohort.models.cox import fit_cox, interaction_test
from app.cohort.models.design import build_design
from app.cohort.models.effect import effect_along
from app.cohort.models.prediction_error import brier_scores
from app.cohort.models.proportional_hazards import check_proportional_hazards
from app.cohort.models.terms import Term
from tests.oracle.datasets import NAMES, answers, rows


def each(with_answer="coefficients", *, of=lambda model: True):
    """Parametrise by the models that have this answer, named after data set and model."""
    asked = [
        pytest.param(name, model, id=f"{name}-{model['name']}")
        for name in NAMES
        for model in answers(name).get("models", [])
        if model[with_answer] is not None and of(model)
    ]
    return pytest.mark.parametrize(("name", "model"), asked)


class Asked:
    """What a model is fitted to. A spline of the logarithm is that of a variable called pnfh."""

    def __init__(self, name, model):
        self.model = model
        self.called = {
            term["variable"]: "pnfh" if term.get("of") == "log" else term["variable"]
            for term in model["terms"]
        }
        people = self._people(name)
        late = people.numbers(model["entry"]) if model["entry"] else None
        event = people.numbers(model["event"]).astype(np.int8)
        self.follow_up = FollowUp(people.numbers(model["days"]), event, late)
        self.columns = {
            self.called[term["variable"]]: column_of(people, term) for term in model["terms"]
        }
        self.stratum_names, self.strata = strata_of(people, model["strata"])

    def _people(self, name):
        model = self.model
        columns = [model["days"], model["event"], model["entry"], *self.called, *model["strata"]]
        return rows(name).complete(*filter(None, columns))

    def design(self):
        terms = [
            Term(
                self.called[term["variable"]],
                reference=term.get("reference"),
                transform=term.get("transform", "linear"),
                knots_at=tuple(term["knots"]) if "knots" in term else None,
            )
            for term in self.model["terms"]
        ]
        pairs = [tuple(self.called[one] for one in pair) for pair in self.model["interactions"]]
        return build_design(terms, pairs, self.columns)

    def fit(self):
        return fit_cox(self.design(), self.follow_up, self.strata)

    def ours(self, term):
        """R's name of a coefficient as the contract writes it: `spline(pnfh)[1]`."""
        for theirs, own in self.called.items():
            term = re.sub(rf"\b{theirs}\b", own, term)
        return re.sub(r"(spline\(\w+\))(\d)", r"\1[\2]", term)

    def positions(self, fit):
        """Where R's coefficients stand among ours."""
        return [fit.names.index(self.ours(term)) for term in self.model["coefficients"]["term"]]


def column_of(people, term):
    if "reference" not in term:
        return NumericColumn(people.numbers(term["variable"]))
    labels = people.labels(term["variable"])
    categories = tuple(sorted(set(labels)))
    codes = [categories.index(label) for label in labels]
    return CategoricalColumn(np.array(codes, dtype=np.int32), categories)


def strata_of(people, columns):
    if not columns:
        return [()], None
    labels = list(zip(*(people.labels(column) for column in columns), strict=True))
    names = sorted(set(labels))
    return names, np.array([names.index(label) for label in labels])


def close(value, expected, tolerance=1e-6):
    np.testing.assert_allclose(value, expected, rtol=tolerance, atol=tolerance)


def same_test(test, expected, tolerance=1e-6):
    assert test.degrees_of_freedom == expected["degrees_of_freedom"]
    close([test.statistic, test.p_value], [expected["statistic"], expected["p_value"]], tolerance)


@each()
def test_coefficients_and_their_covariance_are_those_of_r(name, model):
    asked = Asked(name, model)
    fit = asked.fit()
    order = asked.positions(fit)
    assert (fit.n, fit.n_events) == (model["n"], model["events"])
    assert len(fit.names) == len(order)
    close(fit.coefficients[order], model["coefficients"]["coefficient"])
    close(fit.standard_errors[order], model["coefficients"]["standard_error"])
    close(fit.covariance[np.ix_(order, order)], model["covariance"])


@each()
def test_likelihood_and_the_tests_of_the_whole_model_are_those_of_r(name, model):
    fit = Asked(name, model).fit()
    expected = model["log_likelihood"]
    close([fit.log_likelihood_null, fit.log_likelihood], [expected["null"], expected["model"]])
    same_test(fit.likelihood_ratio, model["likelihood_ratio"])
    same_test(fit.score_test, model["score"])
    same_test(fit.wald_test, model["wald"])


@each("interaction_test")
def test_the_interaction_test_is_that_of_r(name, model):
    asked = Asked(name, model)
    design = asked.design()
    full = fit_cox(design, asked.follow_up, asked.strata)
    main = fit_cox(design.without_interactions(), asked.follow_up, asked.strata)
    same_test(interaction_test(full, main), model["interaction_test"])


@each("proportional_hazards")
def test_the_test_of_proportional_hazards_is_that_of_r(name, model):
    asked = Asked(name, model)
    expected = model["proportional_hazards"]
    found = {row.term: row.test for row in check_proportional_hazards(asked.fit())}
    for i, term in enumerate(expected["term"]):
        row = {key: values[i] for key, values in expected.items()}
        same_test(found[asked.ours(term)], row)


@each("concordance")
def test_harrells_concordance_and_its_error_are_those_of_r(name, model):
    found = harrell(Asked(name, model).fit())
    close(found.value, model["concordance"]["value"], 1e-8)
    close(found.standard_error, model["concordance"]["standard_error"])


@each("uno")
def test_unos_concordance_and_its_error_are_those_of_r(name, model):
    found = uno(Asked(name, model).fit(), model["uno"]["tau"])
    close(found.value, model["uno"]["value"], 1e-8)
    close(found.standard_error, model["uno"]["standard_error"])


@each("predicted")
def test_predicted_survival_and_its_band_are_those_of_r(name, model):
    asked = Asked(name, model)
    fit = asked.fit()
    known, level = baselines(fit), model["level"]
    for expected in model["predicted"]:
        row = fit.sample.design.blueprint.row(values_of(asked, expected["at"]))
        stratum = tuple(str(expected["at"][column]) for column in model["strata"])
        baseline = known[asked.stratum_names.index(stratum)]
        found = predict(fit, baseline, row[np.newaxis], np.array(expected["time"], float), level)
        for ours in ("survival", "lower", "upper"):
            close(getattr(found, ours)[0], expected[ours])
        close(-np.log(found.survival[0]), expected["cumulative_hazard"])
        close(found.standard_error[0], expected["cumulative_hazard_error"])


def values_of(asked, at):
    """A patient's values; R writes a level that looks like a number as one."""
    categorical = {
        n for n, column in asked.columns.items() if isinstance(column, CategoricalColumn)
    }
    own = {asked.called[name]: value for name, value in at.items() if name in asked.called}
    return {name: str(value) if name in categorical else value for name, value in own.items()}


@each("effect")
def test_the_hazard_ratio_along_a_biomarker_is_that_of_r(name, model):
    asked, expected = Asked(name, model), model["effect"]
    variable, along = asked.called[expected["of"]], asked.called[expected["along"]]
    curves = effect_along(
        asked.fit(),
        variable,
        expected["value"],
        asked.columns,
        biomarker=along,
        level=model["level"],
    )
    curve = next(curve for curve in curves if curve.level == expected["to"])
    assert curve.reference == expected["reference"]
    for ours in ("hazard_ratio", "lower", "upper"):
        close([getattr(point, ours) for point in curve.points], expected[ours])


@each("brier")
def test_the_brier_score_is_that_of_r(name, model):
    scores = brier_scores(Asked(name, model).fit(), model["brier"]["time"])
    close([score.score for score in scores], model["brier"]["score"])


def test_knots_are_placed_where_r_places_them():
    model = answers("gbsg")["models"][2]
    asked, (_, term, _) = Asked("gbsg", model), model["terms"]
    own = build_design([Term("pnfh", transform="spline", knots=4)], [], asked.columns)
    close(own.blueprint.basis("pnfh").knots, term["knots"], 1e-12)


@each(of=lambda model: model["entry"] is None)
def test_lifelines_finds_the_same_coefficients(name, model):
    asked = Asked(name, model)
    design = asked.design()
    frame = pd.DataFrame(design.matrix, columns=list(design.names))
    frame["days"], frame["death"] = asked.follow_up.days, asked.follow_up.event
    if asked.strata is not None:
        frame["within"] = asked.strata
    fitter = CoxPHFitter()
    fitter.fit(
        frame, "days", "death", strata=["within"] if model["strata"] else None,
        fit_options={"precision": 1e-12},
    )  # fmt: skip
    fit = asked.fit()
    close(fit.coefficients, fitter.params_.to_numpy())
    close(fit.standard_errors, fitter.standard_errors_.to_numpy())
