"""The phrase books: both languages say the same things, and say them of every code."""

from string import Formatter
from typing import get_args

import pytest

from app.answers.phrases import LANGUAGES, phrases_in
from app.survival.applicability import CHECKS
from app.survival.reading import Silence
from tests.builders import LIBRARY, MIROCALS, TOPLINE

EN, FR = phrases_in("en"), phrases_in("fr")
BOTH = pytest.mark.parametrize("phrases", [EN, FR], ids=LANGUAGES)
CAUTIONS = {
    "unit_assumed", "level_is_a_bound", "near_cut_point", "assay_cv_assumed",
    "no_interval_published", "no_survival_published", "one_ratio_per_stratum", "beyond_follow_up",
    "unlike_the_trial", "superseded",
}  # fmt: skip


def places(book):
    """Give every phrase by section and key, with the places that are to be filled in it."""
    return {
        (section, key): sorted({name for _, name, _, _ in Formatter().parse(text) if name})
        for section, phrases in book.items()
        if isinstance(phrases, dict)
        for key, text in phrases.items()
    }


def test_both_books_have_the_same_sections_keys_and_places():
    assert EN.book.keys() == FR.book.keys()
    assert places(EN.book) == places(FR.book)


@BOTH
def test_every_phrase_is_words(phrases):
    for section, key in places(phrases.book):
        assert phrases.book[section][key].strip()


def test_a_phrase_is_translated():
    same = [
        (section, key)
        for section, key in places(EN.book)
        if EN.book[section][key] == FR.book[section][key]
    ]
    # "{reason}" is nothing but a place; the head of a column is one word in both.
    assert same == [("clinician", "indeterminate"), ("card", "placebo")]


@BOTH
def test_every_notice_of_the_library_has_words(phrases):
    for entry in LIBRARY.entries.values():
        assert all(phrases.notice(code) for code in entry.file.notices)


@BOTH
def test_every_criterion_stratum_and_reason_has_words(phrases):
    strata = [*MIROCALS.strata, *TOPLINE.strata]
    assert all(phrases.criterion(code) for code in CHECKS)
    assert all(phrases.stratum(stratum) for stratum in strata)
    assert all(phrases.reason(s.refusal) for s in strata if s.refusal)
    assert all(phrases.reason(code) for code in (*get_args(Silence), "bound_spans_strata"))


@BOTH
def test_every_caution_has_words_and_no_words_are_left_over(phrases):
    assert phrases.book["warnings"].keys() == CAUTIONS


def test_a_stratum_is_named_with_its_cut_points():
    assert [EN.stratum(s) for s in MIROCALS.strata] == [
        "CSF pNFH below 750 pg/mL",
        "CSF pNFH from 750 to 3700 pg/mL",
        "CSF pNFH above 3700 pg/mL",
    ]


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (0.5, 0, "1"), (1.5, 0, "2"), (2.5, 0, "3"), (-0.5, 0, "-1"), (-2.5, 0, "-3"),
        (0.125, 2, "0.13"), (0.25, 1, "0.3"), (-0.25, 1, "-0.3"),
        (0.4999, 0, "0"), (-0.4999, 0, "0"), (99.96, 1, "100.0"), (0.04, 1, "0.0"),
        (5.3808, 1, "5.4"), (27.4591, 1, "27.5"), (0.52, 2, "0.52"), (0.3, 2, "0.30"),
        (1234567.0, 0, "1234567"),
    ],
)  # fmt: skip
def test_a_number_in_words_is_rounded_half_up_and_away_from_zero(value, places, text):
    assert EN.decimal(value, places) == text
    assert FR.decimal(value, places) == text.replace(".", ",")


@pytest.mark.parametrize(("value", "text"), [(0.016, "0.016"), (0.33, "0.33"), (180.0, "180")])
def test_a_published_number_keeps_its_digits(value, text):
    assert EN.printed(value) == text
    assert FR.printed(value) == text.replace(".", ",")
