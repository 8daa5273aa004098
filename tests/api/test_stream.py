"""Levels as lines, answered while they arrive: NDJSON in and out, in constant memory."""

import errno
import json

import pytest

from app.api.estimates import batch, spool
from app.settings import Settings
from tests.api.by_hand import GONE, SILENCE, running
from tests.api.refusals import assert_problem, codes
from tests.api.test_batch import FAULTY, ITEMS, WISHES

PATH = "/v1/estimates/batch"
NDJSON = "application/x-ndjson"
USUAL = b'{"ref":"a","pnfh":{"value":1500,"unit":"pg/mL"}}'


def stream(client, body, query="detail=group", **headers):
    sent = {"content-type": NDJSON, "x-request-id": "one"} | headers
    return client.post(f"{PATH}?{query}", content=body, headers=sent)


def lines_of(answer):
    assert (answer.status_code, answer.headers["content-type"]) == (200, NDJSON)
    return [json.loads(line) for line in answer.content.splitlines()]


def usual(ref, level=1500):
    return b'{"ref":"%b","pnfh":{"value":%a,"unit":"pg/mL"}}' % (str(ref).encode(), level)


@pytest.mark.parametrize("wishes", WISHES, ids=str)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_line_is_answered_as_an_item_of_a_batch(client, wishes, language):
    items = [*ITEMS, *(item for item, _, _ in FAULTY)]
    headers = {"accept-language": language, "x-request-id": "one"}
    body = {"items": items} | wishes
    expected = client.post(PATH, json=body, headers=headers).raise_for_status().content
    query = {
        name: ",".join(map(str, wish)) if isinstance(wish, list) else str(wish).lower()
        for name, wish in wishes.items()
    }
    sent = b"".join(json.dumps(item).encode() + b"\n" for item in items)
    answer = client.post(
        PATH, params=query, content=sent, headers=headers | {"content-type": NDJSON}
    )
    assert answer.headers["content-language"] == language
    lines = answer.content.split(b"\n")
    assert lines.pop() == b""
    assert b'{"items":[%b]}' % b",".join(lines) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"%a\n%b\n%c\n",
        b"%a\n%b\n%c",
        b"%a\r\n%b\r\n%c\r\n",
        b"\n\n%a\n\n \t\n%b\n\r\n%c\n\n",
        b"  %a  \n\t%b\t\n%c ",
    ],
)
def test_line_ends_and_blank_lines_change_nothing(client, body):
    for name in (b"a", b"b", b"c"):
        body = body.replace(b"%" + name, usual(name.decode()))
    assert [line["ref"] for line in lines_of(stream(client, body))] == ["a", "b", "c"]


@pytest.mark.parametrize("body", [b"", b"\n", b"\r\n\r\n", b"   "])
def test_nothing_is_answered_with_nothing(client, body):
    assert stream(client, body).content == b""


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"\xff", "not_utf8"),
        (b"\xef\xbb\xbf" + USUAL, "byte_order_mark"),
        (USUAL[:-1], "not_json"),
        (USUAL + USUAL, "not_json"),
        (USUAL + b" " + USUAL, "not_json"),
        (USUAL.replace(b"1500", b"NaN"), "not_finite"),
        (USUAL.replace(b"1500", b"9" * 500), "too_long"),
        (USUAL.replace(b'"ref"', b'"ref":"b","ref"'), "repeated_member"),
        (USUAL.replace(b'"value"', b'"value":1,"value"'), "repeated_member"),
        (USUAL.replace(b'"a"', rb'"\ud800"'), "unsafe_text"),
        (USUAL.replace(b'"a"', b"[" * 50 + b"]" * 50), "too_deep"),
        (USUAL.replace(b"1500", b"1e999"), "biomarker_out_of_range"),
        (USUAL.replace(b"1500", b"-0"), "biomarker_out_of_range"),
        (USUAL.replace(b"1500", b"1" * 65), "too_long"),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_line_that_cannot_be_read_fails_alone(client, line, code, place):
    sent = [usual("a"), usual("b")]
    sent.insert(place, line)
    found = lines_of(stream(client, b"\n".join(sent)))
    failed = found.pop(place)
    assert [one["ref"] for one in found] == ["a", "b"]
    assert failed["status"] == "error"
    assert [fault["code"] for fault in failed["problem"]["errors"]] == [code]


def test_an_object_over_two_lines_is_two_faulty_lines(client):
    body = usual("a") + b"\n" + usual("b").replace(b',"pnfh"', b',\n"pnfh"') + b"\n" + usual("c")
    found = lines_of(stream(client, body))
    statuses = [one["status"] for one in found]
    assert statuses == ["estimate", "error", "error", "estimate"]


def test_a_line_that_is_too_long_is_refused_alone(client):
    longest = Settings().max_line_bytes
    fitting = usual("fits").ljust(longest)
    body = b"\n".join([usual("a"), fitting, fitting + b" ", b"x" * 10**6, usual("b")])
    found = lines_of(stream(client, body))
    assert [one["ref"] for one in found] == ["a", "fits", None, None, "b"]
    problems = [one["problem"]["type"] for one in found if one["status"] == "error"]
    assert problems == ["/problems/too-large"] * 2
    assert str(longest) in found[2]["problem"]["detail"]


@pytest.mark.parametrize("ref", ["value", '"pnfh"', 'a"b\\c\n', "é𝄞\u2028", "", "r" * 200, "\x7f"])
def test_a_reference_comes_back_as_it_was(client, ref):
    line = json.dumps({"ref": ref, "pnfh": {"value": 1500, "unit": "pg/mL"}}, ensure_ascii=False)
    assert lines_of(stream(client, usual("a") + b"\n" + line.encode()))[1]["ref"] == ref


