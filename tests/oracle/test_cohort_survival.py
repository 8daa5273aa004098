"""A cohort's curves, tests and incidences are those of R's `survival` on real data."""

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test

from app.cohort.curves.cumulative_incidence import cumulative_incidences
from app.cohort.curves.kaplan_meier import survival_tables
from app.cohort.curves.landmark import landmark
from app.cohort.curves.log_rank import log_rank
from app.cohort.curves.quantiles import median, median_follow_up
from app.cohort.curves.restricted_mean import restricted_mean
from app.cohort.follow_up import FollowUp
from tests.oracle.datasets import NAMES, answers, rows


def each(kind, with_answer="groups"):
    """Parametrise by the questions of a kind that have this answer, named after the data set."""
    asked = [
        pytest.param(name, question, id=f"{name}-{number}")
        for name in NAMES
        for number, question in enumerate(answers(name).get(kind, []))
        if question[with_answer] is not None
    ]
    return pytest.mark.parametrize(("name", "question"), asked)


def codes_of(people, columns, groups):
    """Which of the answer's groups each row is of."""
    labels = [people.labels(column) for column in columns]
    position = {tuple(group.values()): code for code, group in enumerate(groups)}
    own = zip(*labels, strict=True) if labels else [()] * len(people)
    return np.array([position[each] for each in own])


def the_groups(question):
    return [group["group"] for group in question["groups"]]


def strata_of(people, columns):
    own = list(zip(*(people.labels(column) for column in columns), strict=True))
    position = {labels: code for code, labels in enumerate(sorted(set(own)))}
    return np.array([position[labels] for labels in own])


class Asked:
    """The follow-up and groups that a question about survival is about."""

    def __init__(self, name, question):
        columns = [question["days"], question["event"], question["entry"]]
        by, within = question["group_by"], question["stratify_by"]
        people = rows(name).complete(*filter(None, columns), *by, *within)
        late = people.numbers(question["entry"]) if question["entry"] else None
        event = people.numbers(question["event"]).astype(np.int8)
        self.follow_up = FollowUp(people.numbers(question["days"]), event, late)
        self.groups = len(question["groups"])
        self.strata = strata_of(people, within) if within else None
        self.since = self.beginning(question)
        if self.since:
            used = landmark(self.follow_up, self.since)
            self.follow_up = used.follow_up
            people = type(people)({k: texts[used.rows] for k, texts in people.texts.items()})
        self.codes = codes_of(people, by, the_groups(question))

    @staticmethod
    def beginning(question):
        """Give the landmark; R's start.time is one just before, for deaths on that day count."""
        if question["start_time"] is not None:
            return float(np.nextafter(question["start_time"], 0))
        return float(question["alive_at"] or 0)

    def tables(self, level):
        return survival_tables(self.follow_up, self.codes, self.groups, level, self.since)


def numbers(values):
    return np.array([np.nan if value is None else value for value in values], float)


def limits_of(table, rows):
    """The band as R writes it: NA where survival is still 1."""
    known = np.where(table.survival[rows] == 1, np.nan, 0.0)
    return table.lower[rows] + known, table.upper[rows] + known


def close(values, tolerance):
    return pytest.approx(values, rel=tolerance, abs=tolerance, nan_ok=True)


@each("survival")
def test_every_row_of_a_curve_is_r_s(name, question):
    for table, group in zip(
        Asked(name, question).tables(question["level"]), question["groups"], strict=True
    ):
        if question["start_time"] is None:  # R still counts those who were gone by then
            assert (table.n, table.events.sum()) == (group["n"], group["events"])
        if "curve" not in group:
            continue
        curve = group["curve"]
        own = slice(0 if curve["time"][0] == table.time[0] else 1, None)
        assert table.time[own].tolist() == curve["time"]
        assert table.at_risk[own].tolist() == curve["at_risk"]
        assert table.events[own].tolist() == curve["events"]
        assert table.censored[own].tolist() == curve["censored"]
        assert table.survival[own] == close(numbers(curve["survival"]), 1e-9)
        assert table.standard_error[own] == close(numbers(curve["standard_error"]), 1e-9)
        lower, upper = limits_of(table, own)
        assert lower == close(numbers(curve["lower"]), 1e-9)
        assert upper == close(numbers(curve["upper"]), 1e-9)


@each("survival")
def test_medians_of_survival_and_follow_up_are_r_s(name, question):
    for table, group in zip(
        Asked(name, question).tables(question["level"]), question["groups"], strict=True
    ):
        assert is_at(group["median"], median(table))
        if question["start_time"] is None:  # R was asked for the follow-up of everybody then
            assert is_at(group["median_follow_up"], median_follow_up(table.risk, table.level))


