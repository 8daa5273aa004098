"""Imports: every row judged as a single patient is, all or nothing, once."""

import gzip
import io

import pyarrow as pa
import pytest
from pyarrow import parquet

from app.clinic.access import Role

CSV = {"content-type": "text/csv"}
LEVELS = (
    "identifier,sex,pnfh,pnfh_unit,pnfh_specimen,pnfh_date,x_site\n"
    "SITE-1,female,1500.50,pg/mL,csf,2024-01-15,Lyon\n"
    "SITE-1,female,1.7,ng/mL,csf,2024-02-15T10:00:00+02:00,Lyon\n"
    "SITE-2,,,,,,'5\n"
)


def send(service, body, query="", **options):
    headers = CSV | options.pop("headers", {})
    path = f"/v1/imports{query}"
    return service.ask("POST", path, content=body, headers=headers, **options)


def people(service, **options):
    return service.ask("GET", "/v1/patients?limit=200", **options).json()["items"]


def places(answer):
    errors = answer.json()["errors"]
    return [(one["row"], one["column"], one["code"]) for one in errors]


def test_a_file_becomes_patients_and_levels_in_its_order(service):
    answer = send(service, LEVELS)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["rows_total"], told["rows_accepted"], told["rows_rejected"]) == (3, 3, 0)
    assert (told["patients_added"], told["measurements_added"], told["errors"]) == (2, 2, [])
    first, second = people(service)
    assert (first["identifier"], first["covariates"]) == ("SITE-1", {"site": "Lyon"})
    assert (second["identifier"], second["covariates"]) == ("SITE-2", {"site": "5"})
    levels = service.ask("GET", f"/v1/patients/{first['id']}/measurements").json()["items"]
    assert [(one["value"], one["unit"], one["collected_at"]) for one in levels] == [
        (1500.5, "pg/mL", "2024-01-15"),
        (1.7, "ng/mL", "2024-02-15T08:00:00Z"),
    ]


def test_the_instant_of_a_level_may_have_any_number_of_digits(service):
    body = LEVELS.replace("T10:00:00+02:00", "T10:00:00.1234567+02:00")
    assert send(service, body).status_code == 201
    patient = people(service)[0]["id"]
    levels = service.ask("GET", f"/v1/patients/{patient}/measurements").json()["items"]
    assert levels[1]["collected_at"] == "2024-02-15T08:00:00.123456Z"


def test_how_an_import_went_can_be_read_by_its_clinic_alone(service):
    made = send(service, LEVELS)
    where = made.headers["location"]
    again = service.ask("GET", where, by=("North", Role.VIEWER))
    assert (again.status_code, again.json()) == (200, made.json())
    assert again.headers["etag"] == made.headers["etag"]
    assert service.ask("GET", where, by=("South", Role.ADMIN)).status_code == 404
    assert service.ask("GET", "/v1/imports/nonsense").status_code == 404


def test_one_faulty_row_refuses_the_file_and_every_fault_is_told(service):
    body = "identifier,alsfrs_r,onset_date,birth_year\nA,49,2020-01-01,\nB,4,1950-01-01,1960\n"
    answer = send(service, body)
    assert answer.status_code == 422
    assert answer.json()["detail"] == "There are 2 faults in the file. Nothing was stored."
    assert places(answer) == [(2, "alsfrs_r", "less_than_equal"), (3, "onset_date", "date_order")]
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/2/alsfrs_r", "/3/onset_date"]
    assert people(service) == []


def test_what_is_right_can_be_kept_without_the_rest(service):
    body = "identifier,alsfrs_r\nA,49\nB,4\nJane Doe,3\nC\n"
    answer = send(service, body, "?mode=skip_invalid")
    assert answer.status_code == 201
    told = answer.json()
    assert (told["rows_total"], told["rows_accepted"], told["rows_rejected"]) == (4, 1, 3)
    assert places(answer) == [
        (2, "alsfrs_r", "less_than_equal"),
        (4, "identifier", "identifier_is_name"),
        (5, None, "ragged_row"),
    ]
    assert [one["identifier"] for one in people(service)] == ["B"]
    assert "Jane" not in answer.text


