"""Fits that were asked for before: the same request, the same question, another clinic."""

import pytest

from app.clinic.access import Role
from app.use_cases.cohort import fit_apart
from tests.api.fits_under_way import (
    models_kept,
    read,
    somebody,
)
from tests.api.fitted_cohorts import (
    ARM,
    MODELS,
    TRIAL,
    ask_model,
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
def counted(monkeypatch):
    """Count the fits."""
    begun = []

    def fit(terms, *others):
        begun.append([term.variable for term in terms])
        return unhindered(terms, *others)

    unhindered = fit_apart.fit
    monkeypatch.setattr(fit_apart, "fit", fit)
    return begun


def test_the_same_request_again_is_given_the_first_answer(trial, tamper):
    key = {"idempotency-key": "one"}
    first = ask_model(trial, headers=key, **TRIAL)
    again = ask_model(trial, headers=key, **TRIAL)
    assert (first.status_code, again.status_code) == (200, 200)
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert again.headers["location"] == first.headers["location"]
    assert models_kept(tamper) == 1
    assert ask_model(trial, headers=key, terms=[ARM]).status_code == 422
    assert models_kept(tamper) == 1


def test_it_is_given_it_even_where_the_cohort_would_refuse_it_now(service):
    keep_rows(service, trial_rows(arm=lambda i: "rare" if i == 7 else ("one", "two")[i % 2]))
    key, wanted = {"idempotency-key": "one"}, {"terms": [{"variable": "arm", "reference": "rare"}]}
    first = ask_model(service, headers=key, **wanted)
    assert first.status_code == 200
    rare = somebody(service, arm="rare")
    service.ask("DELETE", f"/v1/patients/{rare['id']}", headers={"if-match": "*"})
    assert ask_model(service, **wanted).status_code == 422
    assert ask_model(service, headers=key, **wanted).content == first.content


def test_another_clinic_finds_neither_the_model_nor_its_patients(trial):
    south = ("South", Role.ADMIN)
    model = fitted(trial, **TRIAL)
    assert trial.ask("GET", f"{MODELS}/{model['id']}", by=south).status_code == 404
    assert ask_model(trial, by=south, **TRIAL).status_code == 422


def test_every_fit_is_accounted_for_and_no_patient_is_in_the_account(trial):
    model = fitted(trial, terms=[ARM], filter={"x_age": {"gte": 59.125}})
    read(trial, f"{MODELS}/{model['id']}")
    assert ask_model(trial, terms=[{"variable": "x_nowhere"}]).status_code == 422
    audit = trial.ask("GET", "/v1/audit?limit=100", by=("North", Role.ADMIN))
    deeds = [
        (event["action"], event["status"], event.get("record_id"))
        for event in audit.json()["items"]
        if "model" in event["action"]
    ]
    assert sorted(deeds, key=str) == sorted(
        [
            ("fit_cohort_model", 200, model["id"]),
            ("read_cohort_model", 200, model["id"]),
            ("fit_cohort_model", 422, None),
        ],
        key=str,
    )
    assert "59.125" not in audit.text


def test_the_same_question_is_fitted_once_as_long_as_nothing_changes(trial, counted):
    first, again = fitted(trial, **TRIAL), fitted(trial, **TRIAL)
    assert len(counted) == 1
    assert again["id"] != first["id"]
    same = [name for name in first if name not in {"id", "created_at"}]
    assert [again[name] for name in same] == [first[name] for name in same]


def test_another_question_is_another_fit(trial, counted):
    for changed in ({}, {"level": 0.9}, {"strata": ["sex"]}, {"filter": {"x_age": {"gte": 60}}}):
        ask_model(trial, terms=[ARM], **changed)
    assert len(counted) >= 3
    begun = len(counted)
    fitted(trial, terms=[ARM], level=0.9)
    assert len(counted) == begun


def test_one_changed_row_is_another_fit(trial, counted):
    first = fitted(trial, terms=[ARM])
    dead = somebody(trial, vital_status="dead")
    patched = trial.ask(
        "PATCH", f"/v1/patients/{dead['id']}", json={"vital_status": "alive"},
        headers={"if-match": "*"},
    )  # fmt: skip
    assert patched.status_code == 200
    second = fitted(trial, terms=[ARM])
    assert len(counted) == 2
    assert second["events"] == first["events"] - 1
    assert second["cohort_version"] != first["cohort_version"]
    assert read(trial, f"{MODELS}/{first['id']}") == first


def test_reading_is_no_change(trial, counted):
    fitted(trial, terms=[ARM])
    patient = somebody(trial, arm="none")
    trial.ask("GET", f"/v1/patients/{patient['id']}")
    trial.ask("POST", "/v1/patients", json={"identifier": "John Smith"})
    fitted(trial, terms=[ARM])
    assert len(counted) == 1
