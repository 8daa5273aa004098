"""The card says what the answer document says: the same numbers, the same words, nothing else."""

import re
from datetime import date

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.answers.answer import Answers, Manner
from app.answers.phrases import LANGUAGES, phrases_in
from app.integrations.cds_hooks.card import (
    LONGEST_SUMMARY,
    Sample,
    card_of,
    indicator_of,
    without_nothing,
)
from app.integrations.cds_hooks.markdown import bullets, plain, table
from app.integrations.cds_hooks.reasons import CODES
from app.survival.applicability import Facts
from app.survival.estimate import Question
from app.use_cases.estimates.give_estimate import give_estimate
from tests.builders import LIBRARY, a_level

ANSWERS = Answers("0.1.0")
BASE = "https://neurostrata.example"
NUMBERS = "urn:neurostrata:estimate"
MARKDOWN = MarkdownIt("commonmark").enable("table")

levels = st.one_of(
    st.decimals(min_value="0.001", max_value=1_000_000, places=3).map(str),
    st.sampled_from(["749.999999999999999999", "750", "3700", "3700.0000000000001", "1e-290"]),
)
comparators = st.sampled_from([None, None, "<", "<=", ">", ">="])
ages = st.one_of(st.none(), st.integers(0, 110).map(float))
texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t#-+=*_`<>[]|&!:~1.) "),
    max_size=60,
)


def document_of(question, language="en"):
    manner = Manner("estimate", "summary", language)
    answer = give_estimate(question, "mirocals-2025", manner, library=LIBRARY, answers=ANSWERS)
    return orjson.loads(answer.body)


def a_card(value="1500", comparator=None, language="en", sampled=None, **facts):
    question = Question(a_level(value, comparator=comparator), facts=Facts(**facts))
    document = document_of(question, language)
    return document, card_of(document, phrases_in(language), "a-uuid", BASE, Sample(sampled))


def summary_of(value, language="en"):
    level = a_level(value)
    document = document_of(Question(level), language)
    document["input"]["used"]["value"] = level.value
    return card_of(document, phrases_in(language), "a-uuid", BASE)["summary"]


def leaves(value):
    if isinstance(value, dict):
        return [leaf for inner in (*value, *value.values()) for leaf in leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner)]
    return [value]


