"""Finished JSON with gaps gives the bytes of the whole document."""

import orjson
import pytest

from app.answers import answer
from app.answers.answer import Answers, Manner
from app.answers.splice import cut
from app.survival.estimate import Wishes
from tests.builders import MIROCALS, a_question

DOCUMENT = {"a": 1, "b": {"c": [{"d": 2}, {"d": 3}], "e": None}, "f": "text"}
A, SECOND, EMPTY, ABSENT = ("a",), ("b", "c", 1, "d"), ("b", "e"), ("b", "x", "y")


def test_a_document_filled_with_its_own_values_is_itself():
    splice = cut(DOCUMENT, (SECOND, A))
    assert splice.fill({A: b"1", SECOND: b"3"}) == orjson.dumps(DOCUMENT)


def test_gaps_are_filled_where_they_stand_whatever_order_they_were_named_in():
    splice = cut(DOCUMENT, (SECOND, A))
    assert splice.gaps == (A, SECOND)
    filled = orjson.loads(splice.fill({A: b"10", SECOND: b"30"}))
    assert filled == {"a": 10, "b": {"c": [{"d": 2}, {"d": 30}], "e": None}, "f": "text"}


@pytest.mark.parametrize("gap", [EMPTY, ABSENT, ("b", "c", 9, "d"), ("a", 0), ("b", "c", "d")])
def test_what_is_null_or_absent_is_no_gap(gap):
    assert cut(DOCUMENT, (gap,)).gaps == ()


def test_many_documents_are_those_filled_one_by_one():
    splice = cut(DOCUMENT, (A, SECOND))
    columns = {A: [b"1", b"2"], SECOND: [b"3", b"4"]}
    one_by_one = [splice.fill({A: a, SECOND: d}) for a, d in ((b"1", b"3"), (b"2", b"4"))]
    assert [b"".join(parts) for parts in splice.fill_many(columns)] == one_by_one


def test_a_line_has_one_more_member_in_front_and_an_end():
    line = cut(DOCUMENT, (A,)).as_line(("ref",)).fill({("ref",): b'"x"', A: b"1"})
    assert line == orjson.dumps({"ref": "x"} | DOCUMENT) + b"\n"


def test_a_tag_changes_with_a_value_and_with_a_fixed_piece():
    one, other = cut(DOCUMENT, (A,)), cut(DOCUMENT | {"f": "other"}, (A,))
    tags = {one.etag({A: b"1"}), one.etag({A: b"2"}), other.etag({A: b"1"})}
    assert len(tags) == 3
    assert one.etag({A: b"1"}) == cut(DOCUMENT, (A,)).etag({A: b"1"})


def test_a_tag_is_a_strong_entity_tag():
    tag = cut(DOCUMENT, ()).etag({})
    assert tag.startswith('"')
    assert tag.endswith('"')
    assert tag[1:-1].isalnum()


def test_answers_keep_only_so_many_kinds_and_stay_right(monkeypatch):
    monkeypatch.setattr(answer, "KEPT", 2)
    answers = Answers("0")
    for day in (10.0, 20.0, 30.0, 10.0):
        question = a_question(wishes=Wishes((day,)))
        document = answers.document(question, MIROCALS, Manner())
        assert answers.give(question, MIROCALS, Manner()).body == orjson.dumps(document)
    assert len(answers._kept) == 2


def test_an_answer_names_the_service_that_gave_it():
    body = Answers("1.2.3").give(a_question(), MIROCALS, Manner()).body
    assert orjson.loads(body)["service"] == {"version": "1.2.3"}
