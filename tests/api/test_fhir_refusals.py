"""What the FHIR door does not take: told as an OperationOutcome, at the element at fault."""

import json

import pytest

from app.clinic.access import Role
from tests.api.clinics import Service, make_keys, open_service
from tests.api.fhir_resources import (
    ANTIBODY,
    FHIR,
    URN,
    Fhir,
    a_bundle,
    a_level,
    a_patient,
    a_post,
    issues,
    parameters,
)

OTHER_URN = "urn:uuid:1c1a5a2e-0b8c-4b57-9a5c-0d3c5b8b9a02"
AT = "Bundle.entry[0].resource"


@pytest.fixture
def fhir(service):
    return Fhir(service)


def nested(depth):
    return {"resourceType": "Patient", "extension": json.loads("[" * depth + "]" * depth)}


def a_circle_of_two():
    """Two Observations, each made from the other."""
    from_other = {"derivedFrom": [{"reference": OTHER_URN}]}
    from_one = {"derivedFrom": [{"reference": URN}]}
    one, other = (
        a_level(subject="Patient/x", **from_other),
        a_level(subject="Patient/x", **from_one),
    )
    return a_bundle(a_post(one, URN), a_post(other, OTHER_URN))


def a_contained_circle():
    """Two contained Specimens, each taken from the other."""
    inner = [
        {"resourceType": "Specimen", "id": one, "parent": [{"reference": f"#{other}"}]}
        for one, other in (("a", "b"), ("b", "a"))
    ]
    return a_level(subject="Patient/x", contained=inner, specimen={"reference": "#a"})


