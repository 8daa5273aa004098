"""Many levels in one body: answered in order, each as if it had come alone."""

import json

import orjson
import pytest

from app.settings import Settings
from tests.api.by_hand import running
from tests.api.refusals import assert_problem, codes, post

PATH = "/v1/estimates/batch"
ITEMS = [
    {"ref": "low", "pnfh": {"value": 1500, "unit": "pg/mL"}},
    {"ref": "unit", "pnfh": {"value": 1.5, "unit": "ng/mL", "assay_cv": 0.08}},
    {"ref": "digits", "pnfh": {"value": 1500.0, "unit": "ng/L"}},
    {"ref": "cut", "pnfh": {"value": 750, "unit": "pg/mL"}},
    {"ref": "high", "pnfh": {"value": 5000, "unit": "pg/mL"}, "patient": {"age": 61}},
    {"ref": "none", "pnfh": {"value": 600, "unit": "pg/mL"}},
    {"ref": "bound", "pnfh": {"value": 800, "unit": "pg/mL", "comparator": "<"}},
    {"ref": "fact", "pnfh": {"value": 1, "unit": "ug/L"}, "patient": {"excluded_condition": True}},
    {"pnfh": {"value": 1500, "unit": "pg/mL"}},
]
WISHES = [
    {},
    {"detail": "summary"},
    {"detail": "group"},
    {"evidence": "mirocals-topline-2022"},
    {"times": [90, 730], "alive_at": 60, "extrapolate": True},
]
FAULTY = [
    ({"ref": "x", "pnfh": {"value": 0, "unit": "pmol/L"}}, "validation-error",
     {"/pnfh/value": "biomarker_out_of_range", "/pnfh/unit": "unit_not_supported"}),
    ({"ref": "x", "pnfh": {"value": 1, "unit": "pmol/L"}}, "unit-not-supported",
     {"/pnfh/unit": "unit_not_supported"}),
    ({"ref": "x"}, "validation-error", {"/pnfh": "missing"}),
    ({"ref": "x", "nfl": 1}, "biomarker-not-supported",
     {"/nfl": "biomarker_not_supported", "/pnfh": "missing"}),
    ({"ref": "x", "pnfh": {"value": 1, "unit": "pg/mL"}, "detail": "full"}, "validation-error",
     {"/detail": "unknown_field"}),
    ({"ref": "x", "pnfh": 1500}, "validation-error", {"/pnfh": "not_an_object"}),
    ({"ref": 7, "pnfh": {"value": 1, "unit": "pg/mL"}}, "validation-error", {"/ref": "not_text"}),
    ({"ref": "r" * 201, "pnfh": {"value": 1, "unit": "pg/mL"}}, "validation-error",
     {"/ref": "string_too_long"}),
    ({}, "validation-error", {"/pnfh": "missing"}),
    (None, "validation-error", {"": "not_an_object"}),
    ([], "validation-error", {"": "not_an_object"}),
    ("x", "validation-error", {"": "not_an_object"}),
]  # fmt: skip


def batch(client, items, **wishes):
    answer = client.post(PATH, json={"items": items} | wishes).raise_for_status()
    return answer.json()["items"]


def test_answers_come_in_the_order_of_the_items(client):
    items = [
        {"ref": f"row-{i}", "pnfh": {"value": 10 * i + 1, "unit": "pg/mL"}} for i in range(500)
    ]
    found = batch(client, items, detail="group")
    assert [one["ref"] for one in found] == [item["ref"] for item in items]


@pytest.mark.parametrize("wishes", WISHES, ids=str)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_an_item_is_answered_as_if_it_had_come_alone(client, wishes, language):
    headers = {"accept-language": language}
    together = client.post(PATH, json={"items": ITEMS} | wishes, headers=headers)
    assert together.headers["content-language"] == language
    alone = []
    for item in ITEMS:
        body = {name: part for name, part in item.items() if name != "ref"} | wishes
        answer = client.post("/v1/estimates", json=body, headers=headers).raise_for_status()
        alone.append(b'{"ref":%b,%b' % (orjson.dumps(item.get("ref")), answer.content[1:]))
    assert together.content == b'{"items":[%b]}' % b",".join(alone)


@pytest.mark.parametrize(("item", "slug", "faults"), FAULTY)
def test_a_faulty_item_fails_alone_with_every_fault(client, item, slug, faults):
    first, failed, last = batch(client, [ITEMS[0], item, ITEMS[1]], detail="group")
    assert [first["status"], last["status"]] == ["estimate", "estimate"]
    assert set(failed) == {"ref", "status", "problem"}
    assert failed["status"] == "error"
    assert failed["problem"]["type"] == f"/problems/{slug}"
    assert {f["pointer"]: f["code"] for f in failed["problem"]["errors"]} == faults
    assert failed["ref"] == ("x" if isinstance(item, dict) and item.get("ref") == "x" else None)


