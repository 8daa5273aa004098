"""Curves past follow-up: only when asked, by every family, marked as what they are."""

import math

import pytest

from app.clinic.access import Role
from app.schemas.cohort_survival import CohortSurvivalResponse
from app.use_cases.cohort import extrapolate_survival, worker_process
from app.use_cases.cohort.worker_process import WorkerProcess
from tests.api.clinics import Service, make_keys, open_service
from tests.api.fitted_cohorts import a_patient_row, keep_rows, own_database, trial_rows

FAMILIES = ["exponential", "weibull", "log_normal", "log_logistic", "generalised_gamma", "spline"]
SOUTH = ("South", Role.EDITOR)
BEYOND = {"until": 2000, "times": [365, 1500]}


@pytest.fixture(scope="module")
def trial(tmp_path_factory, migrated_sqlite):
    """Run the service on a trial of 240 patients; in the South with 6 in an arm of their own."""
    settings = own_database(migrated_sqlite, tmp_path_factory.mktemp("trial"))
    keys = make_keys(settings)
    few = [a_patient_row(500 + i, arm="tiny", follow_up_days=50 + i) for i in range(6)]
    with open_service(settings) as client:
        service = Service(client, keys)
        keep_rows(service, trial_rows())
        keep_rows(service, [*trial_rows(), *few], by=SOUTH)
        yield service


def ask(service, by=("North", Role.EDITOR), **body):
    return service.ask("POST", "/v1/cohort/survival", by=by, json=body)


@pytest.fixture(scope="module")
def carried(trial):
    """The groups by arm, carried to day 2000."""
    answer = ask(trial, group_by=["arm"], extrapolate=BEYOND)
    assert answer.status_code == 200, answer.text
    CohortSurvivalResponse.model_validate_json(answer.content)
    return answer.json()["groups"]


def test_nothing_is_carried_further_unless_it_is_asked_for(trial):
    for group in ask(trial, group_by=["arm"]).json()["groups"]:
        assert group.get("extrapolated") is None


def test_every_group_has_every_family_and_is_marked(carried):
    assert len(carried) == 2
    for group in carried:
        beyond = group["extrapolated"]
        assert (beyond["kind"], beyond["n"], beyond["reason"]) == ("extrapolated", group["n"], None)
        assert "assum" in beyond["assumption"]
        assert [one["family"] for one in beyond["families"]] == FAMILIES


def test_each_family_has_its_likelihood_its_aic_and_its_curve(carried):
    size = {"exponential": 1, "weibull": 2, "log_normal": 2, "log_logistic": 2,
            "generalised_gamma": 3}  # fmt: skip
    for one in carried[0]["extrapolated"]["families"]:
        assert one["converged"], one["family"]
        if one["family"] in size:  # AIC = 2 k - 2 l
            expected = 2 * size[one["family"]] - 2 * one["log_likelihood"]
            assert one["aic"] == pytest.approx(expected)
        curve = one["curve"]
        assert (curve["time"][0], curve["time"][-1], curve["survival"][0]) == (0, 2000, 1)
        assert curve["survival"] == sorted(curve["survival"], reverse=True)
        assert [row["time"] for row in one["survival_at"]] == BEYOND["times"]
        for row in one["survival_at"]:
            assert row["lower"] <= row["survival"] <= row["upper"]


def test_the_exponential_is_deaths_by_time_watched(carried):
    # S(t) = exp(-d t / sum of days)
    rows = [row for row in trial_rows() if row["arm"] == carried[0]["group"]["arm"]]
    deaths = sum(row["vital_status"] == "dead" for row in rows)
    rate = deaths / sum(row["follow_up_days"] for row in rows)
    exponential = carried[0]["extrapolated"]["families"][0]
    assert [row["survival"] for row in exponential["survival_at"]] == pytest.approx(
        [math.exp(-rate * day) for day in BEYOND["times"]], rel=1e-6
    )


