"""Exports: all of a clinic's patients, as an import reads them, the same on both databases."""

import gzip
import json

import pytest

from app.clinic.access import Role

MEDIA = ["text/csv", "application/x-ndjson", "application/vnd.apache.parquet"]
FILE = (
    "identifier,sex,c9orf72,onset_date,age_at_baseline,pnfh,pnfh_unit,pnfh_specimen,"
    "pnfh_comparator,pnfh_assay,pnfh_date,x_a,x_b,x_c\n"
    'b-1,female,TRUE,2020-01-01,61.50,1500.50,pg/mL,csf,<,"\'=ELISA, ""x""",2024-02-01,'
    "'5,5,'=x\n"
    "b-1,female,TRUE,2020-01-01,61.50,1.5,ng/mL,csf,,,2024-01-31T23:00:00.25-05:00,'5,5,'=x\n"
    "b-1,female,TRUE,2020-01-01,61.50,2,ng/mL,csf,,,,'5,5,'=x\n"
    'B-2,,,,,,,,,,,3.10,"q"",z",\n'
    "a/1,,0,,1E+2,,,,,,,'1,'-3,é\n"
)
EXPORTED = (
    "identifier,sex,birth_year,age_at_baseline,onset_date,onset_site,diagnosis_date,el_escorial,"
    "riluzole_start,alsfrs_r,svc_percent,c9orf72,ftd,arm,baseline_date,entry_days,follow_up_date,"
    "follow_up_days,vital_status,event_type,pnfh,pnfh_unit,pnfh_specimen,pnfh_comparator,"
    "pnfh_assay,pnfh_date,x_a,x_b,x_c\n"
    'B-2,,,,,,,,,,,,,,,,,,,,,,,,,,3.10,"q"",z",\n'
    "a/1,,,1E+2,,,,,,,,false,,,,,,,,,,,,,,,'1,'-3,é\n"
    "b-1,female,,61.50,2020-01-01,,,,,,,true,,,,,,,,,2,ng/mL,csf,,,,'5,5,'=x\n"
    "b-1,female,,61.50,2020-01-01,,,,,,,true,,,,,,,,,1500.50,pg/mL,csf,<,"
    '"\'=ELISA, ""x""",2024-02-01,\'5,5,\'=x\n'
    "b-1,female,,61.50,2020-01-01,,,,,,,true,,,,,,,,,1.5,ng/mL,csf,,,"
    "2024-02-01T04:00:00.250000Z,'5,5,'=x\n"
)


def export(service, accept="text/csv", **options):
    headers = {"accept": accept, "accept-encoding": "identity"} | options.pop("headers", {})
    return service.ask("GET", "/v1/exports/patients", headers=headers, **options)


def load(service, body, media_type="text/csv", by=("North", Role.EDITOR)):
    headers = {"content-type": media_type}
    answer = service.ask("POST", "/v1/imports", by=by, content=body, headers=headers)
    assert answer.status_code == 201, answer.text


def test_an_export_has_every_column_in_order_and_every_digit(service):
    load(service, FILE)
    answer = export(service, by=("North", Role.VIEWER))
    assert answer.status_code == 200
    assert answer.text == EXPORTED
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert int(answer.headers["content-length"]) == len(EXPORTED.encode())


@pytest.mark.parametrize("media_type", MEDIA)
def test_an_export_imports_back_without_loss(service, media_type):
    load(service, FILE)
    before = [export(service, kind).content for kind in MEDIA]
    load(service, before[MEDIA.index(media_type)], media_type, by=("South", Role.EDITOR))
    assert [export(service, kind, by=("South", Role.VIEWER)).content for kind in MEDIA] == before


def test_only_what_the_clinic_has_now_is_exported(service):
    load(service, FILE)
    load(service, "identifier,x_theirs\nZ,1\n", by=("South", Role.EDITOR))
    gone = service.keep(identifier="GONE", covariates={"gone": 1})
    service.ask("DELETE", f"/v1/patients/{gone['id']}", headers={"if-match": "*"})
    assert export(service).text == EXPORTED


def load_covariates(service, names):
    """Import patients who have so many covariates together, a hundred each at most."""
    columns = [f"x_c{number:04}" for number in range(names)]
    rows = [
        dict.fromkeys(columns[start : start + 100], f"{start}.5") for start in range(0, names, 100)
    ]
    body = "".join(
        json.dumps({"identifier": f"P{number:02}"} | {name: float(x) for name, x in row.items()})
        + "\n"
        for number, row in enumerate(rows)
    )
    load(service, body, "application/x-ndjson")
    return columns, rows


@pytest.mark.parametrize("names", [73, 74, 90, 180, 1_000, 1_001, 1_700])
def test_any_number_of_covariates_is_exported(service, names):
    columns, rows = load_covariates(service, names)
    header, *lines = export(service).text.splitlines()
    assert header.split(",")[-names:] == columns
    for number, (line, row) in enumerate(zip(lines, rows, strict=True)):
        cells = line.split(",")
        assert cells[0] == f"P{number:02}"
        assert cells[-names:] == [row.get(column, "") for column in columns]


@pytest.mark.parametrize("media_type", MEDIA)
def test_more_covariates_than_any_patient_has_import_back_without_loss(service, media_type):
    load_covariates(service, 1_700)
    before = export(service, media_type).content
    load(service, before, media_type, by=("South", Role.EDITOR))
    assert export(service, media_type, by=("South", Role.VIEWER)).content == before


def test_an_empty_clinic_exports_the_names_of_the_columns(service):
    assert export(service).text.count("\n") == 1
    assert export(service, "application/x-ndjson").content == b""
    assert export(service, MEDIA[2]).status_code == 200


def test_an_export_can_be_compressed_on_its_way(service):
    load(service, FILE)
    with service.client.stream(
        "GET",
        "/v1/exports/patients",
        headers={
            "authorization": f"Bearer {service.keys['North', Role.VIEWER]}",
            "accept-encoding": "gzip",
        },
    ) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw).decode() == EXPORTED


def test_other_formats_are_refused(service):
    assert export(service, "image/png").status_code == 406
    assert export(service, by=None).status_code == 401


def test_transfers_are_accounted_for_with_their_number_of_rows(service):
    load(service, FILE)
    export(service)
    events = service.ask("GET", "/v1/audit", by=("North", Role.ADMIN)).json()["items"]
    told = {one["action"]: one["count"] for one in events if one.get("count") is not None}
    assert told == {"create_import": 5, "export_all_patients": 5}
