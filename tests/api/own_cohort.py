"""A clinic's own patients, imported, and questions about how they fare."""

import json
from contextlib import contextmanager

from app.clinic.access import Role
from app.schemas.cohort_survival import CohortSurvivalResponse
from tests.api.clinics import Service, make_keys, open_service
from tests.api.described import read

SURVIVAL = "/v1/cohort/survival"
VIEWER = ("North", Role.VIEWER)
EDITOR = ("North", Role.EDITOR)


@contextmanager
def open_to_all(settings, keys=None, **others):
    """Run the service so that every group is shown, however small."""
    told = settings.model_copy(update={"minimum_group": 1, **others})
    keys = keys or make_keys(told)
    with open_service(told) as client:
        yield Service(client, keys)


def import_patients(service, patients, by=EDITOR):
    """Import patients, who are named by their place unless they have an identifier."""
    rows = [{"identifier": f"P-{place}"} | facts for place, facts in enumerate(patients)]
    answer = service.ask(
        "POST",
        "/v1/imports",
        by=by,
        content="\n".join(json.dumps(row) for row in rows),
        headers={"content-type": "application/x-ndjson"},
    )
    assert answer.status_code == 201, answer.text


def followed(text, **facts):
    """Patients as textbooks write them: `5` died on day 5, `5+` was alive then."""
    return [
        {
            "follow_up_days": float(word.rstrip("+")),
            "vital_status": "alive" if word.endswith("+") else "dead",
            **facts,
        }
        for word in text.split()
    ]


TWO_ARMS = [
    *followed("2 4 4+ 6 9+ 12", arm="il2ld"),
    *followed("1 3 3 5+ 8 10+", arm="placebo"),
]


def keep_two_arms(service):
    """Keep twelve patients, all with covariates, and three with levels of 1499 to 1501 pg/mL."""
    level = {"pnfh_unit": "pg/mL", "pnfh_specimen": "csf"}
    import_patients(
        service,
        [
            {"x_crp": place, "x_site": "abc"[place % 3]}
            | ({"pnfh": 1499 + place, **level} if place < 3 else {})
            | one
            for place, one in enumerate(TWO_ARMS)
        ],
    )


def ask(service, by=VIEWER, **question):
    return service.ask("POST", SURVIVAL, by=by, json=question)


def describe(service, by=VIEWER, **question):
    """Ask, and read the answer strictly by its schema; every patient must be accounted for."""
    answer = ask(service, by=by, **question)
    assert answer.status_code == 200, answer.text
    read(CohortSurvivalResponse, answer.content)
    found = answer.json()
    if found["n_total"] is not None:
        assert found["n_total"] == found["n_used"] + sum(one["n"] for one in found["excluded"])
    return found


def only(found):
    """The only group of an answer."""
    (group,) = found["groups"]
    return group


def excluded(found):
    """The reasons for which somebody was left out, with their numbers."""
    return {one["reason"]: one["n"] for one in found["excluded"] if one["n"]}


def notices(found):
    return [one["code"] for one in found["notices"]]


def patient_ids(service, by=EDITOR):
    """Every patient's id by identifier."""
    answer = service.ask("GET", "/v1/patients", by=by, params={"limit": 200})
    return {item["identifier"]: item["id"] for item in answer.json()["items"]}