@pytest.mark.parametrize(
    "ref", ['"', "\\", 'a"b\\c/\n', "é𝄞\u2028", "value", '"pnfh":', "", " ", "\x7f", "r" * 200]
)
def test_a_reference_comes_back_as_it_was(client, ref):
    assert batch(client, [ITEMS[0] | {"ref": ref}], detail="group")[0]["ref"] == ref


def test_a_batch_of_ten_thousand_is_answered_and_one_more_refused(client):
    many = [{"pnfh": {"value": 1500, "unit": "pg/mL"}}] * 10_000
    assert len(batch(client, many, detail="group")) == 10_000
    answer = client.post(PATH, json={"items": [*many, many[0]]})
    assert_problem(answer, "too-large")
    assert "10000" in answer.json()["detail"]


def test_a_batch_too_large_is_refused_however_odd_its_items(client):
    body = b'{"items":[' + b",".join([b"0"] * 1_000_000) + b"]}"
    assert_problem(post(client, body, PATH), "too-large")


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"items": []}, {"/items": "too_short"}),
        ({}, {"/items": "missing"}),
        ({"items": {}}, {"/items": "not_a_list"}),
        ({"items": [ITEMS[0]], "detail": "all"}, {"/detail": "literal_error"}),
        ({"items": [ITEMS[0]], "evidence": "none"}, {"/evidence": "unknown_evidence"}),
        ({"items": [ITEMS[0]], "times": [700]}, {"/times": "out_of_range"}),
        ({"items": [ITEMS[0]], "itmes": []}, {"/itmes": "unknown_field"}),
        ({"item": [ITEMS[0]]}, {"/items": "missing", "/item": "unknown_field"}),
    ],
)
def test_the_faults_of_the_batch_itself_are_told_whole(client, body, faults):
    assert codes(client.post(PATH, json=body)) == faults


def test_a_json_batch_has_its_wishes_in_the_body_alone(client):
    answer = client.post(f"{PATH}?detail=group&x=1", json={"items": [ITEMS[0]], "times": [700]})
    assert codes(answer) == {
        "/detail": "unknown_field", "/x": "unknown_field", "/times": "out_of_range",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("inside", "code"),
    [
        (b'"ref":"a","ref":"b",', "repeated_member"),
        (b'"ref":"\\ud800",', "unsafe_text"),
        (b'"ref":"\\u0000",', "unsafe_text"),
        (b'"x":NaN,', "not_finite"),
    ],
)
def test_json_that_can_be_read_in_two_ways_spoils_the_whole_batch(client, inside, code):
    body = b'{"items":[{%b"pnfh":{"value":1500,"unit":"pg/mL"}}]}' % inside
    assert codes(post(client, body, PATH)) == {"": code}


@pytest.mark.parametrize("accept", ["application/x-ndjson", "text/csv", "application/json;q=0"])
def test_a_json_batch_is_answered_as_json_alone(client, accept):
    answer = client.post(PATH, json={"items": [ITEMS[0]]}, headers={"accept": accept})
    assert_problem(answer, "not-acceptable")


def test_a_batch_is_kept_by_nobody(client):
    answer = client.post(PATH, json={"items": [ITEMS[0]]})
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


def test_a_problem_of_an_item_names_the_request(client):
    answer = client.post(PATH, json={"items": [{}]}, headers={"x-request-id": "mine"})
    problem = answer.json()["items"][0]["problem"]
    assert (problem["request_id"], problem["instance"]) == ("mine", PATH)


async def test_the_bounds_of_a_batch_are_settings(tmp_path):
    own = Settings(data_dir=tmp_path, max_batch_items=2, max_body_bytes=1024)
    async with running(own) as call:
        for count, status in ((2, 200), (3, 413)):
            items = [ITEMS[0]] * count
            heard = await call(PATH, [json.dumps({"items": items, "detail": "group"}).encode()])
            assert heard.status == status
        assert (await call(PATH, [b" " * 1025])).status == 413


async def test_a_long_batch_leaves_in_pieces_so_that_others_have_their_turn(tmp_path):
    items = [{"pnfh": {"value": 1500, "unit": "pg/mL"}}] * 100
    async with running(Settings(data_dir=tmp_path)) as call:
        heard = await call(PATH, [json.dumps({"items": items, "detail": "group"}).encode()])
    assert heard.is_whole
    assert len(heard.pieces) > 3
    assert len(json.loads(heard.body)["items"]) == 100
