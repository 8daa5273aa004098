"""A clinic with a simulated cohort, a model of it, and the evidence that it becomes."""

from app.clinic.access import Role
from tests.fitted import as_csv, some_patients

NORTH, SOUTH = ("North", Role.EDITOR), ("South", Role.EDITOR)
CSV = {"content-type": "text/csv"}
TERMS = [{"variable": "arm", "reference": "none"}, {"variable": "pnfh"}, {"variable": "x_age"}]
MODEL = {"terms": TERMS, "interactions": [["arm", "pnfh"]]}


def enrol(service, patients=None, *, by=NORTH, arms=("none", "il2ld")):
    """Import simulated patients."""
    content = as_csv(patients or some_patients(), arms)
    path = "/v1/imports?on_duplicate=update"
    answer = service.ask("POST", path, by=by, content=content, headers=CSV)
    assert answer.status_code == 201, answer.text


def fit(service, model=None, *, by=NORTH):
    """Fit a model; give its id."""
    answer = service.ask("POST", "/v1/cohort/models", by=by, json=model or MODEL)
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def make(service, model_id, *, by=NORTH, **more):
    """Ask for evidence of a model; give the answer."""
    return service.ask("POST", "/v1/evidence", by=by, json={"model_id": model_id} | more)


def own_evidence(service, *, by=NORTH):
    """Do all of it; give the id of the evidence."""
    enrol(service, by=by)
    answer = make(service, fit(service, by=by), by=by)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def calibrate(service, *, by=NORTH, headers=None, **asked):
    """Hold evidence against the cohort; give the answer."""
    path = "/v1/cohort/calibration"
    return service.ask("POST", path, by=by, json=asked, headers=headers or {})
