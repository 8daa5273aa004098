"""Reading a call: strict about what is used, blind to what is not."""

from uuid import uuid4

import orjson
import pytest

from app.errors import InvalidInput
from app.integrations.cds_hooks.call import read_call
from app.schemas.strict_json import parse_json

EHR = "https://ehr.example/fhir"
ACCESS = {"access_token": "secret-token", "token_type": "Bearer", "expires_in": 300}


def a_call(**changes):
    call = {
        "hook": "patient-view",
        "hookInstance": str(uuid4()),
        "context": {"userId": "Practitioner/1", "patientId": "P-1"},
    } | changes
    known = {name: value for name, value in call.items() if value is not None}
    return parse_json(orjson.dumps(known))


def faults(**changes):
    with pytest.raises(InvalidInput) as refused:
        read_call(a_call(**changes))
    return {(fault.pointer, fault.code) for fault in refused.value.faults}


def test_a_plain_call_is_read():
    call = read_call(a_call())
    assert (call.patient_id, call.access, call.prefetch.value) == ("P-1", None, None)


def test_what_is_not_used_may_be_anything():
    call = a_call(extension={"com.example.x": 1}, somethingNew=[None], context={"patientId": "P-1"})
    assert read_call(call).patient_id == "P-1"


CATEGORIES = "http://terminology.hl7.org/CodeSystem/observation-category"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"hook": "order-sign"}, ("/hook", "unsupported_value")),
        ({"hook": None}, ("/hook", "missing")),
        ({"hookInstance": "1"}, ("/hookInstance", "wrong_type")),
        ({"hookInstance": None}, ("/hookInstance", "missing")),
        ({"context": None}, ("/context/patientId", "missing")),
        ({"context": {"patientId": ""}}, ("/context/patientId", "wrong_type")),
        ({"context": {"patientId": "Patient/P-1"}}, ("/context/patientId", "wrong_type")),
        ({"context": {"patientId": "a" * 65}}, ("/context/patientId", "wrong_type")),
        ({"context": {"patientId": 7}}, ("/context/patientId", "wrong_type")),
        ({"prefetch": []}, ("/prefetch", "unsupported_value")),
        ({"fhirServer": "ftp://ehr.example"}, ("/fhirServer", "not_an_address")),
        ({"fhirServer": "https://ehr.example:port"}, ("/fhirServer", "not_an_address")),
        ({"fhirServer": 5}, ("/fhirServer", "not_an_address")),
        ({"fhirAuthorization": ACCESS}, ("/fhirServer", "missing")),
        (
            {"fhirServer": EHR, "fhirAuthorization": {}},
            ("/fhirAuthorization/access_token", "missing"),
        ),
        (
            {"fhirServer": EHR, "fhirAuthorization": ACCESS | {"access_token": "a\r\nb: c"}},
            ("/fhirAuthorization/access_token", "wrong_type"),
        ),
        (
            {"fhirServer": EHR, "fhirAuthorization": ACCESS | {"token_type": "mac"}},
            ("/fhirAuthorization/token_type", "unsupported_value"),
        ),
        (
            {"fhirServer": EHR, "fhirAuthorization": ACCESS | {"patient": "P-2"}},
            ("/fhirAuthorization/patient", "unsupported_value"),
        ),
    ],
)
def test_what_is_used_is_read_strictly(changes, expected):
    assert faults(**changes) == {expected}


def test_every_fault_is_told_at_once():
    found = faults(hook="x", hookInstance="y", context={})
    assert {pointer for pointer, _ in found} == {"/hook", "/hookInstance", "/context/patientId"}


@pytest.mark.parametrize("sent", [None, [], "call", True])
def test_a_call_is_an_object(sent):
    with pytest.raises(InvalidInput):
        read_call(sent)


READING = ("read", "*", "r", "s", "rs", "cr", "us", "crud", "cruds", "ruds")
NOT_READING = (
    "write", "c", "u", "d", "cud", "", "sr", "rr", "rsc", "xrs", "rs2", "rs.read", "reads", "READ",
    "RS", "search", "**", "r*",
)  # fmt: skip


@pytest.mark.parametrize(
    ("said", "is_useful"),
    [
        ({}, True),
        ({"expires_in": 0}, False),
        ({"expires_in": -5}, False),
        ({"scope": "user/Patient.read user/Observation.read"}, True),
        ({"scope": "patient/*.rs"}, True),
        ({"scope": "launch system/Observation.rs?category=laboratory user/Patient.read"}, True),
        ({"scope": f"user/Observation.rs?category={CATEGORIES}|laboratory"}, True),
        ({"scope": f"user/Observation.rs?category={CATEGORIES}|vital-signs"}, False),
        ({"scope": "user/Observation.rs?category=laboratory-x"}, False),
        ({"scope": "user/Patient.read"}, False),
        *(({"scope": f"patient/Observation.{deeds}"}, True) for deeds in READING),
        *(({"scope": f"patient/Observation.{deeds}"}, False) for deeds in NOT_READING),
        ({"patient": "P-1"}, True),
    ],
)
def test_a_token_is_used_if_it_lives_and_may_read_observations(said, is_useful):
    call = read_call(a_call(fhirServer=f"{EHR}/", fhirAuthorization=ACCESS | said))
    assert (call.access.server, call.access.is_useful) == (EHR, is_useful)


def test_a_token_is_in_no_text_of_a_call():
    call = read_call(a_call(fhirServer=EHR, fhirAuthorization=ACCESS))
    assert "secret-token" not in repr(call)
    assert call.access.token == "secret-token"