BAD = {
    "not JSON": ("/Patient", "{", 422, ("not_json", "Patient")),
    "no object": ("/Patient", "[]", 422, ("not_an_object",)),
    "too deep": ("/Patient", json.dumps(nested(40)), 422, ("too_deep",)),
    "NaN": ("/Patient", '{"resourceType": "Patient", "x": NaN}', 422, ("not_finite",)),
    "no resource": ("/Patient", {}, 422, ("wrong_type", "resourceType")),
    "another resource": ("/Patient", a_level(), 422, ("wrong_type", "Observation.resourceType")),
    "an element of DSTU2": (
        "/Patient", a_patient(animal={}), 422, ("unknown_element", "Patient.animal")
    ),
    "an element of R5": (
        "/Observation", a_level(triggeredBy=[]), 422, ("unknown_element", "Observation.triggeredBy")
    ),
    "a modifier": (
        "/Patient",
        a_patient(modifierExtension=[{"url": "urn:not", "valueBoolean": True}]),
        422,
        ("not_understood", "Patient.modifierExtension"),
    ),
    "no status": (
        "/Observation",
        {name: value for name, value in a_level().items() if name != "status"},
        422,
        ("missing", "Observation.status"),
    ),
    "no subject": ("/Observation", a_level(), 422, ("missing", "Observation.subject")),
    "the antibody": (
        "/Observation",
        a_level(code=ANTIBODY, subject="Patient/x"),
        422,
        ("biomarker_not_supported", "Observation.code"),
    ),
    "a wrong unit": (
        "/Observation",
        a_level(unit="nmol/L", subject="Patient/x"),
        422,
        ("unit_not_supported", "Observation.valueQuantity.code"),
    ),
    "two units": (
        "/Observation",
        a_level(subject="Patient/x") | {
            "valueQuantity": {"value": 1500, "unit": "ng/mL", "code": "pg/mL"}
        },
        422,
        ("unit_contradiction", "Observation.valueQuantity.unit"),
    ),
    "a contained circle": (
        "/Observation", a_contained_circle(), 422,
        ("circular_reference", "Observation.contained[1].parent[0].reference"),
    ),
    "an unknown contained resource": (
        "/Observation", a_level(subject="Patient/x", contained=[{"resourceType": "Foo"}]), 422,
        ("unknown_resource", "Observation.contained[0].resourceType"),
    ),
    "a circle of entries": (
        "", a_circle_of_two(), 422,
        ("circular_reference", "Bundle.entry[1].resource.derivedFrom[0].reference"),
    ),
    "a patient who is their own": (
        "",
        a_bundle(a_post(a_patient(link=[{"other": {"reference": URN}, "type": "refer"}]), URN)),
        422, ("circular_reference", f"{AT}.link[0].other.reference"),
    ),
    "an unknown resource": (
        "", a_bundle(a_post({"resourceType": "Foo"})), 422,
        ("unknown_resource", f"{AT}.resourceType"),
    ),
    "a resource that is not kept": (
        "", a_bundle(a_post({"resourceType": "Condition"})), 422,
        ("unknown_resource", f"{AT}.resourceType"),
    ),
    "another type of Bundle": (
        "", a_bundle(a_post(a_patient()), type="batch"), 422, ("wrong_bundle_type", "Bundle.type")
    ),
    "an empty Bundle": ("", a_bundle(), 422, ("missing", "Bundle.entry")),
    "no Bundle": ("", a_patient(), 422, ("wrong_type", "Patient.resourceType")),
    "an unknown member of a Bundle": (
        "", a_bundle(a_post(a_patient())) | {"issues": {}}, 422,
        ("unknown_element", "Bundle.issues"),
    ),
    "rules of their own for a Bundle": (
        "", a_bundle(a_post(a_patient())) | {"implicitRules": "urn:theirs"}, 422,
        ("not_understood", "Bundle.implicitRules"),
    ),
    "rules of their own for Parameters": (
        "/$pnfh-survival", {"resourceType": "Parameters", "implicitRules": "urn:theirs"}, 422,
        ("not_understood", "Parameters.implicitRules"),
    ),
    "an unknown member of Parameters": (
        "/$pnfh-survival", {"resourceType": "Parameters", "parameters": []}, 422,
        ("unknown_element", "Parameters.parameters"),
    ),
    "a modifier of a parameter": (
        "/$pnfh-survival",
        {
            "resourceType": "Parameters",
            "parameter": [{"name": "times", "valueInteger": 90, "modifierExtension": [{}]}],
        },
        422, ("not_understood", "Parameters.parameter[0].modifierExtension"),
    ),
    "entries with one name": (
        "", a_bundle(a_post(a_patient("A-1"), URN), a_post(a_patient("A-2"), URN)), 422,
        ("repeated", "Bundle.entry[1].fullUrl"),
    ),
    "an operation that is none": ("/$nonsense", {}, 404, ("not-found",)),
    "a resource that has no door": ("/Medication", {}, 404, ("not-found",)),
    "a transaction for an estimate": (
        "/$pnfh-survival", a_bundle(a_post(a_patient())), 422, ("wrong_bundle_type", "Bundle.type")
    ),
    "a resource for an estimate": (
        "/$pnfh-survival", a_patient(), 422, ("unknown_resource", "Patient.resourceType")
    ),
    "another resource in a parameter": (
        "/$pnfh-survival",
        {
            "resourceType": "Parameters",
            "parameter": [{"name": "patient", "resource": a_level()}],
        },
        422,
        ("wrong_type", "Parameters.parameter[0].resource"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_at_its_element_and_keeps_nothing(fhir, name):
    path, body, status, fault = BAD[name]
    answer = fhir.post(path, body)
    assert answer.status_code == status, answer.text
    if name == "not JSON":
        fault = ("not_json",)
    assert fault in issues(answer)
    assert fhir.found("/Patient") == fhir.found("/Observation") == []


def test_a_huge_bundle_is_refused_by_its_entries_and_by_its_bytes(settings):
    settings = settings.model_copy(update={"max_bundle_entries": 3, "max_body_bytes": 4096})
    keys = make_keys(settings)
    with open_service(settings) as client:
        fhir = Fhir(Service(client, keys))
        entries = [a_post(a_patient(f"P-{number}")) for number in range(4)]
        for path in ("", "/$pnfh-survival"):
            answer = fhir.post(path, a_bundle(*entries))
            assert (answer.status_code, issues(answer)) == (413, [("too-large",)])
        answer = fhir.post("", a_bundle(*entries[:3]) | {"id": "x" * 5000})
        assert (answer.status_code, issues(answer)) == (413, [("too-large",)])
        assert fhir.post("", a_bundle(*entries[:3])).status_code == 200


FORMS = {
    "/metadata": (200, FHIR),
    "/metadata?_format=json": (200, FHIR),
    "/metadata?_format=application/json": (200, "application/json"),
    "/metadata?_format=application/fhir%2Bjson": (200, FHIR),
    "/metadata?_format=application/fhir+json": (200, FHIR),
    "/metadata?_format=xml": (406, FHIR),
    "/metadata?_format=application/fhir%2Bjson;fhirVersion=5.0": (406, FHIR),
    "/Patient?_format=ttl": (406, FHIR),
}


@pytest.mark.parametrize("path", FORMS)
def test_the_form_is_chosen_by_the_address(fhir, path):
    answer = fhir.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == FORMS[path]


ACCEPTED = {
    "*/*": (200, FHIR),
    "application/json": (200, "application/json"),
    "application/fhir+json; fhirVersion=4.0": (200, FHIR),
    "application/fhir+json; fhirVersion=4.0.1": (200, FHIR),
    "application/json;q=0.5, application/fhir+json": (200, FHIR),
    "application/fhir+xml": (406, FHIR),
    "application/fhir+json; fhirVersion=5.0": (406, FHIR),
    'application/fhir+json; fhirVersion="1.0"': (406, FHIR),
}


@pytest.mark.parametrize("accepted", ACCEPTED)
def test_the_form_is_chosen_by_what_the_caller_accepts(fhir, accepted):
    answer = fhir.get("/Patient", accept=accepted)
    assert (answer.status_code, answer.headers["content-type"]) == ACCEPTED[accepted]


SENT_AS = {
    FHIR: 201,
    "application/json": 201,
    "application/fhir+json; charset=utf-8; fhirVersion=4.0": 201,
    "application/fhir+json; fhirVersion=4.0.1": 201,
    "application/fhir+json; fhirVersion=3.0": 415,
    "application/fhir+json; charset=iso-8859-1; fhirVersion=4.0": 415,
    "application/json; charset=windows-1252": 415,
    "application/fhir+json; fhirVersion=5.0": 415,
    "application/fhir+xml": 415,
    "text/plain": 415,
}


@pytest.mark.parametrize("media_type", SENT_AS)
def test_only_json_of_r4_is_read(fhir, media_type):
    answer = fhir.post("/Patient", a_patient(), media_type)
    assert answer.status_code == SENT_AS[media_type]
    if answer.status_code == 415:
        assert issues(answer) == [("unsupported-media-type",)]


def test_a_key_that_is_none_is_told_so_in_fhir(service):
    answer = Fhir(service, None).get("/Patient")
    assert (answer.status_code, issues(answer)) == (401, [("unauthorized",)])
    assert answer.headers["www-authenticate"].startswith("Bearer")
    (issue,) = answer.json()["issue"]
    assert issue["code"] == "login"


def test_the_metadata_is_open_and_tells_what_there_is(service):
    stated = Fhir(service, None).get("/metadata").json()
    assert (stated["fhirVersion"], stated["kind"], stated["status"]) == (
        "4.0.1", "instance", "active"
    )  # fmt: skip
    (rest,) = stated["rest"]
    assert rest["interaction"] == [{"code": "transaction"}]
    assert [one["type"] for one in rest["resource"]] == ["Patient", "Observation", "RiskAssessment"]
    (token,) = rest["security"]["extension"][0]["extension"]
    assert token == {"url": "token", "valueUri": "http://testserver/oauth/token"}
    assert rest["operation"][0]["name"] == "pnfh-survival"


def test_every_search_parameter_that_is_stated_works(service, fhir):
    (rest,) = fhir.get("/metadata").json()["rest"]
    for resource in rest["resource"]:
        for one in resource["searchParam"]:
            value = "2024-01-15" if one["type"] == "date" else "x"
            path = f"/{resource['type']}?{one['name']}={value}"
            assert fhir.get(path).status_code == 200, path


def test_an_unreadable_resource_is_never_repeated(fhir):
    secret = "Somebody-Secret"
    answer = fhir.post("/$pnfh-survival", parameters(a_patient(birthDate=secret), a_level()))
    assert answer.status_code == 422
    assert secret not in answer.text


def test_a_viewer_may_ask_and_search(service):
    viewer = Fhir(service, ("North", Role.VIEWER))
    assert viewer.assessed(a_patient(), a_level())["prediction"]
