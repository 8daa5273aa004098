"""The laws of an answer, whatever is asked."""

import re
from collections import Counter
from dataclasses import replace
from functools import cache
from math import isfinite

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.answers.answer import Answers, Manner
from app.answers.lines import LineWriter
from app.schemas.strict_json import parse_json
from app.survival.estimate import Question, Wishes
from app.survival.level import FACTORS, parse_level
from tests.builders import STUDIES, a_question
from tests.properties.strategies import (
    amounts,
    levels,
    manners,
    questions,
    studies,
    wishes,
    written,
)

KEPT = Answers("0")
some = settings(max_examples=60)
details = st.sampled_from(["full", "summary", "group"])
SIZES = {
    "hazard_ratio", "risk_change_percent", "survival_difference", "number_needed_to_treat",
    "rmst_difference", "continuous", "interaction", "survival_curves", "context",
    "treatment_effect",
}  # fmt: skip

# A level of every kind that an answer's words and parts depend on.
EVERYTHING = Wishes((90.0, 640.0, 730.0), 90.0, extrapolate=True)
EACH_KIND = [
    a_question(value, comparator=comparator, wishes=EVERYTHING)
    for value, comparator in [
        ("500", None), ("740", None), ("760", None), ("1500", None), ("3650", None),
        ("3710", None), ("5500", None), ("9000", None), ("750", "<"), ("800", "<"),
        ("3699", ">"), ("3700", ">"),
    ]
]  # fmt: skip


def str_of(question):
    return f"{question.level.comparator or ''}{question.level.text}"


def document_of(question, study, manner):
    return KEPT.document(question, STUDIES[study], manner)


def answer_to(question, study, manner):
    return KEPT.give(question, STUDIES[study], manner)


@cache
def plain_document(question, study, manner):
    return orjson.loads(orjson.dumps(document_of(question, study, manner)))


def parts_of(document, path=()):
    """Give every value in a document with the path to it."""
    yield path, document
    items = document.items() if isinstance(document, dict) else ()
    for key, part in enumerate(document) if isinstance(document, list) else items:
        yield from parts_of(part, (*path, key))


@some
@given(questions, studies, manners)
def test_the_bytes_of_an_answer_are_those_of_its_document(question, study, manner):
    document = document_of(question, study, manner)
    assert answer_to(question, study, manner).body == orjson.dumps(document)


@some
@given(questions, questions, studies, manners)
def test_two_answers_have_the_same_tag_exactly_when_they_are_the_same_bytes(
    one, other, study, manner
):
    here, there = answer_to(one, study, manner), answer_to(other, study, manner)
    assert (here.etag == there.etag) == (here.body == there.body)
    assert answer_to(one, study, manner) == here


@some
@given(questions, studies, manners)
def test_no_number_of_an_answer_is_nan_or_infinite(question, study, manner):
    document = document_of(question, study, manner)  # JSON would show NaN as null
    numbers = [part for _, part in parts_of(document) if isinstance(part, float)]
    assert all(isfinite(number) for number in numbers)


@given(amounts, studies, manners)
def test_every_unit_gives_the_same_answer_but_for_what_was_given(amount, study, manner):
    answers = set()
    for unit in FACTORS:
        question = Question(parse_level(written(amount, unit), unit))
        document = plain_document(question, study, manner)
        given_input = document.get("input", {}).pop("given", None)
        assert given_input is None or given_input["unit"] == unit
        answers.add(orjson.dumps(document))
        plain_document.cache_clear()
    assert len(answers) == 1


@pytest.mark.parametrize("question", EACH_KIND, ids=str_of)
@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize(
    ("part", "detail"),
    [
        ("estimate", "full"), ("estimate", "summary"), ("stratum", "full"),
        ("treatment_effect", "full"), ("survival_curves", "full"),
    ],
)  # fmt: skip
def test_the_primary_result_stands_in_every_answer_but_that_for_a_group(
    question, study, part, detail
):
    document = plain_document(question, study, Manner(part, detail))
    whole = document["context"]["whole_trial"]
    assert (whole["hazard_ratio"]["value"], whole["hazard_ratio"]["p_value"]) == (0.81, 0.33)
    assert whole["note"]


@pytest.mark.parametrize("question", EACH_KIND, ids=str_of)
@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_answer_for_a_group_holds_no_size_of_an_effect(question, study, language):
    document = plain_document(question, study, Manner("estimate", "group", language))
    keys = {key for path, _ in parts_of(document) for key in path}
    assert not keys & SIZES
    told = " ".join(document["presentation"]["clinician"] + document["presentation"]["lay"])
    label = document["stratum"]["label"] if document["stratum"] else ""
    assert not re.findall(r"\d", told.replace(label, ""))
    assert document["presentation"]["table"] == []


NUMBERED = ("published", "derived", "modelled")


def unfounded(document, founded=False, path=()):
    """Find the parts that state numbers of a kind, with no source or basis on or above them."""
    parts = document.items() if isinstance(document, dict) else enumerate(document)
    if isinstance(document, dict):
        founded = founded or bool(document.get("source") or document.get("basis"))
        stated = any(type(part) in (int, float) for part in document.values())
        if stated and not founded and document.get("kind") in NUMBERED:
            yield path
    for key, part in parts:
        if isinstance(part, dict | list):
            yield from unfounded(part, founded, (*path, key))


@pytest.mark.parametrize("question", EACH_KIND, ids=str_of)
@pytest.mark.parametrize("detail", ["full", "summary", "group"])
@pytest.mark.parametrize("study", STUDIES)
def test_every_number_of_a_kind_has_a_source_or_a_basis(question, detail, study):
    assert list(unfounded(plain_document(question, study, Manner(detail=detail)))) == []