def test_an_identifier_that_stands_again_with_other_facts_is_a_fault(service):
    body = "identifier,sex\nA,female\nB,male\nA,male\nA,female\n"
    answer = send(service, body, "?mode=skip_invalid")
    assert places(answer) == [(4, "identifier", "identifier_repeated")]
    assert answer.json()["rows_accepted"] == 3
    assert {one["identifier"]: one["sex"] for one in people(service)} == {
        "A": "female",
        "B": "male",
    }


def test_equal_numbers_are_equal_facts_and_the_first_row_says_their_digits(service):
    first, again = "A-23,84,5,1.50,five\n", "A-23,84.0,5E+0,1.5,five\n"
    body = f"identifier,svc_percent,entry_days,x_n,x_t\n{first}{again}"
    told = send(service, body).json()
    assert (told["rows_accepted"], told["patients_added"]) == (2, 1)
    path = f"/v1/patients/{people(service)[0]['id']}"
    shown = service.ask("GET", path).text
    assert '"svc_percent":84,' in shown
    assert '"n":1.50' in shown


@pytest.mark.parametrize(
    "other",
    [
        "84.00000000000000000000000001,,1",  # no float could tell it from 84
        ",,1",
        "84,,",
        "84,5,1",
        "84,,'1",
        "84,,1.1",
    ],
)
def test_other_numbers_are_other_facts(service, other):
    body = f"identifier,svc_percent,entry_days,x_n\nA,84,,1\nA,{other}\nA,84.0,,1.0\n"
    answer = send(service, body, "?mode=skip_invalid")
    assert places(answer) == [(3, "identifier", "identifier_repeated")]
    assert answer.json()["rows_accepted"] == 3 - 1


def test_rows_that_contradict_are_counted_beyond_those_that_are_told(service):
    rows = "".join(f"A,{i % 50}.{i}1\n" for i in range(10_500))
    answer = send(service, f"identifier,svc_percent\nA,84\nA,84.0\n{rows}", "?mode=skip_invalid")
    assert (answer.json()["rows_accepted"], answer.json()["rows_rejected"]) == (2, 10_500)
    assert places(answer)[-1] == (None, None, "more_faults")
    assert answer.json()["errors"][-1]["detail"].startswith(f"There are {10_500 - 10_000} more")


def test_a_patient_who_is_there_is_a_fault_unless_updates_are_asked_for(service):
    service.keep(identifier="A", sex="male")
    refused = send(service, "identifier,sex\nA,female\nB,male\n")
    assert (refused.status_code, places(refused)) == (422, [(2, "identifier", "identifier_taken")])
    changed = send(service, "identifier,sex\nA,female\nB,male\n", "?on_duplicate=update")
    assert (changed.json()["patients_added"], changed.json()["patients_changed"]) == (1, 1)
    patient = next(one for one in people(service) if one["identifier"] == "A")
    answer = service.ask("GET", f"/v1/patients/{patient['id']}")
    assert (answer.json()["sex"], answer.headers["etag"]) == ("female", '"2"')
    past = service.ask("GET", f"/v1/patients/{patient['id']}/history").json()["items"]
    assert sorted(one["change"] for one in past) == ["created", "imported"]


