"""The client against a running server: every call, both ways, and answers that are lost."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from app.client import errors
from app.client.clients import AsyncClient, Client
from app.client.cohort import (
    calibrate,
    cohort_survival,
    drawn_calibration,
    drawn_cohort_survival,
    fit_model,
    make_evidence,
    read_model,
)
from app.client.conformance import read_conformance
from app.client.delivery import Patience
from app.client.estimates import (
    drawn_curves,
    estimate,
    estimate_for,
    estimate_group,
    estimate_many,
    prognosis,
    stratum,
    survival_curves,
    treatment_effect,
)
from app.client.evidence import compare_evidence, list_evidence, read_card, read_evidence
from app.client.oversight import list_audit, sum_up_card_feedback, verify_audit
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
    erase_patient,
    estimate_patient,
    export_patient,
    export_patients,
    import_patients,
    keep_estimate,
    list_kept_estimates,
    list_versions,
    read_import,
    read_kept_estimate,
    replay_estimate,
)
from tests.e2e.faults import OwnPostgres, OwnSqlite, settings_of
from tests.e2e.lossy import losing_answers
from tests.e2e.servers import prepare, run_app, serving

LEVEL = {"biomarker": "pnfh", "value": Decimal("1.50"), "unit": "ng/mL", "specimen": "csf"}
TO_LOSE = 300
STUBBORN = Patience(attempts=40, seconds=120, first_wait=0.01, longest_wait=0.1)


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """Run a server with a clinic, and give its address and a key."""
    folder = tmp_path_factory.mktemp("client")
    key = prepare(data_dir=folder)
    made = run_app("keys", "create", "--clinic", "North", "--role", "admin", data_dir=folder)
    with serving(folder) as server:
        yield server.address, key, made.stdout.strip()


@pytest.fixture
def client(live):
    with Client(*live[:2]) as opened:
        yield opened


@pytest.fixture
def admin(live):
    with Client(live[0], live[2]) as opened:
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


def test_the_cohort_of_the_clinic(client):
    rows = "".join(
        f"FIT-{n},{('none', 'il2ld')[n % 2]},{100 + n},{('alive', 'dead')[n % 3 > 0]},5\n"
        for n in range(60)
    )
    head = "identifier,arm,follow_up_days,vital_status,x_visits\n"
    run = client.send(import_patients((head + rows).encode(), "text/csv"))
    assert client.send(read_import(run.id)).rows_accepted == 60
    asked = {"group_by": ["arm"]}
    assert client.send(drawn_cohort_survival(asked, "text/csv")).startswith(b"arm,time")
    terms = {"terms": [{"variable": "arm", "reference": "none"}]}
    model = client.send(fit_model(terms, wait_seconds=20))
    assert model.status == "done"
    assert client.send(read_model(model.id)).coefficients == model.coefficients
    with pytest.raises(errors.FitRefused):  # without levels there is no stratum
        client.send(make_evidence({"model_id": model.id}))
    compared = {"evidence": "mirocals-2025", "arms": {"none": "placebo"}}
    assert client.send(calibrate(compared)).evidence.id == "mirocals-2025"
    assert client.send(drawn_calibration(compared, "image/svg+xml")).startswith(b"<?xml")


def test_all_that_is_held_of_a_patient_and_its_end(client, admin):
    patient = client.send(create_patient({"identifier": "HELD-1"}))
    client.send(patch_patient(patient.content.id, {"alsfrs_r": 40}, patient.etag))
    patient_id = patient.content.id
    assert [one.version for one in client.each(list_versions(patient_id, limit=1))] == [1, 2]
    assert len(admin.send(export_patient(patient_id)).versions) == 2
    with pytest.raises(errors.Forbidden):
        client.send(erase_patient(patient_id))
    assert admin.send(erase_patient(patient_id)).patient_id == patient_id
    found = [one.action for one in admin.each(list_audit(limit=1, patient_id=patient_id))]
    assert "create_patient" in found
    assert admin.send(verify_audit()).valid
    assert client.send(sum_up_card_feedback(since="2026-01-01")).outcomes.accepted == 0


def test_a_prognosis(client):
    asked = {
        "age_at_onset": 60, "alsfrs_r_slope": 0.5, "diagnostic_delay_months": 10,
        "fvc_percent": 90, "bulbar_onset": False, "definite_als": False, "ftd": False,
        "c9orf72": False,
    }  # fmt: skip
    assert client.send(prognosis(asked)).time_origin == "onset"


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
    async with AsyncClient(*live[:2]) as client:
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
