"""The client against a running server: every call, both ways, and answers that are lost."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from app.client import errors
from app.client.clients import AsyncClient, Client
from app.client.conformance import read_conformance
from app.client.delivery import Patience
from app.client.estimates import (
    drawn_curves,
    estimate,
    estimate_for,
    estimate_group,
    estimate_many,
    stratum,
    survival_curves,
    treatment_effect,
)
from app.client.evidence import compare_evidence, list_evidence, read_card, read_evidence
from app.client.patients import (
    create_patient,
    delete_measurement,
    delete_patient,
    list_measurements,
    list_patients,
    patch_patient,
    read_measurement,
    read_patient,
    record_measurement,
    replace_patient,
    search_patients,
)
from app.client.records import (
    cohort_survival,
    estimate_patient,
    export_patients,
    import_patients,
    keep_estimate,
    list_kept_estimates,
    read_kept_estimate,
    replay_estimate,
)
from tests.e2e.faults import OwnPostgres, OwnSqlite, settings_of
from tests.e2e.lossy import losing_answers
from tests.e2e.servers import prepare, serving

LEVEL = {"biomarker": "pnfh", "value": Decimal("1.50"), "unit": "ng/mL", "specimen": "csf"}
TO_LOSE = 300
STUBBORN = Patience(attempts=40, seconds=120, first_wait=0.01, longest_wait=0.1)


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """Run a server with a clinic, and give its address and a key."""
    folder = tmp_path_factory.mktemp("client")
    key = prepare(data_dir=folder)
    with serving(folder) as server:
        yield server.address, key


@pytest.fixture
def client(live):
    with Client(*live) as opened:
        yield opened


def test_questions_about_a_level(live):
    with Client(live[0]) as client:
        whole = client.send(estimate("1500", "pg/mL", times=[90, 180], alive_at=100))
        assert whole.treatment_effect.hazard_ratio.value == 0.52
        assert [row.time for row in whole.survival_curves.arms[0].survival_at] == [90, 180]
        assert client.send(stratum("749.9", "pg/mL")).stratum.id == "very_low"
        assert client.send(treatment_effect(5, "ng/mL")).treatment_effect is not None
        assert client.send(survival_curves(1.5, "ng/mL")).survival_curves.horizon == 640
        assert client.send(drawn_curves(1500, "pg/mL", "text/csv")).startswith(b"arm,time")
        assert client.send(estimate_group("1500", "pg/mL")).direction == "benefit"
        question = {"pnfh": {"value": Decimal("1.5"), "unit": "ng/mL"}, "patient": {"age": 61}}
        assert client.send(estimate_for(question)).treatment_effect == (
            client.send(estimate("1.5", "ng/mL")).treatment_effect
        )
        french = client.send(estimate("1500", "pg/mL").in_language("fr"))
        assert french.presentation.lay != whole.presentation.lay


def test_a_batch_of_which_one_item_fails(client):
    items = [{"ref": str(n), "pnfh": {"value": n, "unit": "pg/mL"}} for n in (0, 800, 5000)]
    found = client.send(estimate_many(items, detail="summary")).items
    assert [(one.ref, one.status) for one in found] == [
        ("0", "error"), ("800", "estimate"), ("5000", "estimate"),
    ]  # fmt: skip
    assert found[0].problem.errors[0].pointer == "/pnfh/value"


def test_what_the_estimates_rest_on(client):
    known = [one.id for one in client.send(list_evidence()).items]
    assert "mirocals-2025" in known
    assert client.send(read_evidence("mirocals-2025")) is not None
    assert client.send(read_card("mirocals-2025")) is not None
    assert client.send(compare_evidence("mirocals-2025", "mirocals-2025", levels="1500"))
    assert client.send(read_conformance()).version == "1"


def test_a_patient_from_the_first_day_to_the_last(client):
    kept = client.send(create_patient({"identifier": "LIFE-1", "arm": "placebo"}))
    patient_id = kept.content.id
    changed = client.send(patch_patient(patient_id, {"alsfrs_r": 40}, kept.etag))
    with pytest.raises(errors.PreconditionFailed):
        client.send(patch_patient(patient_id, {"alsfrs_r": 39}, kept.etag))
    anew = client.send(replace_patient(patient_id, {"identifier": "LIFE-1"}, changed.etag))
    assert anew.content.alsfrs_r is None
    assert client.send(read_patient(patient_id)) == anew

    level = client.send(record_measurement(patient_id, LEVEL)).content
    assert client.send(read_measurement(patient_id, level.id)).content == level
    assert client.send(estimate_patient(patient_id)).input.used.value == 1500
    estimate_id = client.send(keep_estimate(patient_id, {"detail": "summary"})).id
    assert client.send(read_kept_estimate(estimate_id)).measurement_id == level.id
    assert client.send(replay_estimate(estimate_id)).identical
    assert [one.id for one in client.each(list_kept_estimates(patient_id))] == [estimate_id]
    assert [one.id for one in client.each(list_measurements(patient_id))] == [level.id]

    client.send(delete_measurement(patient_id, level.id, "*"))
    client.send(delete_patient(patient_id, anew.etag))
    with pytest.raises(errors.NotFound):
        client.send(read_patient(patient_id))


def test_many_patients_page_by_page_and_as_a_file(client):
    rows = "".join(f"MANY-{n:02d},il2ld\n" for n in range(25))
    run = client.send(import_patients(f"identifier,arm\n{rows}".encode(), "text/csv"))
    assert (run.rows_accepted, run.rows_rejected) == (25, 0)
    names = [one.identifier for one in client.each(list_patients(limit=10, sort="identifier"))]
    assert names == sorted(set(names))
    assert len([name for name in names if name.startswith("MANY-")]) == 25
    wanted = {"identifier": {"prefix": "MANY-1"}}
    found = list(client.each(search_patients(wanted, limit=3)))
    assert len(found) == 10
    assert b"MANY-24" in client.send(export_patients("text/csv"))
    survival = client.send(cohort_survival({"group_by": ["arm"]}))
    assert survival.time_unit == "day"


def test_refusals_are_exceptions_that_say_why(live, client):
    with pytest.raises(errors.UnitNotSupported) as caught:
        client.send(estimate("1500", "pmol/L"))
    assert caught.value.errors[0].pointer == "/unit"
    assert caught.value.request_id
    with pytest.raises(errors.NotFound):
        client.send(read_patient("nobody"))
    with pytest.raises(errors.Unauthorized), Client(live[0]) as stranger:
        stranger.send(read_patient("nobody"))
    client.send(create_patient({"identifier": "TWICE-1"}))
    with pytest.raises(errors.Conflict):
        client.send(create_patient({"identifier": "TWICE-1"}))
    client.send(create_patient({"identifier": "KEYED-1"}), idempotency_key="one")
    with pytest.raises(errors.IdempotencyMismatch):
        client.send(create_patient({"identifier": "KEYED-2"}), idempotency_key="one")


async def test_asyncio_does_the_same(live):
    async with AsyncClient(*live) as client:
        names = [f"ASYNC-{n}" for n in range(8)]
        made = await asyncio.gather(
            *(client.send(create_patient({"identifier": name})) for name in names)
        )
        assert sorted(one.content.identifier for one in made) == names
        wanted = {"identifier": {"prefix": "ASYNC-"}}
        found = [one async for one in client.each(search_patients(wanted, ["identifier"], 3))]
        assert [one.identifier for one in found] == names
        with pytest.raises(errors.Conflict):
            await client.send(create_patient({"identifier": "ASYNC-0"}))


@pytest.fixture(params=[OwnSqlite, OwnPostgres], ids=["sqlite", "postgres"])
def database(request, tmp_path):
    if request.param is OwnSqlite:
        yield OwnSqlite(tmp_path)
        return
    postgres = OwnPostgres()
    yield postgres
    postgres.remove()


def test_of_lost_answers_no_patient_is_kept_twice_and_none_is_missing(database, tmp_path):
    names = [f"LOST-{n:04d}" for n in range(TO_LOSE)]
    settings = settings_of(database, tmp_path)
    key = prepare(**settings)
    with (
        serving(tmp_path, **settings) as server,
        losing_answers(server.address) as proxy,
        Client(proxy.address, key, patience=STUBBORN) as client,
        ThreadPoolExecutor(8) as threads,
    ):
        calls = [create_patient({"identifier": name}) for name in names]
        made = list(threads.map(client.send, calls))
    assert proxy.lost > 0.2 * TO_LOSE
    assert len({one.content.id for one in made}) == TO_LOSE
    assert sorted(database.identifiers()) == names