def test_the_same_file_again_changes_nothing(service):
    send(service, LEVELS)
    before = people(service)
    again = send(service, LEVELS, "?on_duplicate=update")
    told = again.json()
    kept = ("patients_added", "patients_changed", "measurements_added")
    assert [told[name] for name in kept] == [0, 0, 0]
    assert people(service) == before
    # A further level that equals one that is kept is one more, not the same again.
    twice = LEVELS.splitlines()[1] + "\n"
    more = send(service, LEVELS + twice, "?on_duplicate=update").json()
    assert [more[name] for name in kept] == [0, 0, 1]


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("A,1500,,csf,", "pnfh_unit", "missing"),
        ("A,1500,pg/mL,,", "pnfh_specimen", "missing"),
        ("A,,pg/mL,csf,2024-01-01", "pnfh", "missing"),
        ("A,0,pg/mL,csf,", "pnfh", "biomarker_out_of_range"),
        ("A,1500,nmol/L,csf,", "pnfh_unit", "unit_not_supported"),
        ("A,1500,pg/mL,serum,", "pnfh_specimen", "specimen_not_applicable"),
        ("A,1500,pg/mL,csf,01/02/2024", "pnfh_date", "not_a_date"),
        (",1500,pg/mL,csf,", "identifier", "missing"),
    ],
)
def test_a_level_keeps_the_rules_of_a_single_one(service, row, column, code):
    header = "identifier,pnfh,pnfh_unit,pnfh_specimen,pnfh_date\n"
    answer = send(service, f"{header}{row}\n")
    assert (answer.status_code, places(answer)) == (422, [(2, column, code)])


def test_a_unit_and_a_specimen_alone_state_nothing(service):
    body = "identifier,pnfh,pnfh_unit,pnfh_specimen\nA,,pg/mL,csf\n"
    assert send(service, body).json()["measurements_added"] == 0


def test_json_lines_and_parquet_are_read_with_their_types(service):
    lines = '{"identifier": "A", "svc_percent": 84.50, "ftd": false, "x_n": 5, "x_t": "5"}\n'
    sent = {"content-type": "application/x-ndjson"}
    assert send(service, lines, headers=sent).status_code == 201
    table = pa.table({"identifier": ["B"], "svc_percent": [84.5], "ftd": [False], "x_n": [5],
                      "x_t": ["5"]})  # fmt: skip
    file = io.BytesIO()
    parquet.write_table(table, file)
    sent = {"content-type": "application/vnd.apache.parquet"}
    assert send(service, file.getvalue(), headers=sent).status_code == 201
    first, second = people(service)
    assert first["covariates"] == second["covariates"] == {"n": 5, "t": "5"}
    assert (first["svc_percent"], first["ftd"]) == (second["svc_percent"], second["ftd"])


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ('{"identifier": "A", "svc_percent": "84"}', "svc_percent", "not_a_number"),
        ('{"identifier": "A", "ftd": 1}', "ftd", "not_a_boolean"),
        ('{"identifier": "A", "sx": "female"}', "sx", "unknown_field"),
        ('{"identifier": "A", "identifier": "B"}', None, "repeated_member"),
        ('{"identifier": "A", "x_a": {}}', "x_a", "not_a_number"),
        ('{"identifier": "A", "x_a": NaN}', None, "not_finite"),
        ("[1]", None, "not_an_object"),
        ("{", None, "not_json"),
    ],
)
def test_json_lines_are_as_strict_as_json_bodies(service, line, column, code):
    sent = {"content-type": "application/x-ndjson"}
    answer = send(service, f'{{"identifier": "Z"}}\n{line}\n', headers=sent)
    assert (answer.status_code, places(answer)) == (422, [(2, column, code)])


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ('{"identifier": "A"', "The line is not JSON (character 19)."),
        ('{"identifier": }', "The line is not JSON (character 16)."),
        ("[" * 40, "The line must not be nested deeper than 32."),
    ],
)
def test_a_line_that_is_no_json_is_told_by_its_row_alone(service, line, detail):
    sent = {"content-type": "application/x-ndjson"}
    answer = send(service, f'{{"identifier": "Z"}}\n\n{line}\r\n', headers=sent)
    (error,) = answer.json()["errors"]
    assert (error["row"], error["column"], error["detail"]) == (3, None, detail)


