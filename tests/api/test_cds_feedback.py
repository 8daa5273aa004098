"""Feedback on cards: taken in, summed up, kept apart by clinic; and cards counted beside calls."""

import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from app.db.cds_feedback import CdsFeedbackRepository, cds_feedback
from app.db.engine import open_engine
from app.db.transaction import clinic_transaction
from app.errors import Unavailable
from app.use_cases.cds_hooks import count_cards
from app.use_cases.cds_hooks.count_cards import CardCounts
from tests.api.cds_calls import CALL, a_call, a_result, ask, issues, the_card
from tests.api.clinics import Service, make_keys, open_service

PLACE = f"{CALL}/feedback"
SUMMARY = "/v1/cds-hooks/feedback"
REASON = {"system": "urn:neurostrata:override-reason", "code": "not-now"}


def told(card=None, outcome="overridden", at="2026-11-20T10:00:00Z", **others):
    return {"card": card or str(uuid4()), "outcome": outcome, "outcomeTimestamp": at} | others


def tell(service, *feedback, by=("North", "viewer")):
    answer = service.ask("POST", PLACE, by=by, json={"feedback": list(feedback)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def summary(service, by=("North", "viewer"), **asked):
    answer = service.ask("GET", SUMMARY, by=by, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_feedback_is_taken_in_and_summed_up(service):
    accepted = told(outcome="accepted", acceptedSuggestions=[{"id": str(uuid4())}])
    reasoned = told(overrideReason={"reason": REASON, "userComment": "Mr Miller is too old"})
    assert tell(service, accepted, reasoned, told()) == {"received": 3}
    found = summary(service)
    assert found["outcomes"] == {"accepted": 1, "overridden": 2}
    assert {(one["code"], one["count"]) for one in found["reasons"]} == {("not-now", 1), (None, 1)}
    assert found["with_comment"] == 1
    assert [one["month"] for one in found["months"]] == ["2026-11"]


def test_reasons_of_others_are_counted_by_system_and_code(service):
    for code in ("drug-interaction", "drug-interaction", "Jane Doe", "not this week"):
        tell(service, told(overrideReason={"reason": {"system": "urn:ehr:reason", "code": code}}))
    assert summary(service)["reasons"] == [
        {"system": None, "code": "other", "count": 2},
        {"system": "urn:ehr:reason", "code": "drug-interaction", "count": 2},
    ]


def test_the_last_word_on_a_card_counts_whatever_order_it_comes_in(service):
    card = str(uuid4())
    tell(service, told(card, "accepted", "2026-11-20T12:00:00Z"))
    tell(service, told(card, "overridden", "2026-11-20T11:00:00Z"))
    assert summary(service)["outcomes"] == {"accepted": 1, "overridden": 0}
    tell(service, told(card, "overridden", "2026-11-20T13:00:00+00:00"))
    assert summary(service)["outcomes"] == {"accepted": 0, "overridden": 1}


def test_the_same_feedback_twice_is_one(service):
    once = told()
    tell(service, once, once)
    tell(service, once)
    assert summary(service)["outcomes"]["overridden"] == 1


def test_a_text_about_a_patient_is_kept_nowhere(service, settings):
    code = {"code": "Zebedee Q., born 1964-05-17", "system": "urn:free"}
    tell(service, told(overrideReason={"reason": code, "userComment": "Zebedee Quartermain"}))
    (reason,) = summary(service)["reasons"]
    assert reason == {"system": None, "code": "other", "count": 1}

    async def everything():
        engine = open_engine(settings)
        async with clinic_transaction(engine, "*", writes=False) as connection:
            kept = (await connection.execute(select(cds_feedback))).all()
            events = (await connection.execute(text("SELECT * FROM audit_event"))).all()
        await engine.dispose()
        return [*kept, *events]

    rows = asyncio.run(everything())
    assert len(rows) >= 2
    assert "Zebedee" not in repr(rows)


def test_clinics_see_their_own_feedback_alone_even_on_the_same_card(service):
    card = str(uuid4())
    tell(service, told(card, "accepted"))
    tell(service, told(card), by=("South", "viewer"))
    assert summary(service)["outcomes"] == {"accepted": 1, "overridden": 0}
    south = summary(service, by=("South", "viewer"))
    assert south["outcomes"] == {"accepted": 0, "overridden": 1}


def test_a_summary_is_of_the_days_asked_for_both_included(service):
    for at in ("2026-10-31T23:59:59Z", "2026-11-01T00:00:00Z", "2026-11-20T23:59:59.9999999Z"):
        tell(service, told(at=at))
    found = summary(service, since="2026-11-01", until="2026-11-20")
    assert found["outcomes"]["overridden"] == 2
    assert summary(service, until="2026-10-31")["outcomes"]["overridden"] == 1
    assert [one["month"] for one in summary(service)["months"]] == ["2026-10", "2026-11"]


def test_a_summary_that_was_seen_already_is_not_sent_again(service):
    tag = service.ask("GET", SUMMARY).headers["etag"]
    assert service.ask("GET", SUMMARY, headers={"if-none-match": tag}).status_code == 304


@pytest.mark.parametrize(
    "asked", [{"since": "yesterday"}, {"since": "2026-11-02", "until": "2026-11-01"}, {"day": "x"}]
)
def test_a_summary_of_days_that_are_none_is_refused(service, asked):
    answer = service.ask("GET", SUMMARY, params=asked)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/validation-error")


@pytest.mark.parametrize(
    ("feedback", "place"),
    [
        ([], "feedback"),
        ([told(card="no-uuid")], "feedback[0].card"),
        ([told(), told(outcome="ignored")], "feedback[1].outcome"),
        ([told(at="yesterday")], "feedback[0].outcomeTimestamp"),
        ([told(at="2199-01-01T00:00:00Z")], "feedback[0].outcomeTimestamp"),
        ([told(at="2026-11-20T10:00:00")], "feedback[0].outcomeTimestamp"),
        (
            [told(overrideReason={"reason": {"code": "x" * 65}})],
            "feedback[0].overrideReason.reason.code",
        ),
        ([told(overrideReason={"reason": {}})], "feedback[0].overrideReason.reason.code"),
        (5, "feedback"),
    ],
)
def test_feedback_that_is_none_is_refused_at_its_element(service, feedback, place):
    answer = service.ask("POST", PLACE, json={"feedback": feedback})
    assert place in {told_place for told_place, _ in issues(answer, 422)}


def test_what_the_standard_may_add_is_ignored(service):
    extended = told(extension={"com.example": 1}, newer=[1])
    answer = service.ask("POST", PLACE, json={"feedback": [extended], "extension": {}})
    assert answer.status_code == 200


def test_whoever_is_not_let_in_is_told_nothing(service):
    answer = service.ask("POST", PLACE, by=None, json={"feedback": [told()]})
    assert (answer.status_code, answer.content) == (401, b"")


def test_taking_in_feedback_is_an_event(service):
    tell(service, told(), told())
    events = service.ask("GET", "/v1/audit", by=("North", "admin")).json()["items"]
    assert [(one["action"], one["count"]) for one in events] == [("keep_card_feedback", 2)]


def test_cards_are_counted_by_what_they_are(settings):
    keys = make_keys(settings)
    with open_service(settings) as client:
        running = Service(client, keys)
        for results in ([a_result()], [a_result()], [a_result(5000)], [], [a_result(500)]):
            ask(running, a_call(*results))
        ask(running, a_call(a_result()), by=("South", "viewer"))
        the_card(ask(running, a_call(a_result(5000))))
        assert ask(running, a_call(prefetch={})).status_code == 412
    with open_service(settings) as client:
        running = Service(client, keys)
        assert summary(running)["cards"] == {"info": 3, "warning": 2, "none": 1}
        assert summary(running, by=("South", "viewer"))["cards"]["info"] == 1
        assert summary(running, until="2020-01-01")["cards"]["info"] == 0


@pytest.fixture
async def north(settings):
    """Open a database with the clinic North: its engine and the clinic's id."""
    await asyncio.to_thread(make_keys, settings)
    engine = open_engine(settings)
    async with engine.connect() as connection:
        query = text("SELECT id FROM clinic WHERE name = 'North'")
        clinic_id = str((await connection.execute(query)).scalar_one())
    yield engine, str(UUID(clinic_id))
    await engine.dispose()


async def counted(engine, clinic_id):
    async with clinic_transaction(engine, clinic_id, writes=False) as connection:
        found = await CdsFeedbackRepository(connection, clinic_id).summarise(None, None)
    return {one.what: one.count for one in found.given}


async def test_counts_are_written_now_and_then_and_never_in_the_way(north):
    engine, clinic_id = north
    counts = CardCounts(engine, every_seconds=0.05)
    for _ in range(50):
        counts.note(clinic_id, "info")
    assert await counted(engine, clinic_id) == {}
    deadline = asyncio.get_running_loop().time() + 10
    while await counted(engine, clinic_id) != {"info": 50}:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)
    counts.note(clinic_id, "none")
    await counts.finish()
    assert await counted(engine, clinic_id) == {"info": 50, "none": 1}


async def test_two_processes_add_to_the_same_count(north):
    engine, clinic_id = north
    both = [CardCounts(engine), CardCounts(engine)]
    for counts in both:
        for _ in range(3):
            counts.note(clinic_id, "warning")
    await asyncio.gather(*(counts.finish() for counts in both))
    assert await counted(engine, clinic_id) == {"warning": 6}


async def test_what_cannot_be_written_is_written_later(north, monkeypatch):
    engine, clinic_id = north
    counts = CardCounts(engine, every_seconds=0.01)
    with monkeypatch.context() as broken:

        def away(*_, **__):
            raise Unavailable("away")

        broken.setattr(count_cards, "clinic_transaction", away)
        counts.note(clinic_id, "info")
        await asyncio.sleep(0.1)
    counts.note(clinic_id, "info")
    await counts.finish()
    assert await counted(engine, clinic_id) == {"info": 2}
