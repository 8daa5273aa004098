"""Every operation of `/v1` has its call in the client."""

import re
from pathlib import Path

import orjson

from app.client.call import Call, Listing, Repeat
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

ROOT = Path(__file__).parents[3]
DOCUMENT = orjson.loads((ROOT / "docs" / "openapi" / "v1.json").read_bytes())
LEVEL = ("1500", "pg/mL")
CALLS = [
    estimate(*LEVEL), estimate_group(*LEVEL), stratum(*LEVEL), treatment_effect(*LEVEL),
    survival_curves(*LEVEL), drawn_curves(*LEVEL, "text/csv"), estimate_for({}), estimate_many([]),
    prognosis({}), list_evidence(), read_evidence("x"), read_card("x"), compare_evidence("x", "x"),
    make_evidence({}), create_patient({}), list_patients(), search_patients(), read_patient("x"),
    replace_patient("x", {}, "*"), patch_patient("x", {}, "*"), delete_patient("x", "*"),
    list_versions("x"), export_patient("x"), erase_patient("x"), record_measurement("x", {}),
    list_measurements("x"), read_measurement("x", "x"), delete_measurement("x", "x", "*"),
    estimate_patient("x"), keep_estimate("x"), list_kept_estimates("x"), read_kept_estimate("x"),
    replay_estimate("x"), import_patients(b"", "text/csv"), read_import("x"),
    export_patients("text/csv"), cohort_survival({}), drawn_cohort_survival({}, "image/png"),
    fit_model({}), read_model("x"), calibrate({}), drawn_calibration({}, "image/png"),
    list_audit(), verify_audit(), sum_up_card_feedback(), read_conformance(),
]  # fmt: skip


def first(one) -> Call:
    return one.page(None) if isinstance(one, Listing) else one


def operations():
    return {
        (method.upper(), path): told
        for path, methods in DOCUMENT["paths"].items()
        for method, told in methods.items()
        if path.startswith("/v1/") and method in {"get", "post", "put", "patch", "delete"}
    }


def named(call):
    """The operation of a call: the one whose path it fits, a fixed name before any id."""
    fitting = [
        path
        for method, path in operations()
        if method == call.method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), call.path)
    ]
    return call.method, min(fitting, key=lambda path: path.count("{"))


def test_every_operation_can_be_called():
    assert {named(first(one)) for one in CALLS} == set(operations())


def test_only_what_the_service_remembers_is_sent_with_a_key():
    for call in map(first, CALLS):
        told = operations()[named(call)].get("parameters", [])
        takes_key = any(one["name"] == "Idempotency-Key" for one in told)
        assert (call.repeat is Repeat.REMEMBERED) is takes_key, call


def test_a_fit_can_be_waited_for():
    call = fit_model({"terms": [{"variable": "x_age"}]}, wait_seconds=5)
    assert call.headers["prefer"] == "wait=5"
    assert orjson.loads(call.body)["terms"] == [{"variable": "x_age"}]
    assert "prefer" not in fit_model({}).headers
