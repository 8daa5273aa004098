"""What is sent to the estimates and cannot be right is refused: every fault at once."""

import json
import time

import pytest

from tests.api.refusals import assert_problem, codes, post

GOOD = {"pnfh": {"value": 1500, "unit": "pg/mL"}}
PLAIN = json.dumps(GOOD).encode()
LEVELS = [
    ({"pnfh": "-1"}, "biomarker-out-of-range", "/pnfh"),
    ({"pnfh": "0"}, "biomarker-out-of-range", "/pnfh"),
    ({"pnfh": "-0.0"}, "biomarker-out-of-range", "/pnfh"),
    ({"pnfh": "1000000.0001"}, "biomarker-out-of-range", "/pnfh"),
    ({"pnfh": "1001", "unit": "ng/mL"}, "biomarker-out-of-range", "/pnfh"),
    ({"pnfh": "1e999"}, "biomarker-out-of-range", "/pnfh"),
    ({"pnfh": "1e999999999999999999"}, "biomarker-out-of-range", "/pnfh"),
    ({"pnfh": "1e-301"}, "biomarker-out-of-range", "/pnfh"),
    ({"pnfh": "NaN"}, "validation-error", "/pnfh"),
    ({"pnfh": "Infinity"}, "validation-error", "/pnfh"),
    ({"pnfh": "abc"}, "validation-error", "/pnfh"),
    ({"pnfh": "1,500"}, "validation-error", "/pnfh"),
    ({"pnfh": "1 500"}, "validation-error", "/pnfh"),
    ({"pnfh": "+1500"}, "validation-error", "/pnfh"),
    ({"pnfh": "0x5DC"}, "validation-error", "/pnfh"),
    ({"pnfh": "1_500"}, "validation-error", "/pnfh"),
    ({"pnfh": "\u0661\u0665\u0660\u0660"}, "validation-error", "/pnfh"),
    ({"pnfh": "<750"}, "validation-error", "/pnfh"),
    ({"pnfh": ""}, "validation-error", "/pnfh"),
    ({"pnfh": "1" * 5000}, "validation-error", "/pnfh"),
    ({"pnfh": "1500\0"}, "validation-error", "/pnfh"),
    ({}, "validation-error", "/pnfh"),
    ({"pnfh": "1500", "unit": "pmol/L"}, "unit-not-supported", "/unit"),
    ({"pnfh": "1500", "unit": "nM"}, "unit-not-supported", "/unit"),
    ({"pnfh": "1500", "unit": "PG/ML"}, "unit-not-supported", "/unit"),
    ({"pnfh": "1500", "unit": "mg/dL"}, "unit-not-supported", "/unit"),
    ({"pnfh": "1500", "unit": ""}, "unit-not-supported", "/unit"),
    ({"pnfh": "1500", "specimen": "serum"}, "specimen-not-applicable", "/specimen"),
    ({"pnfh": "1500", "specimen": "CSF"}, "specimen-not-applicable", "/specimen"),
    ({"pnfh": "1500", "comparator": "≤"}, "validation-error", "/comparator"),
    ({"pnfh": "1500", "comparator": ""}, "validation-error", "/comparator"),
]
HINTS = [
    ("/v1/estimate?pnhf=1500", "/pnhf", "pnfh"),
    ("/v1/estimate?pnfh=1&UNIT=pg/mL", "/UNIT", "unit"),
    ("/v1/estimate?pnfh=1&time=90", "/time", "times"),
    ("/v1/stratum?pnfh=1&langauge=fr", "/langauge", None),
]


@pytest.mark.parametrize(("query", "slug", "pointer"), LEVELS)
@pytest.mark.parametrize("path", ["/v1/estimate", "/v1/survival-curves"])
def test_a_level_that_cannot_be_is_refused_with_its_place(client, path, query, slug, pointer):
    assert list(assert_problem(client.get(path, params=query), slug)) == [pointer]


@pytest.mark.parametrize(
    ("value", "slug", "code"),
    [
        ("0", "biomarker-out-of-range", "biomarker_out_of_range"),
        ("-1500", "biomarker-out-of-range", "biomarker_out_of_range"),
        ("1e999", "biomarker-out-of-range", "biomarker_out_of_range"),
        ("1" * 64, "biomarker-out-of-range", "biomarker_out_of_range"),
        ("1" * 65, "validation-error", "too_long"),
        ("false", "validation-error", "not_a_number"),
        ("true", "validation-error", "not_a_number"),
        ("null", "validation-error", "not_a_number"),
        ('"1500"', "validation-error", "not_a_number"),
        ("[1500]", "validation-error", "not_a_number"),
        ("{}", "validation-error", "not_a_number"),
    ],
)
def test_a_level_in_a_body_is_a_json_number_and_plausible(client, value, slug, code):
    answer = post(client, b'{"pnfh":{"value":%b,"unit":"pg/mL"}}' % value.encode())
    assert codes(answer, slug) == {"/pnfh/value": code}


