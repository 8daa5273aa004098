"""What the service counts about itself, and what it never tells."""

import re

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from app import __version__
from app.api.edge.tally import SECONDS
from app.clinic.access import Role
from app.main import create_app
from app.settings import Settings

CANARY = "c4n4ryJaneDoe"


@pytest.fixture
def fresh(tmp_path):
    """Run a service of its own: its figures start at zero."""
    with TestClient(create_app(Settings(data_dir=tmp_path))) as running:
        yield running


def figures(client):
    """Read every sample: its name, its labels and its value."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return [sample for family in families for sample in family.samples]


def value(client, name, **labels):
    """Find the one sample with these labels."""
    found = [s.value for s in figures(client) if s.name == name and s.labels == labels]
    assert len(found) == 1, (name, labels, found)
    return found[0]


def counted(client):
    """Read how many requests ended, by method, route and status."""
    samples = [s for s in figures(client) if s.name == "neurostrata_requests_total"]
    return {
        tuple(s.labels[name] for name in ("method", "route", "status")): s.value for s in samples
    }


def test_the_figures_are_text_for_prometheus_and_not_kept(fresh):
    answer = fresh.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


def test_requests_are_counted_by_method_template_and_status(fresh):
    for level in (1500, 1500, 5000, "x"):
        fresh.get(f"/v1/estimate?pnfh={level}")
    fresh.head("/v1/estimate?pnfh=1500")
    fresh.post("/v1/estimate")
    fresh.get(f"/v1/evidence/{CANARY}")
    assert counted(fresh) == {
        ("GET", "/v1/estimate", "200"): 3,
        ("GET", "/v1/estimate", "422"): 1,
        ("HEAD", "/v1/estimate", "200"): 1,
        ("POST", "/v1/estimate", "405"): 1,
        ("GET", "/v1/evidence/{evidence_id}", "404"): 1,
    }


def test_addresses_that_lead_nowhere_share_one_label(fresh):
    for path in (f"/{CANARY}", f"/v1/{CANARY}/a", "/v1/estimate/"):
        assert fresh.get(path).status_code == 404
    assert counted(fresh) == {("GET", "unmatched", "404"): 3}


def test_a_method_that_a_caller_made_up_is_not_written_down(fresh):
    fresh.request(CANARY.upper(), "/v1/estimate")
    assert counted(fresh) == {("other", "/v1/estimate", "405"): 1}


def test_the_time_of_each_request_falls_into_one_bucket(fresh):
    for _ in range(5):
        fresh.get("/healthz")
    name, labels = "neurostrata_request_seconds", {"method": "GET", "route": "/healthz"}
    assert value(fresh, f"{name}_count", **labels) == 5
    assert 0 < value(fresh, f"{name}_sum", **labels) < 5 * 10
    buckets = [
        (s.labels["le"], s.value)
        for s in figures(fresh)
        if s.name == f"{name}_bucket" and s.labels["route"] == "/healthz"
    ]
    assert [bound for bound, _ in buckets] == [*map(str, SECONDS), "+Inf"]
    assert [count for _, count in buckets] == sorted(count for _, count in buckets)
    assert buckets[-1] == ("+Inf", 5)


def test_the_request_that_asks_is_in_flight_alone(fresh):
    fresh.get("/nothing")
    assert value(fresh, "neurostrata_requests_in_flight") == 1


def test_the_build_is_told(fresh):
    labels = next(s.labels for s in figures(fresh) if s.name == "neurostrata_build_info")
    assert labels["version"] == __version__
    assert re.fullmatch(r"3\.\d+\.\d+", labels["python"])


def test_the_process_is_measured(fresh):
    assert value(fresh, "process_resident_memory_bytes") > 10 * 2**20


def test_connections_to_the_database_are_counted(service):
    service.keep()
    name = "neurostrata_database_connections"
    # That a key was used is noted after the answer: one connection may still be at it.
    assert sum(value(service.client, name, state=state) for state in ("in_use", "idle")) >= 1


def test_no_figure_names_a_patient_a_clinic_or_what_was_sent(service):
    patient = service.keep(identifier="CANARY-7351")
    service.ask("GET", f"/v1/patients/{patient['id']}")
    service.ask("GET", f"/v1/patients/{CANARY}?{CANARY}={CANARY}")
    told = service.client.get("/metrics").text
    assert 'route="/v1/patients/{patient_id}"' in told
    for secret in ("CANARY", CANARY, patient["id"], "North", service.keys["North", Role.EDITOR]):
        assert secret not in told


def test_two_services_count_apart(fresh, tmp_path):
    fresh.get("/healthz")
    with TestClient(create_app(Settings(data_dir=tmp_path))) as other:
        assert counted(other) == {}
    assert ("GET", "/healthz", "200") in counted(fresh)


def test_an_unknown_parameter_is_refused(fresh):
    assert fresh.get("/metrics?name=x").status_code == 422


def test_figures_can_be_closed_as_if_there_were_none(tmp_path):
    app = create_app(Settings(data_dir=tmp_path, metrics=False))
    with TestClient(app) as closed:
        answer = closed.get("/metrics")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
        assert answer.json()["detail"] == closed.get("/nothing").json()["detail"]
        assert "/metrics" not in closed.get("/openapi.json").json()["paths"]