@some
@given(questions, studies, details)
def test_nothing_past_follow_up_is_given_unless_asked(question, study, detail):
    document = plain_document(question, study, Manner(detail=detail))
    beyond = {
        path
        for path, part in parts_of(document)
        if path[-1:] == ("time",)
        and isinstance(part, int | float)
        and part > STUDIES[study].horizon
    }
    assert all(path[:2] == ("survival_curves", "extrapolated") for path in beyond)
    curves = document.get("survival_curves") or {}
    assert ("extrapolated" in curves) == (bool(curves) and question.wishes.extrapolate)
    assert ("conditional" in curves) == (bool(curves) and question.wishes.alive_at is not None)


@pytest.mark.parametrize("question", EACH_KIND, ids=str_of)
@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize("detail", ["full", "summary", "group"])
def test_a_language_changes_words_and_no_number_or_code(question, study, detail):
    english, french = (
        plain_document(question, study, Manner("estimate", detail, language))
        for language in ("en", "fr")
    )
    assert without_words(english) == without_words(french)


WORDS = {"label", "message", "text", "note", "rule", "meaning", "assumption", "reason"}


def without_words(document):
    """Leave out what is written for a reader; a reason's code stays."""
    return {
        path: part
        for path, part in parts_of(document)
        if not isinstance(part, dict | list)
        and "presentation" not in path
        and (path[-1] not in WORDS or part is None)
    }


@some
@given(levels(), st.booleans(), studies)
def test_the_status_agrees_with_what_is_given(level, unit_assumed, study):
    document = plain_document(Question(level, unit_assumed), study, Manner())
    status = document["status"]
    assert (status == "estimate") == (document["reason"] is None)
    assert (status == "estimate") == (document["treatment_effect"] is not None)
    assert (status == "indeterminate") == ("possible_strata" in document)
    assert (status == "indeterminate") == (document["stratum"] is None)
    codes = Counter(warning["code"] for warning in document["warnings"])
    assert codes["unit_assumed"] == unit_assumed
    assert set(codes.values()) <= {1}


@some
@given(levels(), studies)
def test_the_pooled_press_figure_stands_beside_every_level_that_may_lie_in_the_pool(level, study):
    document = plain_document(Question(level), study, Manner())
    assert ("pooled_lower_group" in document["context"]) == may_be_at_most(3700, level)


def may_be_at_most(cut, level):
    if level.comparator == ">":
        return level.value < cut
    return level.comparator in ("<", "<=") or level.value <= cut


@given(st.lists(st.floats(0, 640), min_size=1, max_size=5, unique=True))
def test_the_times_asked_for_are_the_rows_and_the_grid_stays(times):
    wanted = tuple(sorted(times))
    document = plain_document(a_question(wishes=Wishes(wanted)), "mirocals-2025", Manner())
    for arm in document["survival_curves"]["arms"]:
        assert [row["time"] for row in arm["survival_at"]] == list(wanted)
        assert arm["time"] == list(range(0, 641, 5))
    assert [row["time"] for row in document["treatment_effect"]["differences_at"]] == list(wanted)


def answer_one(study, manner, wished):
    """Answer a line the slow way: read it, ask, and put its name in front."""

    def answer(line):
        raw = parse_json(line)
        level = parse_level(str(raw["pnfh"]["value"]), raw["pnfh"]["unit"])
        body = answer_to(Question(level, wishes=wished), study, manner).body
        return b'{"ref":%b,%b\n' % (orjson.dumps(raw["ref"]), body[1:])

    return answer


def refuse(line):
    pytest.fail(f"{line} was not answered by columns")


MEMBERS = {"ref", "pnfh", "value", "unit"}  # counted to see that none is given twice
names = st.text(
    st.characters(codec="ascii", exclude_characters='"\\', min_codepoint=32), max_size=9
).filter(lambda name: name not in MEMBERS)
usual_numbers = st.from_regex(r"\A[1-9][0-9]{0,5}(\.[0-9]{1,6})?\Z").filter(
    lambda text: float(text) not in (750, 3700)
)


@some
@given(st.lists(st.tuples(names, usual_numbers), min_size=1, max_size=8), studies, manners, wishes)
def test_levels_answered_by_columns_have_the_bytes_of_levels_answered_alone(
    items, study, manner, wished
):
    manner = replace(manner, part="estimate")
    lines = [
        b'{"ref":%b,"pnfh":{"value":%b,"unit":"pg/mL"}}' % (orjson.dumps(name), number.encode())
        for name, number in items
    ]
    alone = answer_one(study, manner, wished)
    writer = LineWriter(STUDIES[study], wished, manner, KEPT, refuse)
    assert writer.answer(b"\n".join(lines) + b"\n") == b"".join(map(alone, lines))


EVERY_COLUMN = [
    *(f"{level}" for level in range(37, 10_000, 149)),
    *(f"{cut + hair:.6f}" for cut in (750, 3700, 6000) for hair in (-1e-6, 1e-6)),
    "6000", "591.4", "591.3", "951.1", "951.2", "2917.5", "2917.6", "4692.3", "4692.4",
    "0.000001", "1000000", "1000000.000000",
]  # fmt: skip


@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize("detail", ["summary", "group"])
def test_columns_and_single_answers_agree_on_either_side_of_every_limit(study, detail):
    manner = Manner(detail=detail)
    lines = [b'{"ref":"a","pnfh":{"value":%b,"unit":"pg/mL"}}' % n.encode() for n in EVERY_COLUMN]
    alone = answer_one(study, manner, Wishes())
    writer = LineWriter(STUDIES[study], Wishes(), manner, KEPT, refuse)
    assert writer.answer(b"\n".join(lines)) == b"".join(map(alone, lines))