def refuse_to_answer(*_):
    raise AssertionError("this was to be answered by columns")


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_usual_lines_are_answered_by_columns(client, monkeypatch, end):
    body = b"".join(usual(i, 751 + i) + end for i in range(1000))
    slowly = [client.post(PATH, json={"items": [json.loads(line)], "detail": "group"}).content
              for line in body.splitlines()[::100]]  # fmt: skip
    monkeypatch.setattr(batch.Batch, "answer_line", refuse_to_answer)
    monkeypatch.setattr(batch, "give_estimate", refuse_to_answer)
    found = stream(client, body).content.splitlines()
    assert len(found) == 1000
    assert [b'{"items":[%b]}' % line for line in found[::100]] == slowly


def test_a_stream_longer_than_any_batch_is_answered(client):
    found = stream(client, (USUAL + b"\n") * 20_000).content.splitlines()
    assert len(found) == 20_000
    assert len(set(found)) == 1


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("detail=most", {"/detail": "unknown_detail"}),
        ("detial=full", {"/detial": "unknown_field"}),
        ("detail=full&detail=full", {"/detail": "repeated"}),
        ("extrapolate=1", {"/extrapolate": "not_a_boolean"}),
        ("evidence=none", {"/evidence": "unknown_evidence"}),
        ("times=x&alive_at=700", {"/times": "not_a_number", "/alive_at": "out_of_range"}),
        ("pnfh=1500&assay_cv=0.1", {"/pnfh": "unknown_field", "/assay_cv": "unknown_field"}),
    ],
)
async def test_faults_of_the_query_are_told_before_a_line_is_read(tmp_path, query, faults):
    async with running(Settings(data_dir=tmp_path)) as call:
        heard = await call(PATH, [SILENCE], query, content_type=NDJSON)
    told = json.loads(heard.body)
    assert (heard.status, told["type"]) == (422, "/problems/validation-error")
    assert {fault["pointer"]: fault["code"] for fault in told["errors"]} == faults


@pytest.mark.parametrize("kind", [NDJSON, NDJSON.upper(), f"{NDJSON}; charset=utf-8"])
def test_a_stream_is_known_by_the_kind_of_its_body(client, kind):
    assert lines_of(stream(client, USUAL, **{"content-type": kind}))


def test_a_stream_in_another_charset_is_refused(client):
    refused = stream(client, USUAL, **{"content-type": f"{NDJSON}; charset=iso-8859-1"})
    assert_problem(refused, "unsupported-media-type")


@pytest.mark.parametrize("accept", ["application/json", "text/csv", f"{NDJSON};q=0"])
def test_a_stream_is_answered_as_a_stream_alone(client, accept):
    assert_problem(stream(client, USUAL, accept=accept), "not-acceptable")


def test_a_stream_is_kept_by_nobody(client):
    answer = stream(client, USUAL)
    assert answer.headers["cache-control"] == "no-store"
    assert "content-length" not in answer.headers


def test_a_json_body_on_a_stream_is_one_faulty_line_each(client):
    found = lines_of(stream(client, json.dumps({"items": ITEMS}, indent=1).encode()))
    assert {one["status"] for one in found} == {"error"}
    assert codes(client.post(PATH, json=ITEMS)) == {"": "not_an_object"}


@pytest.fixture
def odd_settings(tmp_path, monkeypatch):
    """Wait on disk soon, and not for long."""
    monkeypatch.setattr(spool, "MEMORY", 1)
    return Settings(data_dir=tmp_path, body_idle_seconds=0.2)


@pytest.fixture
def files(monkeypatch):
    """Remember every file that a spool opens."""
    opened, make = [], spool.TemporaryFile

    def remember(**options):
        opened.append(make(**options))
        return opened[-1]

    monkeypatch.setattr(spool, "TemporaryFile", remember)
    return opened


def some(count):
    return [usual(i) + b"\n" for i in range(count)]


async def ask(chosen, pieces):
    async with running(chosen) as call:
        return await call(PATH, pieces, "detail=group", content_type=NDJSON)


async def test_a_stream_that_stalls_is_answered_as_far_as_it_came(odd_settings, files):
    heard = await ask(odd_settings, [*some(50), usual("half")[:20], SILENCE])
    *found, last = [json.loads(line) for line in heard.body.splitlines()]
    assert [one["ref"] for one in found] == [str(i) for i in range(50)]
    assert last["ref"] is None
    assert last["problem"]["type"] == "/problems/timeout"
    assert heard.is_whole
    assert files
    assert all(file.closed for file in files)


async def test_who_goes_away_is_not_answered_to_the_end(odd_settings, files):
    heard = await ask(odd_settings, [*some(5000), GONE])
    assert not heard.is_whole
    assert len(heard.body.splitlines()) < 5000
    assert files
    assert all(file.closed for file in files)


async def test_who_goes_away_after_sending_all_is_not_answered_to_the_end(odd_settings):
    heard = await ask(odd_settings, [b"".join(some(20_000)), b"", GONE])
    assert not heard.is_whole
    assert len(heard.body.splitlines()) < 20_000


async def test_a_full_disk_ends_a_stream_with_its_reason(odd_settings, monkeypatch, caplog):
    def fail(**_):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(spool, "TemporaryFile", fail)
    heard = await ask(odd_settings, some(50))
    *found, last = [json.loads(line) for line in heard.body.splitlines()]
    assert len(found) < 50
    assert all(one["status"] == "estimate" for one in found)
    assert last["problem"]["type"] == "/problems/unavailable"
    assert heard.is_whole
    told = [record.getMessage() for record in caplog.records]
    # There is no database here to make a checkpoint of, which is told when the service stops.
    assert [one for one in told if "checkpoint" not in one] == [
        "a stream cannot be spooled: OSError"
    ]
