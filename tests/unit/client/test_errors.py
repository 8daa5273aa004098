"""Problems become exceptions of a drawn tree, which say what the service said and nothing else."""

import re

import httpx
import pytest

from app.api.problems import KINDS
from app.client import errors
from app.client.errors import BY_SLUG, BY_STATUS, ClientError, Refused, Unreadable, class_of
from app.client.estimates import estimate
from app.client.patients import create_patient
from tests.unit.client.wire import KEY, problem

CALL = estimate("1500", "pg/mL")


def tree_of(kind):
    return {below for one in kind.__subclasses__() for below in (one, *tree_of(one))}


def test_the_drawn_tree_is_the_tree():
    drawn = re.findall(r"^ +[+·-] (\w+)", errors.__doc__, re.MULTILINE)
    assert sorted(drawn) == sorted(kind.__name__ for kind in tree_of(ClientError))


@pytest.mark.parametrize("slug", KINDS)
def test_every_problem_of_the_service_has_its_class(slug):
    status = KINDS[slug].status
    found = class_of(status, slug)
    assert found is not Refused or status in {405, 406, 408, 415}
    assert issubclass(found, BY_STATUS.get(status, Refused))


def test_no_class_waits_for_a_problem_that_the_service_does_not_have():
    assert set(BY_SLUG) <= set(KINDS)
    assert set(BY_STATUS) <= {kind.status for kind in KINDS.values()}


@pytest.mark.parametrize("slug", BY_SLUG)
def test_problems_of_one_status_are_told_apart_by_their_slug(wire, slug):
    with pytest.raises(BY_SLUG[slug]):
        wire.send(CALL, problem(422, slug))


@pytest.mark.parametrize(
    ("status", "name"),
    [(422, "InvalidRequest"), (418, "Refused"), (507, "ServiceFailed"), (404, "NotFound")],
)
def test_a_problem_of_a_newer_service_has_the_class_of_its_status(wire, status, name):
    with pytest.raises(Refused) as caught:
        wire.send(CALL, problem(status, "brand-new", added="later"))
    assert type(caught.value).__name__ == name
    assert caught.value.slug == "brand-new"


def test_an_exception_says_all_that_the_service_said(wire):
    fault = {"pointer": "/unit", "code": "unit_not_supported", "detail": "The unit must be …"}
    with pytest.raises(errors.UnitNotSupported) as caught:
        wire.send(CALL, problem(422, "unit-not-supported", errors=[fault]))
    told = caught.value
    assert (told.status, told.slug, told.detail) == (422, "unit-not-supported", "A detail.")
    assert told.request_id == "req-1"
    assert [(e.pointer, e.code, e.detail) for e in told.errors] == [tuple(fault.values())]
    assert str(told) == "unit-not-supported (422): A detail. [request req-1]"


@pytest.mark.parametrize(
    "heard",
    [
        httpx.Response(500, text="<html>Bad Gateway for SITE-0042</html>"),
        httpx.Response(400, json=["no", "object"]),
        httpx.Response(403, content=b"\xff\xfe"),
    ],
)
def test_what_is_no_problem_document_is_a_refusal_all_the_same(wire, heard):
    with pytest.raises(Refused) as caught:
        wire.send(CALL, heard)
    assert caught.value.slug is None
    assert "SITE-0042" not in str(caught.value)


@pytest.mark.parametrize(
    "heard",
    [
        httpx.Response(200, text="<html>SITE-0042</html>"),
        httpx.Response(200, json={"status": "SITE-0042"}),
        httpx.Response(302, headers={"location": "https://elsewhere.example/"}),
        httpx.Response(304),
    ],
)
def test_an_answer_of_somebody_else_is_unreadable_and_not_repeated(wire, heard):
    with pytest.raises(Unreadable) as caught:
        wire.send(CALL, heard)
    assert "SITE-0042" not in str(caught.value)
    assert len(wire.sent) == 1


def test_neither_key_nor_patient_is_in_what_is_shown_or_logged(wire, caplog):
    caplog.set_level("DEBUG", logger="neurostrata.client")
    call = create_patient({"identifier": "SITE-0042", "alsfrs_r": 41})
    with pytest.raises(errors.AnswerLost) as caught:
        wire.send(call, *[httpx.ReadTimeout("no")] * 5)
    shown = f"{caught.value!r} {caught.value} {call!r} {caplog.text}"
    assert "POST /v1/patients: ReadTimeout; again in" in shown
    assert not re.search(f"SITE-0042|41|{KEY}", re.sub(r"\d\.\d|\.py:\d+", "", shown))
