"""A call is sent again where that does no harm, so often and so long as was said, and no more."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from app.client.call import Call, Repeat
from app.client.delivery import Patience
from app.client.errors import (
    AnswerLost,
    Misused,
    PreconditionFailed,
    RateLimited,
    ServiceFailed,
    Unavailable,
    Unreachable,
)
from app.client.reading import as_bytes
from tests.unit.client.wire import problem

GOOD = httpx.Response(200, content=b"good")
NEVER_LEFT = [httpx.ConnectError("no"), httpx.ConnectTimeout("no"), httpx.PoolTimeout("no")]
LOST = [
    httpx.ReadTimeout("no"), httpx.WriteTimeout("no"), httpx.ReadError("no"),
    httpx.RemoteProtocolError("no"), httpx.WriteError("no"),
]  # fmt: skip


def a_call(repeat):
    return Call("POST", "/v1/somewhere", as_bytes, repeat)


def named(value):
    return type(value).__name__ if isinstance(value, Exception) else str(value)


@pytest.mark.parametrize("repeat", Repeat, ids=named)
@pytest.mark.parametrize("trouble", NEVER_LEFT, ids=named)
def test_what_never_left_is_sent_again_whatever_it_is(wire, repeat, trouble):
    assert wire.send(a_call(repeat), trouble, trouble, GOOD) == b"good"
    assert len(wire.sent) == 3


@pytest.mark.parametrize("repeat", [Repeat.HARMLESS, Repeat.REMEMBERED], ids=named)
@pytest.mark.parametrize("trouble", LOST, ids=named)
def test_a_lost_answer_is_asked_for_again_where_that_is_safe(wire, repeat, trouble):
    assert wire.send(a_call(repeat), trouble, GOOD) == b"good"


@pytest.mark.parametrize("trouble", LOST, ids=named)
def test_a_change_whose_answer_was_lost_is_not_sent_again(wire, trouble):
    with pytest.raises(AnswerLost) as caught:
        wire.send(a_call(Repeat.UNSURE), trouble, problem(412, "precondition-failed"))
    assert caught.value.may_have_happened
    assert len(wire.sent) == 1


@pytest.mark.parametrize("status", [408, 429])
@pytest.mark.parametrize("repeat", Repeat, ids=named)
def test_what_the_service_has_not_begun_with_is_sent_again(wire, repeat, status):
    assert wire.send(a_call(repeat), httpx.Response(status), GOOD) == b"good"


@pytest.mark.parametrize("status", [502, 503, 504])
@pytest.mark.parametrize("repeat", [Repeat.HARMLESS, Repeat.REMEMBERED], ids=named)
def test_a_service_that_is_away_is_asked_again(wire, repeat, status):
    assert wire.send(a_call(repeat), httpx.Response(status), GOOD) == b"good"


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_change_that_may_have_been_made_is_not_sent_again(wire, status):
    with pytest.raises(ServiceFailed):
        wire.send(a_call(Repeat.UNSURE), httpx.Response(status), GOOD)
    assert len(wire.sent) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 413, 422, 428, 500, 501])
def test_a_refusal_is_not_argued_with(wire, status):
    with pytest.raises(Exception, match=str(status)):
        wire.send(a_call(Repeat.HARMLESS), httpx.Response(status), GOOD)
    assert len(wire.sent) == 1


def test_a_change_that_met_somebody_elses_is_told_so(wire):
    with pytest.raises(PreconditionFailed):
        wire.send(a_call(Repeat.UNSURE), problem(412, "precondition-failed"))


def test_one_key_stays_through_all_tries_and_the_next_call_has_another(wire):
    call = a_call(Repeat.REMEMBERED)
    wire.send(call, httpx.ReadTimeout("no"), httpx.Response(503), GOOD)
    wire.send(call, GOOD)
    first, second, third, other = wire.headers("idempotency-key")
    assert first == second == third != other
    assert len(first) == 36


def test_a_key_of_ones_own_is_sent_and_told_when_the_answer_stays_away(wire):
    with pytest.raises(AnswerLost) as caught:
        wire.send(
            a_call(Repeat.REMEMBERED), *[httpx.ReadTimeout("no")] * 5, idempotency_key="order-7"
        )
    assert caught.value.idempotency_key == "order-7"
    assert wire.headers("idempotency-key") == ["order-7"] * 5


@pytest.mark.parametrize("repeat", [Repeat.HARMLESS, Repeat.UNSURE], ids=named)
def test_only_what_the_service_remembers_carries_a_key(wire, repeat):
    wire.send(a_call(repeat), GOOD)
    assert wire.headers("idempotency-key") == [None]
    with pytest.raises(Misused):
        wire.send(a_call(repeat), GOOD, idempotency_key="order-7")


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "ü", "x" * 256])
def test_what_is_no_idempotency_key_is_not_sent(wire, key):
    with pytest.raises(Misused):
        wire.send(a_call(Repeat.REMEMBERED), GOOD, idempotency_key=key)
    assert wire.sent == []


def test_tries_are_counted(wire):
    with pytest.raises(Unreachable) as caught:
        wire.send(a_call(Repeat.HARMLESS), *[httpx.ConnectError("no")] * 9)
    assert not caught.value.may_have_happened
    assert len(wire.sent) == Patience().attempts == 5


def test_waits_double_up_to_the_longest_less_a_random_half(wire):
    patience = Patience(attempts=8, first_wait=1.0, longest_wait=8.0)
    heard = [httpx.ConnectError("no")] * 7
    wire.send(a_call(Repeat.HARMLESS), *heard, GOOD, patience=patience)
    parts = [wait / most for wait, most in zip(wire.waits, [1, 2, 4, 8, 8, 8, 8], strict=True)]
    assert all(0.5 <= part <= 1 for part in parts)
    assert len(set(parts)) > 1


def test_the_service_says_when_to_come_back(wire):
    heard = httpx.Response(429, headers={"retry-after": "7"})
    wire.send(a_call(Repeat.UNSURE), heard, GOOD)
    assert wire.waits == [7.0]


def test_or_says_it_as_a_date(wire):
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    wire.send(a_call(Repeat.HARMLESS), httpx.Response(503, headers={"retry-after": at}), GOOD)
    assert 27 < wire.waits[0] <= 30


@pytest.mark.parametrize("stated", ["soon", "-3", "1.5", "", "٣", "Wed, 99 Nov"])
def test_what_is_no_time_is_passed_over(wire, stated):
    heard = httpx.Response(503, headers={"retry-after": stated.encode()})
    wire.send(a_call(Repeat.HARMLESS), heard, GOOD)
    assert wire.waits[0] <= Patience().first_wait


def test_a_date_that_has_passed_is_now(wire):
    heard = httpx.Response(503, headers={"retry-after": "Sat, 01 Jan 2000 00:00:00 GMT"})
    wire.send(a_call(Repeat.HARMLESS), heard, GOOD)
    assert wire.waits == [0.0]


def test_nobody_waits_longer_than_there_is_patience(wire):
    with pytest.raises(RateLimited) as caught:
        wire.send(a_call(Repeat.HARMLESS), httpx.Response(429, headers={"retry-after": "3600"}))
    assert caught.value.retry_after == 3600
    assert wire.waits == []


def test_no_patience_is_one_try(wire):
    with pytest.raises(Unavailable):
        wire.send(
            a_call(Repeat.REMEMBERED), httpx.Response(503), GOOD, patience=Patience(attempts=1)
        )
    assert len(wire.sent) == 1


def test_what_cannot_be_sent_is_not_tried_again(wire):
    with pytest.raises(Misused):
        wire.send(a_call(Repeat.HARMLESS), httpx.UnsupportedProtocol("no"), GOOD)
    assert len(wire.sent) == 1
