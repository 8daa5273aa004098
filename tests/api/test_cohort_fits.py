"""Fits that take their time: waited for, left to finish, joined, given up, told of afterwards."""

import time
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from sqlalchemy import select, update

from app.db.cohort_models import cohort_model
from app.errors import Unavailable
from app.use_cases.cohort import fit_apart, fits
from tests.api.clinics import make_keys
from tests.api.fits_under_way import (
    LATER,
    PATIENCE,
    another_service,
    begin,
    ended,
    models_kept,
    read,
    wait_until,
)
from tests.api.fitted_cohorts import (
    AGE,
    ARM,
    LOG_LEVEL,
    MODELS,
    TRIAL,
    a_patient_row,
    ask_model,
    coefficients,
    fitted,
    keep_rows,
    trial_rows,
)


@pytest.fixture
def trial(service):
    """Keep the trial's patients in the clinic North."""
    keep_rows(service, trial_rows())
    return service


@pytest.fixture
def slow(monkeypatch):
    """Let every fit wait until it is let go; count how many have begun."""

    class Slow:
        begun = 0
        may_end = Event()

        def fit(self, *arguments):
            self.begun += 1
            assert self.may_end.wait(PATIENCE)
            return unhindered(*arguments)

    unhindered, one = fit_apart.fit, Slow()
    monkeypatch.setattr(fit_apart, "fit", one.fit)
    yield one
    one.may_end.set()


def test_a_fit_that_is_done_in_time_is_answered_and_kept(trial):
    answer = ask_model(trial, **TRIAL)
    assert (answer.status_code, answer.json()["status"]) == (200, "done")
    assert "retry-after" not in answer.headers
    assert read(trial, answer.headers["location"]) == answer.json()


@pytest.mark.parametrize("prefer", [LATER, "wait=0", "wait=0, respond-async", 'foo, WAIT = "0"'])
def test_a_fit_that_is_not_waited_for_is_read_where_it_will_be(trial, slow, prefer):
    answer = ask_model(trial, prefer, **TRIAL)
    assert answer.status_code == 202
    assert int(answer.headers["retry-after"]) > 0
    place, running = answer.headers["location"], answer.json()
    assert place == f"{MODELS}/{running['id']}"
    assert read(trial, place) == running
    assert (running["status"], running["question"]) == ("running", TRIAL)
    assert "coefficients" not in running
    slow.may_end.set()
    done = ended(trial, place)
    assert done["status"] == "done"
    assert done.keys() > running.keys()
    assert coefficients(done) == coefficients(fitted(trial, **TRIAL))


def test_without_a_word_the_setting_says_how_long_it_is_waited_for(settings, slow):
    keys = make_keys(settings)
    with another_service(settings.model_copy(update={"fit_wait_seconds": 0.05}), keys) as service:
        keep_rows(service, trial_rows())
        assert service.ask("POST", MODELS, json=TRIAL).status_code == 202
        slow.may_end.set()


def test_while_a_fit_runs_others_are_answered(trial, slow):
    place = begin(trial, **TRIAL)
    for path in ("/v1/stratum?pnfh=1500&unit=pg/mL", "/healthz", "/v1/patients?limit=1", MODELS):
        status = trial.ask("GET", path).status_code
        assert status == (405 if path == MODELS else 200), path
    assert trial.ask("POST", "/v1/cohort/survival", json={"group_by": ["arm"]}).status_code == 200
    assert read(trial, place)["status"] == "running"
    assert slow.begun == 1


def test_what_is_refused_late_is_told_where_the_model_would_be(trial, slow):
    place = begin(trial, terms=[ARM, {"variable": "x_age", "reference": "40"}, LOG_LEVEL])
    slow.may_end.set()
    found = ended(trial, place)
    problem = found["problem"]
    assert (found["status"], problem["type"]) == ("failed", "/problems/fit-refused")
    assert problem["instance"] == place
    assert [(one["pointer"], one["code"]) for one in problem["errors"]] == [
        ("/terms/1", "too_many_values")
    ]


def test_a_variable_nobody_has_is_told_late_as_it_would_be_at_once(trial):
    asked = {"terms": [{"variable": "x_nowhere"}]}
    at_once = ask_model(trial, **asked).json()
    late = ended(trial, begin(trial, **asked))["problem"]
    told = ("type", "status", "detail", "errors")
    assert [late[name] for name in told] == [at_once[name] for name in told]


def test_what_is_refused_at_once_is_not_kept(trial, tamper):
    assert ask_model(trial, terms=[ARM, {"variable": "arm"}]).status_code == 422
    assert ask_model(trial, terms=[{"variable": "x_nowhere"}]).status_code == 422
    assert ask_model(trial, terms=[AGE], filter={"arm": "nobody"}).status_code == 422
    assert models_kept(tamper) == 0