@given(levels, comparators, st.sampled_from(LANGUAGES), ages)
def test_no_member_of_a_card_is_null_or_empty_and_its_summary_is_short(value, bound, language, age):
    _, card = a_card(value, bound, language, age=age)
    assert without_nothing(card) == card
    assert None not in leaves(card)
    assert 0 < len(card["summary"]) <= LONGEST_SUMMARY < 140
    assert card["indicator"] in {"info", "warning"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_level_leaves_room_to_say_that_there_is_no_estimate(language):
    _, card = a_card("1.23456789012345678e-290", "<=", language)
    assert "…" in card["summary"]
    assert len(card["summary"]) <= LONGEST_SUMMARY


@given(levels, comparators, st.sampled_from(LANGUAGES), ages)
def test_the_numbers_of_a_card_are_those_of_the_answer(value, bound, language, age):
    document, card = a_card(value, bound, language, age=age)
    told = card["extension"][NUMBERS]
    effect, curves = document["treatment_effect"], document["survival_curves"]
    assert told["input"] == document["input"]
    assert told["status"] == document["status"]
    assert told["applicability"] == document["applicability"]["grade"]
    whole = document["context"]["whole_trial"]["hazard_ratio"]
    assert told["whole_trial"]["hazard_ratio"].items() <= whole.items()
    if effect is None:
        assert "hazard_ratio" not in told
        assert "survival_at" not in told
        return
    ratio = effect["hazard_ratio"]
    limits = {name: ratio[name] for name in ("value", "lower", "upper", "level")}
    assert limits.items() <= told["hazard_ratio"].items()
    rows = [
        {"arm": arm["id"], "kind": arm["kind"], "level": arm["level"], **row}
        for arm in curves["arms"]
        for row in arm["survival_at"]
    ]
    assert told["survival_at"] == rows


@pytest.mark.parametrize("value", ["1500", "5000"])
@pytest.mark.parametrize(("language", "sign", "to"), [("en", ".", "to"), ("fr", ",", "à")])
def test_the_summary_has_the_ratio_with_its_interval(value, language, sign, to):
    document, card = a_card(value, language=language)
    ratio = document["treatment_effect"]["hazard_ratio"]
    shown = [f"{ratio[name]:.2f}".replace(".", sign) for name in ("value", "lower", "upper")]
    assert f"{shown[0]} ({shown[1]} {to} {shown[2]})" in card["summary"]
    assert f"{value} pg/mL" in card["summary"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("value", "comparator"), [("1500", None), ("500", None), ("5000", None), ("1500", "<")]
)
def test_every_card_tells_the_primary_result_and_every_notice(value, comparator, language):
    document, card = a_card(value, comparator, language)
    shown = " ".join(shown_text(MARKDOWN.parse(card["detail"])))
    for sentence in (
        *document["presentation"]["clinician"],
        *(notice["text"] for notice in document["notices"]),
        *(warning["message"] for warning in document["warnings"]),
    ):
        assert sentence in shown
    assert re.search(r"0[.,]81 .*0[.,]54 .*1[.,]22", shown)


def test_a_criterion_that_is_not_met_is_named():
    _, card = a_card(age=80.0)
    heading = phrases_in("en").say("card", "criteria_not_met")
    after = card["detail"].partition(heading)[2]
    assert after.lstrip("*\n").startswith("- age 18 to under 76 years")


@pytest.mark.parametrize(
    ("value", "indicator"), [("1500", "info"), ("500", "info"), ("5000", "warning")]
)
def test_a_card_warns_where_more_died_with_the_treatment(value, indicator):
    document, card = a_card(value)
    assert card["indicator"] == indicator_of(document) == indicator


def test_a_card_suggests_nothing_and_acts_on_nothing():
    _, card = a_card()
    assert not card.keys() & {"suggestions", "selectionBehavior", "systemActions"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_to_set_a_card_aside_has_its_words(language):
    _, card = a_card(language=language)
    assert [reason["code"] for reason in card["overrideReasons"]] == list(CODES)
    assert all(reason["display"] for reason in card["overrideReasons"])


def test_the_links_are_absolute():
    document, card = a_card()
    assert {link["type"] for link in card["links"]} == {"absolute"}
    assert card["links"][0]["url"] == f"{BASE}/v1/evidence/{document['evidence']['id']}"
    assert all(re.match(r"https://[^ ()]+$", link["url"]) for link in card["links"])


def test_what_is_nothing_is_left_out_and_what_is_zero_is_not():
    given_ = {"a": None, "b": "", "c": [], "d": {"e": None}, "f": 0, "g": False, "h": [None, 0]}
    assert without_nothing(given_) == {"f": 0, "g": False, "h": [0]}


def shown_text(tokens):
    """What a reader sees of each piece of text, without any markup."""
    for token in tokens:
        if token.type == "inline":
            yield "".join(
                child.content if child.type == "text" else f"<{child.type}>"
                for child in token.children
                if child.type not in {"strong_open", "strong_close"}
                and not (child.type == "text" and not child.content)
            )


@given(texts)
def test_a_text_in_a_list_reads_as_it_was_written(text):
    seen = list(shown_text(MARKDOWN.parse(bullets([text]))))
    assert seen == ([" ".join(text.split())] if text.split() else [])


@given(texts, texts)
def test_a_text_in_a_table_reads_as_it_was_written(text, other):
    written = table(["a", "b"], [[text, other]])
    assert list(shown_text(MARKDOWN.parse(written)))[2:] == [
        " ".join(each.split()) for each in (text, other)
    ]


@pytest.mark.parametrize("text", ["https://x.example/a", "WWW.x.example", "a@x.example", "ftp://x"])
def test_nothing_becomes_a_link_by_itself(text):
    assert not re.search(r"://|www\.|@", plain(text), re.IGNORECASE)


@pytest.mark.parametrize(
    ("value", "language", "told"),
    [
        ("749.99999", "en", "CSF pNFH 749.99999 pg/mL (very low)"),
        ("749.99999", "fr", "pNFH du LCR 749,99999 pg/mL (très bas)"),
        ("749.999999999999999999", "en", "CSF pNFH 749.999999999999… pg/mL (very low)"),
        ("3700.0001", "en", "CSF pNFH 3700.0001 pg/mL (high)"),
        ("999999.99999999", "en", "CSF pNFH 999999.99999999 pg/mL (high)"),
        ("1e-290", "en", "CSF pNFH 1E-290 pg/mL (very low)"),
        ("1500.000", "en", "CSF pNFH 1500 pg/mL (low)"),
    ],
)
def test_a_level_is_told_with_its_own_digits_and_never_on_the_other_side(value, language, told):
    assert summary_of(value, language).startswith(told)


@pytest.mark.parametrize(
    ("language", "dated", "undated"),
    [
        ("en", "The sample was taken on 2019-03-01.", "It is not known when"),
        ("fr", "L'échantillon a été prélevé le 2019-03-01.", "La date du prélèvement"),
    ],
)
def test_a_card_says_first_when_the_sample_was_taken(language, dated, undated):
    _, card = a_card(language=language, sampled=date(2019, 3, 1))
    assert next(shown_text(MARKDOWN.parse(card["detail"]))).startswith(dated)
    assert card["extension"][NUMBERS]["sampled"] == date(2019, 3, 1)
    _, card = a_card(language=language)
    assert next(shown_text(MARKDOWN.parse(card["detail"]))).startswith(undated)
    assert "sampled" not in card["extension"][NUMBERS]