def is_at(answer, found):
    return [found.value, found.lower, found.upper] == [
        answer[part] for part in ("value", "lower", "upper")
    ]


@each("survival")
def test_survival_at_a_time_is_r_s(name, question):
    asked = Asked(name, question)
    for table, group in zip(asked.tables(question["level"]), question["groups"], strict=True):
        answer = group["survival_at"]
        told = [i for i, time in enumerate(answer["time"]) if time >= table.time[0]]
        readings = table.at(answer["time"][i] for i in told)
        for part in ("survival", "standard_error", "lower", "upper"):
            expected = numbers(answer[part])[told]
            found = numbers(getattr(reading, part) for reading in readings)
            assert found == close(expected, 1e-9)
        if asked.follow_up.entry is None:  # with entry R tells those at risk at the next row
            assert [reading.at_risk for reading in readings] == answer["at_risk"]


@each("survival")
def test_a_restricted_mean_is_r_s(name, question):
    asked = Asked(name, question)
    for table, group in zip(asked.tables(question["level"]), question["groups"], strict=True):
        answer = group["rmst"]
        if answer is None:
            continue
        found = restricted_mean(table, answer["tau"])
        # R counts the days before a landmark too, on which nobody dies.
        assert found.value + asked.since == close(answer["value"], 1e-8)
        assert found.standard_error == close(answer["standard_error"], 1e-8)


def is_r_s(found, answer):
    assert found.statistic == close(answer["statistic"], 1e-9)
    assert found.degrees_of_freedom == answer["degrees_of_freedom"]
    assert found.p_value == close(answer["p_value"], 1e-9)


@each("survival", with_answer="log_rank")
def test_the_log_rank_is_r_s(name, question):
    asked = Asked(name, question)
    is_r_s(log_rank(asked.follow_up, asked.codes, asked.groups), question["log_rank"])


@each("survival", with_answer="stratified_log_rank")
def test_the_stratified_log_rank_is_r_s(name, question):
    asked = Asked(name, question)
    found = log_rank(asked.follow_up, asked.codes, asked.groups, asked.strata)
    is_r_s(found, question["stratified_log_rank"])


@each("competing")
def test_every_row_of_an_incidence_is_r_s(name, question):
    people = rows(name).complete(question["days"], question["cause"], *question["group_by"])
    cause = people.numbers(question["cause"]).astype(np.int8)
    follow_up = FollowUp(people.numbers(question["days"]), cause)
    codes = codes_of(people, question["group_by"], the_groups(question))
    found = cumulative_incidences(follow_up, codes, len(question["groups"]), question["level"])
    for both, group in zip(found, question["groups"], strict=True):
        curve = group["curve"]
        own = slice(0 if curve["time"][0] == 0 else 1, None)
        assert both.risk.time[own].tolist() == curve["time"]
        assert both.risk.at_risk[own].tolist() == curve["at_risk"]
        for number, part in ((1, both.death), (2, both.competing)):
            assert part.events[own].tolist() == curve[f"events_{number}"]
            assert part.incidence[own] == close(numbers(curve[f"cause_{number}"]), 1e-8)
            error = numbers(curve[f"cause_{number}_error"])
            assert part.standard_error[own] == close(error, 1e-8)
            unknown = np.where(part.incidence[own] == 0, np.nan, 0.0)  # R's NA; ours is 0 and 0
            lower, upper = part.lower[own] + unknown, part.upper[own] + unknown
            assert lower == close(numbers(curve[f"cause_{number}_lower"]), 1e-8)
            assert upper == close(numbers(curve[f"cause_{number}_upper"]), 1e-8)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_lifelines_draws_the_same_curve_and_band(level):
    question = answers("lung")["survival"][1] | {"level": level}
    asked = Asked("lung", question)
    for group, table in enumerate(asked.tables(level)):
        own = asked.follow_up.of(asked.codes == group)
        fitted = KaplanMeierFitter(alpha=1 - level).fit(own.days, own.event)
        assert fitted.survival_function_.to_numpy()[:, 0] == close(table.survival, 1e-9)
        band = fitted.confidence_interval_.to_numpy()
        alive = (table.survival > 0) & (table.survival < 1)
        assert band[alive, 0] == close(table.lower[alive], 1e-9)
        assert band[alive, 1] == close(table.upper[alive], 1e-9)


def test_lifelines_has_the_same_log_rank():
    asked = Asked("veteran", answers("veteran")["survival"][2])
    found = log_rank(asked.follow_up, asked.codes, asked.groups)
    other = multivariate_logrank_test(
        pd.Series(asked.follow_up.days), asked.codes, asked.follow_up.event
    )
    assert found.statistic == close(other.test_statistic, 1e-9)
    assert found.p_value == close(other.p_value, 1e-9)
