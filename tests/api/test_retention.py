"""`retention` and `erase` in the terminal: what is old goes, what is left is whole and says so."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
import typer
from sqlalchemy import select, text, update
from typer.testing import CliRunner

from app.cli.audit import audit
from app.cli.erase import erase
from app.cli.retention import retention
from app.clinic.access import Role
from app.db.audit import audit_chain, audit_event
from app.db.audit_key import FILE
from app.db.erasures import erasure
from app.db.first_answers import first_answer
from app.db.vacuum import WITH_PATIENTS
from app.errors import ConfigurationFault, NotFound, Unavailable
from app.use_cases.audit import retain
from tests.api.clinics import SOMEBODY
from tests.api.test_audit import ADMIN, listed, verified

NOW = datetime.now(UTC)
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def run(settings, monkeypatch):
    """Run a command on the database of the running service."""
    monkeypatch.setenv("NEUROSTRATA_DATA_DIR", str(settings.data_dir))
    if settings.database_url:
        monkeypatch.setenv("NEUROSTRATA_DATABASE_URL", settings.database_url)
    commands = typer.Typer()
    commands.command()(retention)
    commands.command()(erase)
    commands.add_typer(audit, name="audit")

    def invoke(*words, typed=None, **own):
        for name, value in own.items():
            monkeypatch.setenv(f"NEUROSTRATA_{name.upper()}", str(value))
        return CliRunner().invoke(commands, words, input=typed)

    return invoke


def ago(days=0, hours=0):
    """Let the clock stand so long ago."""
    return time_machine.travel(NOW - timedelta(days=days, hours=hours))


def keep(service, identifier, key=None):
    headers = {"idempotency-key": key} if key else {}
    body = SOMEBODY | {"identifier": identifier}
    answer = service.ask("POST", "/v1/patients", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def erased(service, patient):
    assert service.ask("POST", f"/v1/patients/{patient}/erase", by=ADMIN).status_code == 200


def by_command(service):
    events = listed(service, "?limit=200")
    return [(e["action"], e["count"]) for e in events if e["principal"] == "command"][::-1]


def test_without_settings_only_old_first_answers_go(service, run, tamper):
    with ago(days=400):
        erased(service, keep(service, "P-1"))
    with ago(hours=25):
        keep(service, "P-2", key="old")
    with ago(hours=23):
        keep(service, "P-3", key="new")
    ended = run("retention")
    assert ended.exit_code == 0
    assert "North: removed 1 remembered answers, 0 tombstones, 0 audit events" in ended.stdout
    assert [row["key"] for row in tamper(select(first_answer))] == ["new"]
    assert by_command(service) == [("forget_first_answers", 1)]
    assert verified(service)["first_sequence"] == 1


def test_a_second_run_finds_nothing_and_leaves_no_event(service, run):
    keep(service, "P-1")
    before = verified(service)["last_sequence"]
    assert "removed 0 remembered answers, 0 tombstones, 0 audit" in run("retention").stdout
    assert verified(service)["last_sequence"] == before + 1  # the event of verifying


def test_tombstones_go_when_they_are_old(service, run, tamper):
    with ago(days=31):
        erased(service, keep(service, "P-1"))
    with ago(days=29):
        last = keep(service, "P-2")
        erased(service, last)
    assert "1 tombstones" in run("retention", tombstone_days=30).stdout
    assert [row["patient_id"] for row in tamper(select(erasure))] == [last]
    assert by_command(service) == [("remove_tombstones", 1)]


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_old_events_go_and_the_rest_is_whole(service, run, monkeypatch, at_once):
    monkeypatch.setattr(retain, "AT_ONCE", at_once)
    with ago(days=31):
        for number in range(4):
            keep(service, f"P-{number}")
    with ago(days=29):
        keep(service, "P-9")
    assert "4 audit events" in run("retention", audit_days=30).stdout
    report = verified(service)
    assert (report["valid"], report["first_sequence"]) == (True, 5)
    assert sum(count for _, count in by_command(service)) == 4
    assert {action for action, _ in by_command(service)} == {"let_go_of_audit_events"}
    assert listed(service, "?limit=200")[-1]["sequence"] == 5
    assert run("audit", "verify").exit_code == 0


def test_all_events_may_go_and_the_next_goes_on_from_them(service, run):
    with ago(days=9):
        for number in range(3):
            keep(service, f"P-{number}")
    assert "3 audit events" in run("retention", audit_days=1).stdout
    assert listed(service)[-1]["sequence"] == 4
    assert verified(service)["valid"]


def test_events_after_what_was_let_go_of_are_still_guarded(service, run, tamper):
    with ago(days=9):
        keep(service, "P-1")
    keep(service, "P-2")
    run("retention", audit_days=1)
    tamper(update(audit_event).where(audit_event.c.sequence == 2).values(status=200))
    report = verified(service)
    assert [(f["sequence"], f["code"]) for f in report["faults"]] == [(2, "event_changed")]


def test_a_clinic_whose_chain_was_changed_is_not_shortened_and_others_are(service, run, tamper):
    with ago(days=9):
        keep(service, "P-1")
        service.ask("GET", "/v1/patients", by=("South", Role.EDITOR))
    north = tamper(select(audit_event).where(audit_event.c.action == "create_patient"))[0]
    tamper(update(audit_chain).where(of_clinic(north)).values(first_sequence=2))
    ended = run("retention", audit_days=1)
    assert ended.exit_code == 1
    assert "North: NOT DONE" in ended.stdout
    assert "South: removed 0 remembered answers, 0 tombstones, 1 audit events" in ended.stdout
    assert len(tamper(select(audit_event).where(audit_event.c.sequence == 1))) == 1
    told = run("audit", "verify")
    assert told.exit_code == 1
    assert "North: NOT WHOLE" in told.stdout
    assert "head_changed" in told.stdout
    assert "South: whole" in told.stdout


def of_clinic(row):
    return audit_chain.c.clinic_id == row["clinic_id"]


def test_a_command_without_the_audit_key_does_nothing_and_makes_none(service, run, settings):
    keep(service, "P-1")
    (settings.data_dir / FILE).rename(settings.data_dir / "kept.key")
    try:
        for words in (("retention",), ("audit", "verify"), ("erase", NOBODY, "--yes")):
            ended = run(*words)
            assert isinstance(ended.exception, ConfigurationFault | NotFound)
        assert not (settings.data_dir / FILE).exists()
    finally:
        (settings.data_dir / "kept.key").rename(settings.data_dir / FILE)


def test_a_command_with_another_key_changes_nothing(service, run):
    patient = keep(service, "P-1")
    ended = run("erase", patient, "--yes", audit_key="x" * 32)
    assert isinstance(ended.exception, Unavailable)
    assert service.ask("GET", f"/v1/patients/{patient}").status_code == 200
    assert verified(service)["valid"]


def test_erasing_asks_for_the_id_and_is_accounted_for(service, run, tamper):
    patient = keep(service, "P-1", key="once")
    service.measure({"id": patient})
    ended = run("erase", patient, typed=f"{patient}\n")
    assert ended.exit_code == 0, ended.output
    assert "North loses this patient for good" in ended.stdout
    assert re.search(r"The patient is erased; a tombstone of .* UTC stays\.", ended.stdout)
    assert service.ask("GET", f"/v1/patients/{patient}").status_code == 404
    (spent,) = tamper(select(first_answer))  # the key alone, so that a retry makes nobody again
    assert (spent["patient_id"], spent["body"]) == (None, b"")
    (left,) = tamper(select(erasure))
    assert (left["patient_id"], left["erased_by"]) == (patient, "command")
    event = listed(service, f"?patient_id={patient}&action=erase")[0]
    assert (event["principal"], event["role"], event["status"]) == ("command", "admin", 200)
    assert verified(service)["valid"]


@pytest.mark.parametrize("typed", ["", "no\n", f"{NOBODY}\n"])
def test_whoever_types_something_else_erases_nothing(service, run, typed):
    patient = keep(service, "P-1")
    assert run("erase", patient, typed=typed).exit_code == 1
    assert service.ask("GET", f"/v1/patients/{patient}").status_code == 200


@pytest.mark.parametrize(
    ("patient", "clinic"), [(NOBODY, None), ("SITE-0042", None), ("theirs", "South")]
)
def test_a_patient_whom_nobody_that_was_asked_has_is_not_erased(service, run, patient, clinic):
    kept = keep(service, "P-1")
    words = ["erase", kept if patient == "theirs" else patient, "--yes"]
    ended = run(*words, *(["--clinic", clinic] if clinic else []))
    assert isinstance(ended.exception, NotFound)
    assert service.ask("GET", f"/v1/patients/{kept}").status_code == 200


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_no_file_of_sqlite_holds_a_value_of_an_erased_patient(service, run, settings):
    patient = keep(service, "CANARY-0042", key="once")
    assert any(b"CANARY-0042" in file.read_bytes() for file in settings.data_dir.iterdir())
    run("erase", patient, "--yes")
    assert not [
        file.name for file in settings.data_dir.iterdir() if b"CANARY-0042" in file.read_bytes()
    ]


@pytest.mark.parametrize("settings", ["postgres"], indirect=True)
def test_postgres_vacuums_the_tables_with_patients_after_erasing(service, run, tamper):
    query = text("SELECT relname, vacuum_count FROM pg_stat_user_tables")
    before = {row["relname"]: row["vacuum_count"] for row in tamper(query)}
    run("erase", keep(service, "P-1"), "--yes")
    after = {row["relname"]: row["vacuum_count"] for row in tamper(query)}
    assert {name: after[name] - before[name] for name in WITH_PATIENTS} == dict.fromkeys(
        WITH_PATIENTS, 1
    )
