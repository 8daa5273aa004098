"""The issuer's keys: fetched once for all, kept for a while, and never from a bad answer."""

# ruff: noqa: F811 - a fixture is asked for by its name

import asyncio
import gzip
import json
import threading
from functools import partial

import httpx
import pytest

from app.clinic.token import Trust
from app.errors import Unavailable
from app.identity import issuer_keys
from app.identity.fetch import MOST_BYTES
from app.identity.issuer import fetch_keys
from app.identity.issuer_keys import IssuerKeys
from tests.services.issuer import (  # noqa: F401 - fixtures
    AUDIENCE,
    DISCOVERY_PATH,
    KEYS_PATH,
    answer,
    issuer,
    running_issuer,
)

ELSEWHERE = "/elsewhere"
DAY = 24 * 3600


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self):
        self.seconds = 1000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def keys(issuer, clock):
    """Keep the keys of the issuer, with nothing fetched yet."""
    trust = Trust(issuer=issuer.url, audience=AUDIENCE)
    async with httpx.AsyncClient(trust_env=False) as client:
        kept = IssuerKeys(partial(fetch_keys, client, trust), clock)
        yield kept
        await kept.close()


def fetches(issuer):
    return issuer.asked.count(KEYS_PATH)


def break_down(issuer):
    for path in (DISCOVERY_PATH, KEYS_PATH):
        issuer.behave(path, lambda handler: answer(handler, b"", 500))


async def test_keys_are_fetched_once_and_found_by_their_id(keys, issuer):
    found = {key_id: (await keys.find(key_id)).key_type for key_id in ("rsa", "ec", "rsa")}
    assert found == {"rsa": "RSA", "ec": "EC"}
    assert issuer.asked == [DISCOVERY_PATH, KEYS_PATH]


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [
        (None, 600),
        ("max-age=300", 300),
        ("public, max-age=300, must-revalidate", 300),
        ("max-age=5", 60),
        ("max-age=86400", 3600),
        ("max-age=9999999999999", 600),
        ("max-age=-1", 600),
        ("s-maxage=300", 600),
        ("no-store", 60),
        ("no-cache, max-age=300", 60),
        ("nonsense", 600),
    ],
)
async def test_keys_are_kept_for_as_long_as_the_issuer_says_within_bounds(
    keys, issuer, clock, cache_control, seconds
):
    issuer.headers = {"cache-control": cache_control} if cache_control else {}
    await keys.find("rsa")
    clock.seconds += seconds - 1
    await keys.find("rsa")
    assert fetches(issuer) == 1
    clock.seconds += 1
    await keys.find("rsa")
    assert fetches(issuer) == 2


async def test_a_new_key_of_the_issuer_is_found_within_a_minute(keys, issuer, clock):
    await keys.find("rsa")
    issuer.published = ["next"]
    clock.seconds += 30
    assert await keys.find("next") is not None
    assert await keys.find("rsa") is None


async def test_unknown_ids_cause_a_fetch_every_thirty_seconds_at_most(keys, issuer, clock):
    await keys.find("rsa")
    for second in range(60):
        for guess in range(5):
            assert await keys.find(f"guess {guess}") is None
        assert fetches(issuer) == 1 + second // 30
        clock.seconds += 1


async def test_a_key_that_the_issuer_takes_back_is_forgotten(keys, issuer, clock):
    assert await keys.find("ec") is not None
    issuer.published = ["rsa"]
    clock.seconds += 600
    assert await keys.find("ec") is None


async def test_all_who_wait_share_one_fetch(keys, issuer):
    began, held_back = threading.Event(), threading.Event()

    def hesitate(handler):
        began.set()
        held_back.wait(5)
        answer(handler, issuer.key_set())

    issuer.behave(KEYS_PATH, hesitate)
    asked = [asyncio.create_task(keys.find(name)) for name in ("rsa", "ec", "none") * 20]
    assert await asyncio.to_thread(began.wait, 5)
    asked[0].cancel()  # who asked first goes away; the others still get their answer
    held_back.set()
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert [key.key_type if key else None for key in found[3:6]] == ["RSA", "EC", None]
    assert sum(key is None for key in found) == 20
    assert fetches(issuer) == 1


