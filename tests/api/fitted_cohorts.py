"""Cohorts that models are fitted to, kept over HTTP as a clinic keeps them: by an import."""

import csv
import io
import shutil
from contextlib import contextmanager

import numpy as np

from app.settings import Settings
from tests.api.clinics import Service, make_keys, open_service
from tests.unit.cohort.cox_data import Trial

MODELS = "/v1/cohort/models"
ARM = {"variable": "arm", "reference": "none"}
LOG_LEVEL = {"variable": "pnfh", "transform": "log"}
AGE = {"variable": "x_age"}
TRIAL = {"terms": [ARM, LOG_LEVEL, AGE], "interactions": [["arm", "pnfh"]]}
IN_CSF = {"pnfh_unit": "pg/mL", "pnfh_specimen": "csf"}


def a_patient_row(number, **facts):
    """One patient, followed for 100 days and alive then unless told."""
    row = {"identifier": f"P-{number:05d}", "follow_up_days": 100, "vital_status": "alive"}
    row |= facts
    return row | (IN_CSF if row.get("pnfh") else {})


def trial_rows(n=240, **changes):
    """The patients of Trial; `changes` are facts of all, or functions of a patient's number."""
    trial = Trial(n)
    rows = []
    for i in range(n):
        facts = {
            "arm": "treated" if trial.is_treated[i] else "none",
            "follow_up_days": int(trial.follow_up.days[i]),
            "vital_status": "dead" if trial.follow_up.event[i] else "alive",
            "pnfh": f"{trial.level[i]:.1f}",
            "x_age": f"{trial.age[i]:.1f}",
        }
        facts |= {name: of(i) if callable(of) else of for name, of in changes.items()}
        rows.append(a_patient_row(i, **facts))
    return rows


def written(rows):
    """Write rows as the CSV that is imported."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    file = io.StringIO()
    writer = csv.DictWriter(file, names)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def keep_rows(service, rows, **options):
    """Import the rows into the clinic."""
    headers = {"content-type": "text/csv"}
    answer = service.ask("POST", "/v1/imports", content=written(rows), headers=headers, **options)
    assert answer.status_code == 201, answer.text


def ask_model(service, prefer="wait=60", *, by=None, headers=None, **body):
    """Ask for a model; a fit of these cohorts takes milliseconds."""
    told = {"prefer": prefer} | (headers or {})
    whose = {} if by is None else {"by": by}
    return service.ask("POST", MODELS, json=body, headers=told, **whose)


def fitted(service, **body):
    """Ask for a model that must be fitted, and give its document."""
    answer = ask_model(service, **body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(service, **body):
    """Ask for a model that must be refused; give the fault of each pointer."""
    answer = ask_model(service, **body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    kind = problem["type"].removeprefix("/problems/")
    return kind, {fault["pointer"]: fault["code"] for fault in problem["errors"]}


def coefficients(document):
    """The coefficients of a document, by term."""
    return {row["term"]: row["coefficient"] for row in document["coefficients"]}


def own_database(migrated, folder, **changes):
    """Settings of a copy of a migrated SQLite database, for tests that share what is kept in it."""
    shutil.copytree(migrated.data_dir, folder / "data")
    return Settings(data_dir=folder / "data", **changes)


def drawn(seed=1):
    """Chance that repeats itself."""
    return np.random.Generator(np.random.PCG64(seed))


def is_ventilated(row, number):
    """Whether a patient of the trial came to NIV: some of those who did not die."""
    return row["vital_status"] == "alive" and number % 4 == 0


@contextmanager
def open_trial(migrated, folder):
    """Run the service on one trial of 240 patients, of whom everything is known."""
    chance, known = drawn(), trial_rows()
    facts = {
        "sex": lambda i: ("female", "male")[i % 2],
        "c9orf72": lambda i: ("true", "false", "false")[i % 3],
        "event_type": lambda i: "niv" if is_ventilated(known[i], i) else "",
        "x_grade": lambda i: i % 3 + 1,
        "x_site": lambda i: ("Aix", "Bath", "C: north")[i * i % 3 if i % 5 else 2],
        "x_code": lambda i: f"code {i}",
        "x_twice": lambda i: 2 * float(known[i]["x_age"]),
        "x_near": lambda i: float(known[i]["x_age"]) + round(chance.normal(0, 1), 3),
        "x_same": 7,
        "x_signed": lambda i: i - 100,
        "x_tiny": lambda i: f"{(i * 37 % 240) * 1e-9:.12f}",
        "x_saved": lambda i: int(known[i]["vital_status"] == "alive"),
    }
    settings = own_database(migrated, folder)
    keys = make_keys(settings)
    with open_service(settings) as client:
        service = Service(client, keys)
        keep_rows(service, trial_rows(**facts))
        yield service