@pytest.mark.parametrize("name", ["nfl", "NfL", "gfap"])
def test_another_biomarker_is_named_as_what_it_is(client, name):
    for answer in (
        client.get("/v1/estimate", params={name: "20"}),
        client.post("/v1/estimates", json={name: {"value": 20, "unit": "pg/mL"}}),
    ):
        told = codes(answer, "biomarker-not-supported")
        assert told == {f"/{name}": "biomarker_not_supported", "/pnfh": "missing"}


@pytest.mark.parametrize(("path", "pointer", "meant"), HINTS)
def test_an_unknown_parameter_is_told_with_the_one_that_was_meant(client, path, pointer, meant):
    fault = assert_problem(client.get(path), "validation-error")[pointer]
    assert fault.code == "unknown_field"
    assert (f"Did you mean {meant}?" in fault.detail) == (meant is not None)
    assert meant is not None or "pnfh" in fault.detail


def test_an_unknown_field_is_looked_for_where_it_stands(client):
    body = {"pnfh": GOOD["pnfh"] | {"assay_vc": 0.1}, "patient": {"Age": 60, "svc": 80}}
    faults = assert_problem(client.post("/v1/estimates", json=body), "validation-error")
    assert "Did you mean assay_cv?" in faults["/pnfh/assay_vc"].detail
    assert "Did you mean age?" in faults["/patient/Age"].detail
    assert "svc_percent" in faults["/patient/svc"].detail


def test_every_fault_of_a_query_is_told_at_once(client):
    query = "pnfh=-1&unit=nmol/L&specimen=serum&comparator=~&assay_cv=x&times=a&alive_at=soon"
    answer = client.get(f"/v1/estimate?{query}&detail=most&evidence=none&extra=1&unit=pg/mL")
    assert assert_problem(answer, "validation-error").keys() == {
        "/pnfh", "/unit", "/specimen", "/comparator", "/assay_cv", "/times", "/alive_at",
        "/detail", "/evidence", "/extra",
    }  # fmt: skip


def test_every_fault_of_a_body_is_told_at_once(client):
    body = {
        "pnfh": {"value": 0, "unit": "nmol/L", "specimen": "serum", "comparator": "~", "x": 1},
        "patient": {"age": "60", "excluded_condition": "no", "onset_date": "2024-02-30"},
        "times": "90",
        "a/b~c": 1,
    }
    answer = client.post("/v1/estimates?query=1", json=body)
    assert codes(answer) == {
        "/query": "unknown_field",
        "/pnfh/x": "unknown_field",
        "/pnfh/value": "biomarker_out_of_range",
        "/pnfh/unit": "unit_not_supported",
        "/pnfh/specimen": "specimen_not_applicable",
        "/pnfh/comparator": "unknown_comparator",
        "/patient/age": "not_a_number",
        "/patient/excluded_condition": "not_a_boolean",
        "/patient/onset_date": "not_a_date",
        "/times": "not_a_list",
        "/a~1b~0c": "unknown_field",
    }


def test_faults_of_one_kind_give_the_problem_its_name(client):
    pnfh = {"value": 1500, "unit": "pmol/L"}
    told = codes(client.post("/v1/estimates", json={"pnfh": pnfh}), "unit-not-supported")
    assert told == {"/pnfh/unit": "unit_not_supported"}
    assert codes(client.post("/v1/estimates", json={"pnfh": pnfh | {"value": 0}}))


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("pnfh=1500&pnfh=1500", "/pnfh"),
        ("pnfh=1500&unit=pg/mL&unit=ng/L", "/unit"),
        ("pnfh=%31500&pnfh=2", "/pnfh"),
    ],
)
def test_a_parameter_is_never_picked_from_two(client, query, pointer):
    assert codes(client.get(f"/v1/estimate?{query}")) == {pointer: "repeated"}


@pytest.mark.parametrize("query", ["pnfh=%ff", "pnfh=%ed%a0%80", "&".join(["a"] * 60) + "&b=%20"])
def test_a_query_that_cannot_be_read_is_refused(client, query):
    assert codes(client.get(f"/v1/estimate?{query}")) == {"": "unreadable_query"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"{'pnfh': 1}", "not_json"),
        (PLAIN + b"x", "not_json"),
        (PLAIN + PLAIN, "not_json"),
        (PLAIN.replace(b"1500", b"01500"), "not_json"),
        (PLAIN.replace(b"1500", b"1500."), "not_json"),
        (PLAIN.replace(b"pg", b"p\tg"), "not_json"),
        (PLAIN.replace(b"pg", b"p\0g"), "not_json"),
        (PLAIN.replace(b"1500", b"NaN"), "not_finite"),
        (PLAIN.replace(b"1500", b"-Infinity"), "not_finite"),
        (PLAIN.replace(b"1500", b"1" * 5000), "too_long"),
        (PLAIN.replace(b"1500", b"0." + b"1" * 5000), "too_long"),
        (PLAIN.replace(b'"unit"', b'"value": 1, "unit"'), "repeated_member"),
        (PLAIN[:-1] + b', "pnfh": {}}', "repeated_member"),
        (PLAIN.replace(b"pg/mL", rb"pg\u0000mL"), "unsafe_text"),
        (PLAIN.replace(b"pg/mL", rb"\ud800"), "unsafe_text"),
        (PLAIN[:-1] + rb', "\udfff": 1}', "unsafe_text"),
        (b"\xef\xbb\xbf" + PLAIN, "byte_order_mark"),
        (json.dumps(GOOD).encode("utf-16"), "not_utf8"),
        (json.dumps(GOOD).encode("utf-16-le"), "not_json"),
        (PLAIN.replace(b"pg/mL", "µg/L".encode("latin-1")), "not_utf8"),
        (PLAIN.replace(b"pg/mL", b"\xed\xa0\x80"), "not_utf8"),
        (b"[]", "not_an_object"),
        (b"1500", "not_an_object"),
        (b'"pnfh"', "not_an_object"),
        (b"null", "not_an_object"),
    ],
)
def test_a_body_is_json_that_can_be_read_in_one_way_alone(client, body, code):
    assert codes(post(client, body)) == {"": code}


