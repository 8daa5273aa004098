"""After any change the clinic's cohort is what a service that reads all of it anew has."""

from random import Random

import pytest

from app.use_cases.cohort import cohorts
from tests.api.clinics import Service, make_keys, open_service
from tests.api.fitted_cohorts import MODELS, keep_rows, trial_rows

ANY = {"if-match": "*"}
CHANGES = 6
QUESTIONS = [
    {"group_by": ["arm"]},
    {"group_by": ["stratum"]},
    {"group_by": ["x_mixed"]},
    {"group_by": ["sex", "c9orf72"]},
    {"filter": {"stratum": "low", "x_age": {"gte": 55}}},
    {"filter": {"x_mixed": ["a", 2]}, "endpoint": "death_or_ventilation"},
]
MODEL = {"terms": [{"variable": "pnfh", "transform": "log"}, {"variable": "x_age"}]}


@pytest.fixture
def running(settings):
    """Run a service that shows groups of one, with a trial in which a covariate is mixed."""
    own = settings.model_copy(update={"minimum_group": 1})
    keys = make_keys(own)
    with open_service(own) as client:
        service = Service(client, keys)
        facts = {
            "x_mixed": lambda i: ("", i % 3)[i % 2],
            "sex": lambda i: ("male", "")[i % 2],
            "c9orf72": lambda i: ("true", "false", "")[i % 3],
        }
        keep_rows(service, trial_rows(60, **facts))
        yield service, own


@pytest.fixture
def renewed(monkeypatch):
    """Count the cohorts that were renewed, not read."""
    found = []

    def renew(before, changed, now):
        found.append(len(changed))
        return unhindered(before, changed, now)

    unhindered = cohorts.renew
    monkeypatch.setattr(cohorts, "renew", renew)
    return found


OWN = {"id", "created_at", "request_id"}
"""What each answer has of its own."""


def told(service):
    """Everything that is told of the cohort, refusals too."""
    found = [
        service.ask("POST", "/v1/cohort/survival", json=one | {"tau": 200}) for one in QUESTIONS
    ]
    found.append(service.ask("POST", MODELS, json=MODEL, headers={"prefer": "wait=60"}))
    assert max(answer.status_code for answer in found) < 500
    return [
        {name: value for name, value in answer.json().items() if name not in OWN}
        for answer in found
    ]


def told_anew(service, settings):
    with open_service(settings) as client:
        return told(Service(client, service.keys))


class Change:
    """Random changes of the clinic's patients, one after another."""

    def __init__(self, service, seed):
        self.service = service
        self.chance = Random(seed)
        self.made = 0

    def somebody(self):
        known = {"sort": ["identifier"], "limit": 100}
        items = self.service.ask("POST", "/v1/patients/search", json=known).json()["items"]
        return self.chance.choice(items)

    def facts(self):
        pick = self.chance.choice
        stated = {
            "arm": pick(["none", "treated", "third", None]),
            "sex": pick(["male", "female", None]),
            "c9orf72": pick([True, False, None]),
            "vital_status": pick(["alive", "dead", "unknown"]),
            "follow_up_days": pick([0, 12, 250.5, None]),
            "covariates": {"mixed": pick(["a", "b", "2", 2, 7.25, None]), "age": pick([40, 66.6])},
        }
        return {name: stated[name] for name in self.chance.sample(sorted(stated), 3)}

    def send(self, method, path, status, **options):
        answer = self.service.ask(method, f"/v1/patients{path}", **options)
        assert answer.status_code == status, answer.text
        return answer

    def come(self):
        self.made += 1
        facts = {k: v for k, v in self.facts().items() if k != "covariates" and v is not None}
        self.send("POST", "", 201, json=facts | {"identifier": f"NEW-{self.made}"})

    def go(self):
        self.send("DELETE", f"/{self.somebody()['id']}", 204, headers=ANY)

    def become(self):
        patch = self.facts()
        self.send("PATCH", f"/{self.somebody()['id']}", 200, json=patch, headers=ANY)

    def measure(self):
        level = {"biomarker": "pnfh", "value": self.chance.choice([10, 749.9, 800, 5000])}
        level |= {"unit": "pg/mL", "specimen": "csf"}
        level |= self.chance.choice([{}, {"comparator": "<"}, {"collected_at": "2025-01-01"}])
        self.send("POST", f"/{self.somebody()['id']}/measurements", 201, json=level)

    def unmeasure(self):
        place = f"/{self.somebody()['id']}/measurements"
        for one in self.send("GET", place, 200).json()["items"][:1]:
            self.send("DELETE", f"{place}/{one['id']}", 204, headers=ANY)

    def any(self):
        self.chance.choice([self.come, self.go, self.become, self.measure, self.unmeasure])()


@pytest.mark.parametrize("seed", [1, 2])
def test_after_random_changes_the_answers_are_those_of_a_service_that_reads_anew(
    running, renewed, seed
):
    service, settings = running
    told(service)
    change = Change(service, seed)
    for _ in range(CHANGES):
        for _ in range(change.chance.randint(1, 3)):
            change.any()
        assert told(service) == told_anew(service, settings)
    assert len(renewed) >= CHANGES - 1  # a change of nobody's columns is none


def test_a_covariate_that_becomes_a_text_makes_categories_of_all_its_numbers(running, renewed):
    service, settings = running
    told(service)
    change = Change(service, 3)
    path = f"/{change.somebody()['id']}"
    change.send("PATCH", path, 200, json={"covariates": {"mixed": "north"}}, headers=ANY)
    assert told(service) == told_anew(service, settings)
    groups = service.ask("POST", "/v1/cohort/survival", json=QUESTIONS[2]).json()["groups"]
    assert {"north", "0", "1", "2"} >= {one["group"]["x_mixed"] for one in groups} >= {"north"}
    change.send("PATCH", path, 200, json={"covariates": {"mixed": 2}}, headers=ANY)
    assert told(service) == told_anew(service, settings)
    assert renewed == [1, 1]


def test_a_patient_with_several_levels_who_goes_leaves_none_behind(running, renewed):
    service, settings = running
    change = Change(service, 4)
    place = f"/{change.somebody()['id']}"
    for value in (749.9, 5000):
        level = {"biomarker": "pnfh", "value": value, "unit": "pg/mL", "specimen": "csf"}
        change.send("POST", f"{place}/measurements", 201, json=level)
    told(service)
    change.send("DELETE", place, 204, headers=ANY)
    assert told(service) == told_anew(service, settings)
    assert renewed == [1]


def test_an_import_is_read_anew(running, renewed):
    service, settings = running
    told(service)
    more = [row | {"identifier": f"N{i}"} for i, row in enumerate(trial_rows(5))]
    keep_rows(service, more)
    assert told(service) == told_anew(service, settings)
    assert renewed == []