def test_what_cannot_be_foreseen_is_a_problem_and_never_said_aloud(trial, monkeypatch, caplog):
    def broken(*_):
        raise ZeroDivisionError("P-00001 and all that is known of them")

    monkeypatch.setattr(fit_apart, "fit", broken)
    at_once = ask_model(trial, **TRIAL)
    late = ended(trial, begin(trial, **TRIAL))["problem"]
    assert at_once.status_code == late["status"] == 500
    assert at_once.json()["type"] == late["type"] == "/problems/internal-error"
    assert "P-00001" not in at_once.text + str(late) + caplog.text


def test_a_model_whose_process_fell_silent_was_interrupted(trial, slow, tamper):
    place = begin(trial, **TRIAL)
    past = datetime.now(UTC) - timedelta(seconds=1)
    tamper(update(cohort_model).values(alive_until=past))
    found = read(trial, place)
    assert (found["status"], found["problem"]["type"]) == ("failed", "/problems/unavailable")
    assert "ask for it again" in found["problem"]["detail"]
    slow.may_end.set()


def test_a_fit_whose_end_cannot_be_kept_was_interrupted(trial, slow, tamper, monkeypatch, caplog):
    async def away(*_):
        raise Unavailable("The database does not answer.")

    monkeypatch.setattr(fits.CohortModelRepository, "finish", away)
    place = begin(trial, **TRIAL)
    slow.may_end.set()
    wait_until(lambda: "the end of a fit could not be kept" in caplog.text)
    assert read(trial, place)["status"] == "running"
    tamper(update(cohort_model).values(alive_until=datetime.now(UTC)))
    assert read(trial, place)["status"] == "failed"


def test_a_fit_says_that_it_still_runs(trial, slow, tamper, monkeypatch):
    monkeypatch.setattr(fits, "LEASE", timedelta(seconds=0.3))
    place = begin(trial, **TRIAL)
    first = tamper(select(cohort_model.c.alive_until))[0]["alive_until"]
    deadline = time.monotonic() + PATIENCE
    while tamper(select(cohort_model.c.alive_until))[0]["alive_until"] == first:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    wait_until(lambda: slow.begun == 1)
    slow.may_end.set()
    assert ended(trial, place)["status"] == "done"


def test_a_fit_that_takes_too_long_is_given_up(settings, slow):
    keys = make_keys(settings)
    with another_service(settings.model_copy(update={"fit_seconds": 0.1}), keys) as service:
        keep_rows(service, trial_rows())
        found = ended(service, begin(service, **TRIAL))
        assert (found["status"], found["problem"]["status"]) == ("failed", 422)
        assert "longer than the service allows" in found["problem"]["detail"]
        slow.may_end.set()


def test_who_asks_for_too_many_fits_is_told_when_to_come_back(trial, slow, monkeypatch, tamper):
    monkeypatch.setattr(fits, "MOST_AT_ONCE", 2)
    begin(trial, terms=[AGE])
    begin(trial, terms=[ARM])
    answer = ask_model(trial, **TRIAL)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert models_kept(tamper) == 2
    assert ask_model(trial, LATER, terms=[AGE]).status_code == 202  # it joins one under way
    slow.may_end.set()


def test_the_same_question_at_the_same_time_is_fitted_once(trial, slow):
    one, other = begin(trial, **TRIAL), begin(trial, **TRIAL)
    assert one != other
    slow.may_end.set()
    assert ended(trial, one)["coefficients"] == ended(trial, other)["coefficients"]
    assert slow.begun == 1


def test_a_fit_under_way_does_not_answer_for_patients_who_came_after_it_began(trial, slow):
    before = begin(trial, terms=[ARM])
    wait_until(lambda: slow.begun)
    keep_rows(trial, [a_patient_row(9000 + i, arm="none", vital_status="dead") for i in range(12)])
    after = begin(trial, terms=[ARM])
    slow.may_end.set()
    assert (ended(trial, before)["n"], ended(trial, after)["n"]) == (240, 252)


def test_a_service_with_a_fit_under_way_stops_and_the_next_one_knows(settings, slow, tamper):
    keys = make_keys(settings)
    with another_service(settings, keys) as service:
        keep_rows(service, trial_rows())
        place = begin(service, **TRIAL)
        wait_until(lambda: slow.begun)
    assert not slow.may_end.is_set()  # it did not wait for the fit
    tamper(update(cohort_model).values(alive_until=datetime.now(UTC)))
    with another_service(settings, keys) as service:
        assert read(service, place)["status"] == "failed"