def test_the_spread_holds_every_family(carried):
    beyond = carried[0]["extrapolated"]
    spread = beyond["spread_at"]
    told = [[row["survival"] for row in one["survival_at"]] for one in beyond["families"]]
    assert spread["lowest"] == [min(at) for at in zip(*told, strict=True)]
    assert spread["highest"] == [max(at) for at in zip(*told, strict=True)]
    assert beyond["spread"]["time"][-1] == 2000


def test_groups_that_are_not_shown_are_not_carried_either(trial):
    groups = ask(trial, by=SOUTH, group_by=["arm"], extrapolate=BEYOND).json()["groups"]
    hidden = [group for group in groups if group.get("curve") is None]
    assert "tiny" in {group["group"]["arm"] for group in hidden}
    assert all(group["extrapolated"] is None for group in hidden)


def test_the_numbers_without_are_the_numbers_with_it(trial, carried):
    plain = ask(trial, group_by=["arm"]).json()["groups"]
    for with_it, without in zip(carried, plain, strict=True):
        assert with_it["curve"] == without["curve"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"until": 0}, "/extrapolate/until"),
        ({"until": 1e9}, "/extrapolate/until"),
        ({}, "/extrapolate/until"),
        ({"until": 900, "families": ["gompertz"]}, "/extrapolate/families"),
        ({"until": 900, "times": [-1]}, "/extrapolate/times/0"),
    ],
)
def test_what_breaks_a_rule_is_refused_where_it_stands(trial, body, pointer):
    answer = ask(trial, extrapolate=body)
    assert answer.status_code == 422
    assert pointer in {fault["pointer"] for fault in answer.json()["errors"]}


def test_the_same_question_again_is_not_computed_again(trial, monkeypatch):
    asked = {"filter": {"arm": "none"}, "extrapolate": {"until": 1234}}
    first = ask(trial, **asked)
    assert first.status_code == 200
    monkeypatch.setattr(WorkerProcess, "run", None)
    assert ask(trial, **asked).content == first.content


def test_a_worker_that_dies_is_told_and_the_next_one_answers(trial, monkeypatch):
    asked = {"filter": {"arm": "treated"}, "extrapolate": {"until": 1300}}
    run = WorkerProcess.run

    async def dying(self, _function, *_arguments, timeout):  # noqa: ASYNC109 - as the other
        return await run(self, dies, timeout=timeout)

    with monkeypatch.context() as patched:
        patched.setattr(WorkerProcess, "run", dying)
        answer = ask(trial, **asked)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert answer.json()["detail"] == worker_process.DIED
    assert int(answer.headers["retry-after"]) > 0
    assert ask(trial, **asked).status_code == 200


def dies():
    """Die as a process does that the system ends: without a word."""
    import os  # noqa: PLC0415 - it runs in another process

    os._exit(9)


def test_a_worker_that_takes_too_long_is_told(trial, monkeypatch):
    monkeypatch.setattr(extrapolate_survival, "LONGEST_SECONDS", 0.0)
    answer = ask(trial, filter={"arm": "none"}, extrapolate={"until": 1301})
    assert (answer.status_code, answer.json()["detail"]) == (503, worker_process.TOO_LONG)


def test_a_group_of_too_many_is_told_by_the_reason(trial, monkeypatch):
    monkeypatch.setattr(extrapolate_survival, "MOST_PATIENTS", 100)
    asked = {"extrapolate": {"until": 1302}}
    (group,) = ask(trial, **asked).json()["groups"]
    beyond = group["extrapolated"]
    assert (beyond["reason"], beyond["families"]) == ("too_many_patients", [])
    assert group["curve"] is not None


def test_a_cohort_without_deaths_has_families_without_numbers(trial):
    answer = ask(trial, filter={"vital_status": "alive"}, extrapolate={"until": 1303})
    (group,) = answer.json()["groups"]
    families = group["extrapolated"]["families"]
    assert {one["reason"] for one in families} == {"no_deaths"}
    assert group["extrapolated"]["spread"] is None