async def test_the_keys_of_an_issuer_that_is_away_are_good_for_a_day(keys, issuer, clock):
    await keys.find("rsa")
    break_down(issuer)
    for _ in range(23):
        clock.seconds += 3600
        assert await keys.find("rsa") is not None
    assert await keys.find("next") is None
    clock.seconds += 3600
    with pytest.raises(Unavailable):
        await keys.find("rsa")
    issuer.behaviours.clear()
    clock.seconds += 30
    assert await keys.find("rsa") is not None


async def test_a_good_key_does_not_wait_for_an_issuer_that_falls_silent(keys, issuer, clock):
    good = await keys.find("rsa")
    clock.seconds += 600
    began, held_back = threading.Event(), threading.Event()

    def hang(handler):
        began.set()
        held_back.wait(issuer_keys.FETCH_SECONDS)
        answer(handler, issuer.key_set())

    issuer.behave(KEYS_PATH, hang)
    assert await keys.find("rsa") is good
    assert began.is_set()
    with pytest.raises(TimeoutError):  # whose key is not held has nothing to go on with
        async with asyncio.timeout(2 * issuer_keys.HESITATION_SECONDS):
            await keys.find("next")
    issuer.published = ["next"]
    held_back.set()
    assert await keys.find("next") is not None


async def test_an_issuer_that_is_away_is_not_asked_by_every_caller(keys, issuer, clock):
    break_down(issuer)
    for second in range(10):
        for _ in range(5):
            with pytest.raises(Unavailable):
                await keys.find("rsa")
        assert issuer.asked.count(DISCOVERY_PATH) == 1 + second // 5
        clock.seconds += 1


def redirect(to, status=302):
    return lambda handler: answer(handler, b"", status, location=to)


def claim_to_be_short(handler):
    """Say four bytes, send more than anyone should read."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(64):
        handler.wfile.write(b" " * 65_536)


def drip(handler):
    """Send a byte now and then, for ever."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b" ")
        threading.Event().wait(0.02)


def say_nothing(_):
    threading.Event().wait(1)


def bad_answers(issuer):
    """What must not be taken for a key set, by the path that answers it."""
    good = issuer.key_set()
    squeezed = gzip.compress(json.dumps(good).encode())
    over = json.dumps(good | {"padding": "x" * MOST_BYTES}).encode()
    told = issuer.discovery()
    bombs = gzip.compress(bytes(20_000_000))
    for status in (301, 302, 303, 307, 308):
        yield f"redirected, {status}", KEYS_PATH, redirect(ELSEWHERE, status)
    yield "a loop", KEYS_PATH, redirect(KEYS_PATH)
    yield "a redirect to a file", KEYS_PATH, redirect("file:///etc/passwd")
    yield "too large", KEYS_PATH, lambda h: answer(h, over)
    yield "never-ending", KEYS_PATH, claim_to_be_short
    yield "slow", KEYS_PATH, drip
    yield "silent", KEYS_PATH, say_nothing
    yield (
        "hung up",
        KEYS_PATH,
        lambda h: h.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"),
    )
    yield "no HTTP", KEYS_PATH, lambda h: h.wfile.write(b"SSH-2.0-x\r\n")
    yield "encoded", KEYS_PATH, lambda h: answer(h, squeezed, content_encoding="gzip")
    yield "a bomb", KEYS_PATH, lambda h: answer(h, bombs, content_encoding="gzip")
    yield "an error", KEYS_PATH, lambda h: answer(h, good, 500)
    yield "not found", KEYS_PATH, lambda h: answer(h, good, 404)
    yield "created", KEYS_PATH, lambda h: answer(h, good, 201)
    yield "no JSON", KEYS_PATH, lambda h: answer(h, b"<html>")
    yield "a list", KEYS_PATH, lambda h: answer(h, [good])
    yield "deep", KEYS_PATH, lambda h: answer(h, b"[" * 100_000)
    yield "no key set", KEYS_PATH, lambda h: answer(h, {"key": []})
    yield (
        "another issuer",
        DISCOVERY_PATH,
        lambda h: answer(h, told | {"issuer": "https://x.example"}),
    )
    yield (
        "its address with a slash",
        DISCOVERY_PATH,
        lambda h: answer(h, told | {"issuer": issuer.url + "/"}),
    )
    yield "no issuer", DISCOVERY_PATH, lambda h: answer(h, {"jwks_uri": told["jwks_uri"]})
    yield "no place", DISCOVERY_PATH, lambda h: answer(h, {"issuer": issuer.url})
    for place in ("http://192.0.2.1/keys", "file:///etc/passwd", "http://169.254.169.254/", ["x"]):
        yield (
            f"keys at {place}",
            DISCOVERY_PATH,
            lambda h, p=place: answer(h, told | {"jwks_uri": p}),
        )
    yield "discovery redirected", DISCOVERY_PATH, redirect(ELSEWHERE)


