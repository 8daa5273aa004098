"""Whatever stands in the place of an element, the FHIR door answers in FHIR, and never breaks."""

import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.clinics import Service, make_keys, open_service
from tests.api.fhir_resources import (
    URN,
    Fhir,
    a_bundle,
    a_fact,
    a_level,
    a_patient,
    a_post,
    parameters,
)

COVARIATE = {
    "url": "urn:neurostrata:fhir:patient:covariate",
    "extension": [{"url": "name", "valueString": "crp"}, {"url": "value", "valueDecimal": 3.2}],
}
PATIENT = a_patient(
    birthDate="1961-04-05", gender="male", deceasedDateTime="2024-01-15", name=[{"family": "X"}],
    extension=[a_fact("svc_percent", "valueDecimal", 84), COVARIATE],
)  # fmt: skip
SPECIMEN = {"resourceType": "Specimen", "id": "s", "type": {"text": "CSF"}}
LEVEL = a_level(
    subject=URN, effectiveDateTime="2024-01-15", method={"text": "ELISA"},
    specimen={"reference": "#s"}, contained=[SPECIMEN],
)  # fmt: skip
SENT = {
    "": a_bundle(a_post(PATIENT, URN, "identifier=SITE-0042"), a_post(LEVEL, None, "date=2024")),
    "/Patient": PATIENT,
    "/Observation": LEVEL,
    "/$pnfh-survival": parameters(
        PATIENT,
        a_level(contained=[SPECIMEN], specimen={"reference": "#s"}),
        times=("valueString", "180"),
        assay_cv=("valueDecimal", 0.1),
        extrapolate=("valueBoolean", True),
    ),
}
junk = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5), st.just([]), st.just({}), st.just([[]]), st.just([{}]),
    st.just({"x": [1]}), st.just(["x"]), st.just("9" * 50), st.just("2024-99-99"),
)  # fmt: skip


def places(part, path=()):
    """Every place in a document but the whole."""
    inner = part.items() if isinstance(part, dict) else enumerate(part)
    for step, value in inner:
        yield (*path, step)
        if isinstance(value, dict | list):
            yield from places(value, (*path, step))


@st.composite
def spoilt(draw):
    """A good request with something else in one or two places."""
    path = draw(st.sampled_from(sorted(SENT)))
    body = copy.deepcopy(SENT[path])
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.sampled_from(list(places(body))))
        inner = body
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = draw(junk)
    return path, body


@pytest.fixture
def fhir(sqlite_settings):
    """Run one service for all that is sent."""
    keys = make_keys(sqlite_settings)
    with open_service(sqlite_settings) as client:
        yield Fhir(Service(client, keys))


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(sent=spoilt())
def test_a_spoilt_resource_is_answered_in_fhir(fhir, sent):
    path, body = sent
    answer = fhir.post(path, body)
    assert answer.status_code < 500, answer.text
    kind = answer.json()["resourceType"]
    assert (kind == "OperationOutcome") == (answer.status_code >= 400)
