"""Fits that are begun, read where they will be, and waited for."""

import time
from contextlib import contextmanager

from sqlalchemy import func, select

from app.db.cohort_models import cohort_model
from tests.api.clinics import Service, open_service
from tests.api.fitted_cohorts import ask_model

PATIENCE = 60.0
LATER = "respond-async"


@contextmanager
def another_service(settings, keys):
    """Run a service on the same database that has read nothing of it yet."""
    with open_service(settings) as client:
        yield Service(client, keys)


def read(service, place, **options):
    answer = service.ask("GET", place, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ended(service, place):
    """Wait for the end of a fit, and give it."""
    deadline = time.monotonic() + PATIENCE
    while (document := read(service, place))["status"] == "running":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return document


def begin(service, **body):
    """Ask for a model without waiting; give where it will be."""
    answer = ask_model(service, LATER, **body)
    assert answer.status_code == 202, answer.text
    return answer.headers["location"]


def models_kept(tamper):
    return tamper(select(func.count().label("n")).select_from(cohort_model))[0]["n"]


def wait_until(happens):
    deadline = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def somebody(service, **known):
    """Give a patient of whom this is known."""
    answer = service.ask("POST", "/v1/patients/search", json={"filter": known, "limit": 1})
    return answer.json()["items"][0]