async def test_a_bad_answer_is_no_answer_and_a_good_one_is_taken_afterwards(
    keys, issuer, clock, monkeypatch
):
    monkeypatch.setattr(issuer_keys, "FETCH_SECONDS", 0.5)
    wrong = list(bad_answers(issuer))
    taken = []
    for name, path, behaviour in wrong:
        issuer.behaviours = {path: behaviour, ELSEWHERE: lambda h: answer(h, issuer.key_set())}
        clock.seconds += 5
        try:
            await keys.find("rsa")
            taken.append(name)
        except Unavailable:
            pass
    assert taken == []
    assert len(wrong) >= 25
    assert ELSEWHERE not in issuer.asked
    issuer.behaviours = {}
    clock.seconds += 5
    assert await keys.find("rsa") is not None


async def test_a_bad_answer_does_not_take_good_keys_away(keys, issuer, clock, monkeypatch):
    monkeypatch.setattr(issuer_keys, "FETCH_SECONDS", 0.5)
    await keys.find("rsa")
    for _, path, behaviour in bad_answers(issuer):
        issuer.behaviours = {path: behaviour}
        clock.seconds += 600
        assert await keys.find("rsa") is not None


async def test_no_more_is_read_than_the_bound(keys, issuer):
    sent = []

    def count(handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(1000):
            handler.wfile.write(b" " * 65_536)
            sent.append(65_536)

    issuer.behave(KEYS_PATH, count)
    with pytest.raises(Unavailable):
        await keys.find("rsa")
    # What was on its way when the service hung up lies in the buffers of two sockets.
    assert sum(sent) < MOST_BYTES + 16 * 2**20


async def test_a_far_issuer_does_not_make_the_service_ask_its_own_machine(clock):
    asked = []

    def far(request):
        asked.append(str(request.url))
        near = {"issuer": "https://far.example", "jwks_uri": "http://127.0.0.1:8000/v1/patients"}
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps(near).encode()))

    trust = Trust(issuer="https://far.example", audience=AUDIENCE)
    async with httpx.AsyncClient(transport=httpx.MockTransport(far)) as client:
        keys = IssuerKeys(partial(fetch_keys, client, trust), clock)
        with pytest.raises(Unavailable):
            await keys.find("rsa")
    assert asked == [f"https://far.example{DISCOVERY_PATH}"]


async def test_the_operator_may_say_where_the_keys_are(issuer, clock):
    trust = Trust(issuer=issuer.url, audience=AUDIENCE, jwks_url=issuer.url + KEYS_PATH)
    async with httpx.AsyncClient(trust_env=False) as client:
        keys = IssuerKeys(partial(fetch_keys, client, trust), clock)
        assert await keys.find("rsa") is not None
    assert issuer.asked == [KEYS_PATH]


async def test_a_fetch_under_way_is_given_up_when_the_service_stops(keys, issuer):
    began = threading.Event()
    issuer.behave(KEYS_PATH, lambda _: began.set() or say_nothing(_))
    waiting = asyncio.create_task(keys.find("rsa"))
    assert await asyncio.to_thread(began.wait, 5)
    await keys.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
