"""What a clinic keeps is sent as a resource, and read back from it without loss."""

from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import uuid4

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from app.api.records.reply import write_json
from app.clinic.measurement import Measurement, MeasurementFacts
from app.clinic.patient import Patient, PatientFacts
from app.integrations.fhir.codes import read_codes
from app.integrations.fhir.element import Element
from app.integrations.fhir.levels import read_level
from app.integrations.fhir.patient_in import read_patient
from app.integrations.fhir.resources_out import show_observation, show_patient
from app.integrations.fhir.shapes import shape_faults
from app.schemas.measurements import MeasurementRequest
from app.schemas.patients import PatientRequest
from app.schemas.strict_json import parse_json
from tests.properties.strategies import levels

SYSTEM = "urn:neurostrata:patient"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
texts = st.text(
    st.characters(
        exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"], exclude_characters="@+"
    ),
    min_size=1, max_size=20,
).filter(str.strip)  # fmt: skip
numbers = st.decimals("0", "100", places=3)
days = st.dates(date(2000, 1, 1), date(2026, 6, 1))
names = st.from_regex(r"[a-z]{1,8}_z", fullmatch=True)
stated = st.fixed_dictionaries(
    {"identifier": st.integers(1, 9999).map("SITE-{}".format)},
    optional={
        "sex": st.sampled_from(["female", "male", "other", "unknown"]),
        "birth_year": st.integers(1920, 1990),
        "age_at_baseline": numbers,
        "onset_date": days,
        "onset_site": st.sampled_from(["limb", "bulbar", "respiratory", "other"]),
        "diagnosis_date": days,
        "el_escorial": st.sampled_from(["definite", "probable_lab"]),
        "riluzole_start": days,
        "alsfrs_r": st.integers(0, 48),
        "svc_percent": numbers,
        "c9orf72": st.booleans(),
        "ftd": st.booleans(),
        "arm": st.sampled_from(["il2ld", "none", "a-1"]),
        "entry_days": numbers,
        "follow_up_date": days,
        "follow_up_days": st.decimals("101", "5000", places=2),
        "vital_status": st.sampled_from(["alive", "dead", "unknown"]),
        "event_type": st.sampled_from(["tracheostomy", "niv"]),
        "covariates": st.dictionaries(names, numbers | texts, max_size=3),
    },
)  # fmt: skip


def digits_of(facts):
    """What == passes over: it takes 1.0 for 1.00."""
    covariates = sorted(facts.covariates.items())
    return str([getattr(facts, one.name) for one in fields(facts)[:-1]]), str(covariates)


@settings(max_examples=300)
@given(stated)
def test_a_patient_is_read_back_with_every_fact(facts):
    written = {name: str(v) if isinstance(v, date) else v for name, v in facts.items()}
    try:
        kept = PatientFacts(**dict(PatientRequest.model_validate(written)))
    except ValidationError:
        assume(False)
    patient = Patient(
        id=str(uuid4()), facts=kept, version=3, created_at=AT, updated_at=AT, changed_by="key:x",
        change="created",
    )  # fmt: skip
    sent = Element(parse_json(write_json(show_patient(patient, SYSTEM))))
    assert shape_faults(sent) == []
    read = read_patient(sent, SYSTEM)
    assert read.facts == kept
    assert digits_of(read.facts) == digits_of(kept)
    assert read.left == ()


zones = st.integers(-12, 12).map(lambda hours: timezone(timedelta(hours=hours)))
instants = st.builds(
    lambda day, second, zone: datetime.combine(day, time(), zone) + timedelta(seconds=second),
    days, st.integers(0, 86_399), zones,
)  # fmt: skip


@settings(max_examples=200)
@given(levels(), st.none() | days | instants, st.none() | texts)
def test_a_level_is_read_back_with_its_digits(level, at, assay):
    told = {
        "biomarker": "pnfh", "value": Decimal(level.text), "unit": level.unit, "specimen": "csf",
        "comparator": level.comparator, "assay": assay, "collected_at": at and at.isoformat(),
    }  # fmt: skip
    try:
        kept = MeasurementFacts(**dict(MeasurementRequest.model_validate(told)))
    except ValidationError:
        assume(False)
    measurement = Measurement(id=str(uuid4()), patient_id=str(uuid4()), facts=kept, created_at=AT)
    sent = Element(parse_json(write_json(show_observation(measurement))))
    assert shape_faults(sent) == []
    read = read_level(sent, read_codes(None))
    assert read == kept
    assert str(read) == str(kept)
