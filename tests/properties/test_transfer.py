"""Laws of files: writing and reading undo each other; a row is judged as a single patient is."""

import csv
import io
from decimal import Decimal

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from app.clinic.measurement import MeasurementFacts
from app.errors import InvalidInput
from app.files.cells import read_cell, write_cell, write_line
from app.files.columns import Kind
from app.files.csv_file import CsvFile
from app.files.row_reader import RowReader
from app.files.row_rules import comparing_rules
from app.schemas.measurements import MeasurementRequest
from app.schemas.patients import PatientRequest
from app.use_cases.records.record_measurement import check_measurement

PLAIN = st.text(
    st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"]), min_size=1
)
TRICKY = st.text(st.sampled_from("=+-@'0123456789.,eE\"; x"), min_size=1, max_size=8)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False)


@given(st.one_of(PLAIN, TRICKY, NUMBERS), st.booleans())
@example("'", False)
@example("''5", True)
@example("1,500", True)
def test_a_covariate_survives_its_cell_with_its_type(value, decimal_comma):
    cell = write_cell(value, Kind.COVARIATE)
    found = read_cell(cell, Kind.COVARIATE, decimal_comma=decimal_comma)
    assert type(found) is type(value)
    assert str(found) == str(value)


@given(st.one_of(PLAIN, TRICKY))
def test_a_free_text_survives_its_cell_and_is_no_formula(text):
    cell = write_cell(text, Kind.FREE_TEXT)
    assert read_cell(cell, Kind.FREE_TEXT, decimal_comma=False) == text
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.lists(st.one_of(PLAIN, TRICKY), min_size=1))
def test_a_line_is_read_back_cell_by_cell(cells):
    assert next(csv.reader([write_line(cells)], strict=True)) == cells


DAYS = st.sampled_from(["2020-01-01", "2021-06-30", "2022-02-30", "1950-01-01", "01/02/2020", ""])
SOME = {
    "identifier": st.sampled_from(["SITE-1", "Jane Doe", "a@b.org", "1965-04-12", "x" * 65, ""]),
    "sex": st.sampled_from(["female", "Female", "", "m"]),
    "birth_year": st.sampled_from(["1960", "1960.0", "1960.5", "2090", "1899", "abc", ""]),
    "age_at_baseline": st.sampled_from(["61", "61.5", "-1", "121", "1e1", ""]),
    "onset_date": DAYS,
    "diagnosis_date": DAYS,
    "riluzole_start": DAYS,
    "baseline_date": DAYS,
    "follow_up_date": DAYS,
    "follow_up_days": st.sampled_from(["0", "546", "545.5", "-1", "1e99", ""]),
    "entry_days": st.sampled_from(["0", "10", "600", ""]),
    "alsfrs_r": st.sampled_from(["0", "48", "49", "3.5", ""]),
    "c9orf72": st.sampled_from(["true", "FALSE", "1", "maybe", ""]),
    "arm": st.sampled_from(["il2ld", "Placebo", ""]),
    "vital_status": st.sampled_from(["alive", "dead", "gone", ""]),
    "event_type": st.sampled_from(["death", "niv", ""]),
    "pnfh": st.sampled_from(["1500", "0", "1e9", "-1", "x", ""]),
    "pnfh_unit": st.sampled_from(["pg/mL", "nmol/L", "PG/ML", ""]),
    "pnfh_specimen": st.sampled_from(["csf", "serum", ""]),
    "pnfh_comparator": st.sampled_from(["<", "~", ""]),
    "pnfh_assay": st.sampled_from(["kit", "y" * 201, "a\u200bb", ""]),
    "pnfh_date": st.sampled_from(["2024-01-01", "2024-01-01T10:00:00Z", "2024-01-01T10:00", ""]),
    "x_a": st.sampled_from(["1", "text", "9" * 31, "z" * 201, "a\u200bb", ""]),
}
LEVEL = ("pnfh", "pnfh_unit", "pnfh_specimen", "pnfh_comparator", "pnfh_assay", "pnfh_date")
FIELDS = ("value", "unit", "specimen", "comparator", "assay", "collected_at")
NUMERIC = {"birth_year", "age_at_baseline", "follow_up_days", "entry_days", "alsfrs_r", "pnfh"}


def as_json(row):
    """Give the bodies that a careful person would send instead of the row."""
    stated = {name: cell for name, cell in row.items() if cell}
    for name in NUMERIC & stated.keys():
        if name != "pnfh" or stated[name] != "x":
            stated[name] = number_or_text(stated[name])
    if "c9orf72" in stated:
        known = {"true": True, "FALSE": False, "1": True}
        stated["c9orf72"] = known.get(stated["c9orf72"], stated["c9orf72"])
    covariates = {"a": number_or_text(stated.pop("x_a"))} if "x_a" in stated else {}
    level = {field: stated.pop(name) for name, field in zip(LEVEL, FIELDS, strict=True)
             if name in stated}  # fmt: skip
    return stated | {"covariates": covariates}, level


def number_or_text(cell):
    try:
        return Decimal(cell)
    except ArithmeticError:
        return cell


def is_accepted_one_by_one(row):
    patient, level = as_json(row)
    try:
        PatientRequest.model_validate(patient)
        if level.keys() - {"unit", "specimen"}:
            facts = MeasurementRequest.model_validate({"biomarker": "pnfh"} | level)
            check_measurement(MeasurementFacts(**dict(facts)))
    except (ValidationError, InvalidInput):
        return False
    return True


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.fixed_dictionaries({}, optional=SOME).filter(lambda row: "identifier" in row))
def test_a_row_is_accepted_exactly_when_a_single_patient_would_be(row):
    file = CsvFile(io.BytesIO((write_line(list(row)) + write_line(list(row.values()))).encode()))
    plan = RowReader(file.read_cell).plan(file.names)
    found = list(file.records())
    if not found:
        assert not any(row.values())
        return
    assert is_accepted_in_a_file(plan, *found[0]) == is_accepted_one_by_one(row)


def is_accepted_in_a_file(plan, line, cells):
    try:
        plan.read(line, cells)
    except InvalidInput as error:
        return not error.faults
    return True


def test_the_rules_that_compare_fields_are_all_known():
    declared = PatientRequest.__pydantic_decorators__
    assert not declared.model_validators
    assert not declared.validators
    assert not declared.root_validators
    rules = declared.field_validators.values()
    assert {rule.info.mode for rule in rules} == {"after"}
    assert len(comparing_rules()) == sum(len(rule.info.fields) for rule in rules)
    # The identifier is judged by itself alone.
    assert "identifier" not in {name for name, _ in comparing_rules()}
