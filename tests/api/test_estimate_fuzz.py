"""Whatever is asked is answered, or refused as the document says; nothing of it is repeated."""

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.api.problems import KINDS
from app.main import create_app
from app.schemas.estimates import (
    BatchItem,
    EstimateQuery,
    EstimateRequest,
    LevelRequest,
    PatientFactsRequest,
)
from app.settings import Settings
from tests.api.refusals import assert_problem, post

DOCUMENTED = {
    path: {method: {int(status) for status in op["responses"]} for method, op in ops.items()}
    for path, ops in create_app(Settings()).openapi()["paths"].items()
}
CANARY = "zQ9x"
NAMES = sorted(
    {name for model in (EstimateRequest, LevelRequest, PatientFactsRequest, BatchItem)
     for name in model.model_fields} | {"items"}
)  # fmt: skip
PARAMETERS = sorted(EstimateQuery.model_fields)

names = st.sampled_from(NAMES) | st.text(max_size=8)
likely = st.sampled_from(
    [
        "csf",
        "pg/mL",
        "ng/mL",
        "<",
        ">=",
        "full",
        "group",
        "true",
        "1500",
        "1e3",
        "90,180",
        "640",
        "mirocals-2025",
        "mirocals-topline-2022",
        "2024-02-29",
        "probable",
        "0.1",
        "-0",
        "1e-309",
    ]
)
marked = st.text(max_size=30).map(CANARY.__add__)
numbers = st.integers() | st.floats() | st.sampled_from([750, 3700, 640, 1e-300, 1e308, -0.0])
scalars = st.none() | st.booleans() | numbers | marked | likely
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=6)
)
levels = st.fixed_dictionaries(
    {"value": numbers | scalars, "unit": likely | scalars},
    optional=dict.fromkeys(("comparator", "specimen", "assay_cv", "assay"), likely | scalars),
)
bodies = anything | st.fixed_dictionaries(
    {"pnfh": levels | anything},
    optional=dict.fromkeys(
        ("patient", "times", "alive_at", "evidence", "detail"), likely | anything
    ),
)


many = settings(max_examples=300)


def assert_answered(answer, path, method):
    """Check that an answer is one that the document foresees."""
    assert answer.status_code in DOCUMENTED[path][method]
    if answer.status_code == 200:
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["status"] in ("estimate", "no_estimate", "indeterminate")
        assert "NaN" not in answer.text
        assert "Infinity" not in answer.text
    else:
        assert assert_problem(answer, answer.json()["type"].rpartition("/")[2])
        assert CANARY not in answer.text


@pytest.mark.parametrize("path", ["/v1/estimate", "/v1/stratum"])
@many
@given(
    query=st.lists(
        st.tuples(st.sampled_from(PARAMETERS) | st.text(max_size=5), likely | marked), max_size=6
    ),
    level=st.floats(0, 1e6).map(repr) | likely,
)
def test_any_query_is_answered_or_refused(client, path, query, level):
    text = urlencode([("pnfh", level), *query], errors="replace")
    assert_answered(client.get(f"{path}?{text}"), path, "get")


@many
@given(st.binary(max_size=60))
def test_any_bytes_as_a_query_are_answered_or_refused(client, query):
    text = "".join(chr(b) if 32 < b < 127 and b not in b'#"' else f"%{b:02x}" for b in query)
    assert_answered(client.get(f"/v1/estimate?{text}"), "/v1/estimate", "get")


@many
@given(bodies)
def test_any_json_is_answered_or_refused(client, body):
    answer = post(client, json.dumps(body).encode())
    assert_answered(answer, "/v1/estimates", "post")


@many
@given(st.data())
def test_json_with_a_few_bytes_changed_is_answered_or_refused(client, data):
    body = bytearray(b'{"pnfh":{"value":1500.5,"unit":"pg/mL"},"times":[1,2],"patient":{"age":6}}')
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(body) - 1))
        body[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    assert_answered(post(client, bytes(body)), "/v1/estimates", "post")


@many
@given(items=st.lists(bodies, max_size=5), wishes=st.dictionaries(names, scalars, max_size=2))
def test_any_batch_is_answered_item_by_item_or_refused(client, items, wishes):
    answer = post(client, json.dumps({"items": items} | wishes).encode(), "/v1/estimates/batch")
    assert answer.status_code in DOCUMENTED["/v1/estimates/batch"]["post"]
    if answer.status_code != 200:
        assert assert_problem(answer, "validation-error")
        assert CANARY not in answer.text
        return
    found = answer.json()["items"]
    assert len(found) == len(items)
    for one in found:
        assert one["status"] in ("estimate", "no_estimate", "indeterminate", "error")
        if one["status"] == "error":
            assert one["problem"]["type"].rpartition("/")[2] in KINDS
            assert CANARY not in json.dumps(one["problem"])