OUT_OF_RANGE = pa.array([0, 2**31 - 1, None], pa.int32()).cast(pa.date32())
NOT_UTF8 = pa.Array.from_buffers(
    pa.string(),
    3,
    [None, pa.py_buffer(bytes([0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0])),
     pa.py_buffer(b"a\xff\xfeb")],
)  # fmt: skip


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("onset_date", OUT_OF_RANGE),
        ("x_t", NOT_UTF8),
        ("x_t", NOT_UTF8.cast(pa.binary()).dictionary_encode().cast(
            pa.dictionary(pa.int32(), pa.string()), safe=False)),
        ("pnfh_date", pa.array([None, 2**62, None], pa.int64()).cast(pa.timestamp("ms", "UTC"))),
        ("x_t", pa.array([None, 0, None], pa.int64()).cast(pa.timestamp("us", "Europe/Taris"))),
    ],
    ids=["day", "text", "dictionary", "instant", "zone"],
)  # fmt: skip
def test_a_value_of_parquet_that_cannot_be_read_is_a_fault_of_its_place(service, column, values):
    table = pa.table({"identifier": ["A", "B", "C"], column: values})
    file = io.BytesIO()
    parquet.write_table(table, file)
    sent = {"content-type": "application/vnd.apache.parquet"}
    refused = send(service, file.getvalue(), headers=sent)
    told = (3, column, "unreadable")  # row 2 of the file, after a header
    assert (refused.status_code, told in places(refused)) == (422, True)
    assert people(service) == []
    kept = send(service, file.getvalue(), "?mode=skip_invalid", headers=sent).json()
    assert "B" not in [one["identifier"] for one in people(service)]
    assert kept["rows_accepted"] == len(people(service)) == 3 - kept["rows_rejected"]


@pytest.mark.parametrize(
    "headers",
    [{"content-encoding": "gzip"}, {"content-type": "application/gzip"}, {}],
    ids=["encoded", "typed", "unsaid"],
)
def test_compressed_files_are_read(service, headers):
    answer = send(service, gzip.compress(LEVELS.encode()), headers=headers)
    assert (answer.status_code, answer.json()["rows_accepted"]) == (201, 3)


def test_a_compressed_file_that_is_cut_is_refused(service):
    answer = send(service, gzip.compress(LEVELS.encode() * 100)[:-20])
    assert (answer.status_code, places(answer)) == (422, [(1, None, "not_gzip")])


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"PAR1 and nothing else", {"content-type": "application/vnd.apache.parquet"}, 422),
        (b"identifier\nA\n", {"content-type": "application/json"}, 415),
        (b"identifier\nA\n", {"content-encoding": "br"}, 415),
        (b"identifier\nA\x00\n", {}, 422),
    ],
)
def test_other_bodies_are_refused(service, body, headers, status):
    assert send(service, body, headers=headers).status_code == status
    assert people(service) == []


def test_a_viewer_imports_nothing(service):
    assert send(service, LEVELS, by=("North", Role.VIEWER)).status_code == 403
    assert send(service, LEVELS, by=None).status_code == 401


def test_clinics_do_not_meet_in_an_import(service):
    service.keep(by=("South", Role.EDITOR), identifier="SITE-1")
    assert send(service, LEVELS).status_code == 201
    assert [one["identifier"] for one in people(service, by=("South", Role.EDITOR))] == ["SITE-1"]


def test_a_key_carries_an_import_out_once(service):
    headers = {"idempotency-key": "import-1"}
    first, again = (send(service, LEVELS, headers=headers) for _ in range(2))
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert again.headers["idempotent-replayed"] == "true"
    other = send(service, LEVELS.replace("SITE-1", "SITE-9"), headers=headers)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-mismatch")
    assert len(people(service)) == 2


def test_faults_beyond_the_first_ten_thousand_are_only_counted(service):
    rows = "".join(f"P-{i},49\n" for i in range(10_500))
    answer = send(service, "identifier,alsfrs_r\n" + rows, "?mode=skip_invalid")
    errors = answer.json()["errors"]
    assert answer.json()["rows_rejected"] == 10_500
    assert (len(errors), places(answer)[-1]) == (10_001, (None, None, "more_faults"))
    refused = send(service, "identifier,alsfrs_r\n" + rows)
    assert places(refused)[-1] == (None, None, "more_faults")
    assert "500" in errors[-1]["detail"]


def test_unknown_wishes_are_refused(service):
    for query in ("?mode=some", "?on_duplicate=maybe", "?modus=skip_invalid"):
        assert send(service, LEVELS, query).status_code == 422
    assert people(service) == []