@pytest.mark.parametrize("depth", [100, 10_000, 1_000_000])
@pytest.mark.parametrize("shape", [b"[ ]", b'{"a": }', b'{"a":[ ]}', b"[ ", b'[{"a": '])
def test_a_deeply_nested_body_is_refused_quickly(client, depth, shape):
    opening, closing = shape.split(b" ")
    started = time.monotonic()
    answer = post(client, opening * depth + closing * depth)
    assert codes(answer) == {"": "too_deep"}
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("twice", [b"", b',"a499999":1'])
def test_half_a_million_members_are_refused_quickly(client, twice):
    members = b",".join(b'"a%d":1' % i for i in range(500_000))
    started = time.monotonic()
    answer = post(client, b"{" + members + twice + b"}")
    assert codes(answer) == {"": "too_many"}
    assert time.monotonic() - started < 5
    assert len(answer.content) < 1000


def test_half_a_million_days_are_refused_quickly(client):
    times = b"[" + b",".join([b'"x"'] * 500_000) + b"]"
    started = time.monotonic()
    answer = post(client, PLAIN[:-1] + b',"times":' + times + b"}")
    assert codes(answer) == {"/times": "too_long"}
    assert time.monotonic() - started < 5


def test_a_thousand_faults_are_told_within_bounds(client):
    answer = client.post("/v1/estimates", json=GOOD | {f"a{i}": i for i in range(999)})
    faults = assert_problem(answer, "validation-error")
    assert len(faults) == 101
    assert (faults[""].code, faults[""].detail) == (
        "more_faults",
        f"There are {999 - 100} more faults like these.",
    )


CANARY = "c4n4ryJaneDoe"


@pytest.mark.parametrize(
    "body",
    [
        {"pnfh": CANARY},
        {"pnfh": {"value": CANARY, "unit": CANARY, "specimen": CANARY, "comparator": CANARY}},
        GOOD | {"patient": {"age": CANARY, "el_escorial": CANARY, "onset_date": CANARY}},
        GOOD | {"evidence": CANARY, "detail": CANARY, "times": [CANARY], "alive_at": CANARY},
        GOOD | {"patient": {"riluzole_start": f"2024-01-01{CANARY}"}, "extrapolate": CANARY},
        {"pnfh": GOOD["pnfh"] | {"assay": CANARY + "\u202e", "collected_at": CANARY}},
        [CANARY],
        CANARY,
    ],
)
def test_nothing_of_a_body_is_repeated(client, body):
    answer = client.post("/v1/estimates", json=body)
    assert answer.status_code == 422
    assert CANARY not in answer.text
    assert CANARY not in str(answer.headers)


@pytest.mark.parametrize(
    "broken", [b'{"pnfh": "%b"', b'{"pnfh": "%b\xff"}', b"%b", b'["%b\\ud800"]']
)
def test_nothing_of_an_unreadable_body_is_repeated(client, broken):
    answer = post(client, broken.replace(b"%b", CANARY.encode()))
    assert answer.status_code == 422
    assert CANARY not in answer.text


@pytest.mark.parametrize(
    "name",
    [
        "pnfh",
        "unit",
        "specimen",
        "comparator",
        "assay_cv",
        "times",
        "alive_at",
        "evidence",
        "detail",
        "extrapolate",
    ],
)
def test_nothing_of_a_query_is_repeated(client, name):
    answer = client.get("/v1/estimate", params={"pnfh": "1500"} | {name: CANARY})
    assert answer.status_code == 422
    assert CANARY not in answer.text


def test_numbers_that_no_float_holds_are_read_exactly_and_refused(client):
    body = b'{"pnfh":{"value":1500,"unit":"pg/mL","assay_cv":%b}}'
    for number in (b"1e-400", b"-1e-400", b"1e400", b"1" * 31, b"-0"):
        assert codes(post(client, body % number)).keys() == {"/pnfh/assay_cv"}
