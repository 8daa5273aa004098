"""Wherever a sentence states a size of the evidence, its interval stands beside it."""

import re
from dataclasses import replace

import pytest

from app.answers.phrases import LANGUAGES, phrases_for, phrases_in
from app.evidence.fitted_study import read_entry
from app.integrations.cds_hooks.card import card_of
from app.survival.estimate import Wishes
from tests.builders import (
    MIROCALS,
    TOPLINE,
    a_document,
    a_question,
    a_ratio,
    a_study_in_which_the_low_stratum_has,
)
from tests.fitted import a_fitted_content

STUDIES = {"trial": MIROCALS, "press": TOPLINE, "own": read_entry(a_fitted_content()).study}
LEVELS = ["600", "740", "760", "1500", "3600", "3800", "9000"]
LANGUAGE = pytest.mark.parametrize("language", LANGUAGES)
STUDY = pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
LEVEL = pytest.mark.parametrize("level", LEVELS)

RATIO = re.compile(
    r"(?:hazard ratio|rapport des risques instantanés)(?: \(hazard ratio\))?.*?\d+[.,]\d\d\b",
    re.IGNORECASE,
)
"""A hazard ratio by its name, up to its number: the first with two decimals."""

INTERVAL = re.compile(
    r" \((?:(?:95 % CI |IC à 95 % : )?[\d.,]+ (?:to|à) [\d.,]+(?:, p = [\d.,e-]+)?"
    r"|no interval published|sans intervalle publié)\)"
)
BRACKETS = re.compile(r"\([^()]*\)")
NO_SIZE = re.compile(
    r"\d+-\d+( %)?|95 % (?:CI|band)|à 95 %|9 % (?:of patients|des patients)|interleukine?-2"
)
"""Numbers that are no sizes of an effect: ranges of their own, levels of confidence, shares."""

SIZE = re.compile(
    r"\d+ %(?: lower| higher| plus bas| plus élevé)?|[+-]\d+(?: points| days with '?\w*'?)?"
)
"""A percentage, or a difference with its sign, each with its unit."""


def document_at(level, study, language):
    wishes = Wishes(alive_at=100.0, extrapolate=True)
    return a_document(a_question(level, wishes=wishes), study, language=language)


def sentences_of(document):
    """Give every sentence that an answer is told in, and every cell of its table."""
    told = document["presentation"]
    yield from told["clinician"] + told["lay"]
    for row in told["table"]:
        yield from (f"{row['label']} {row[cell]}" for cell in ("placebo", "il2ld", "difference"))
    yield from (warning["message"] for warning in document["warnings"])
    yield from (notice["text"] for notice in document["notices"])


def near_cut_point(document):
    warnings = {one["code"]: one["message"] for one in document["warnings"]}
    return warnings.get("near_cut_point", "")


@LANGUAGE
@STUDY
@LEVEL
def test_an_interval_follows_every_hazard_ratio(language, study, level):
    sentences = [*sentences_of(document_at(level, study, language))]
    after = [sentence[at.end() :] for sentence in sentences for at in RATIO.finditer(sentence)]
    assert len(after) >= 2
    assert [rest for rest in after if not INTERVAL.match(rest)] == []


@LANGUAGE
@STUDY
@LEVEL
def test_an_interval_follows_every_percentage_and_difference(language, study, level):
    told = document_at(level, study, language)["presentation"]
    for sentence in told["clinician"]:
        plain = NO_SIZE.sub("", BRACKETS.sub("()", sentence))
        after = [plain[size.end() :] for size in SIZE.finditer(plain)]
        assert [rest for rest in after if not rest.startswith(" ()")] == []


@LANGUAGE
@STUDY
@LEVEL
def test_an_interval_follows_every_count_that_a_lay_reader_is_given(language, study, level):
    lay = " ".join(document_at(level, study, language)["presentation"]["lay"])
    counts = re.findall(r"(?:about|environ) \d+(.{4})", lay)
    assert all(re.match(r" \(\d", rest) for rest in counts)
    assert len(counts) == (2 if study.is_own_cohort or "21" in lay else 0)


@LANGUAGE
@pytest.mark.parametrize(
    ("level", "ratio", "limits"),
    [
        ("740", "0.52", ("0.30", "0.89")),
        ("760", None, None),
        ("1500", None, None),
        ("3600", "1.37", ("0.68", "2.75")),
        ("3800", "0.52", ("0.30", "0.89")),
    ],
)
def test_near_a_cut_point_the_neighbour_is_told_with_its_interval(language, level, ratio, limits):
    near = near_cut_point(document_at(level, MIROCALS, language)).replace(",", ".")
    assert bool(near) == (level != "1500")
    if ratio is None:
        assert not RATIO.search(near)
        return
    between = "{} to {}" if language == "en" else "{} à {}"
    assert f"{ratio} (" in near
    assert f" {between.format(*limits)})" in near


@LANGUAGE
def test_the_neighbour_of_a_press_figure_is_told_to_have_no_interval(language):
    near = near_cut_point(document_at("3800", TOPLINE, language))
    assert phrases_in(language).say("words", "no_interval") in near


@LANGUAGE
def test_the_level_of_an_interval_is_that_of_the_ratio(language):
    study = a_study_in_which_the_low_stratum_has(replace(a_ratio(), level=0.9))
    near = near_cut_point(document_at("3800", study, language))
    effect = document_at("1500", study, language)["presentation"]["clinician"][0]
    assert "90 %" in near
    assert effect.count("90 %") == 2
    assert "95 %" not in near + effect


@LANGUAGE
def test_a_ratio_without_a_p_value_keeps_its_interval(language):
    study = a_study_in_which_the_low_stratum_has(a_ratio(p_value=None))
    effect = document_at("1500", study, language)["presentation"]["clinician"][0]
    assert "95 %" in effect
    assert "p = " not in effect


@LANGUAGE
@LEVEL
def test_a_card_states_no_ratio_without_an_interval_and_no_silence_as_a_result(language, level):
    document = document_at(level, MIROCALS, language)
    summary = card_of(document, phrases_in(language), "a-uuid", "https://a.example")["summary"]
    ratio = RATIO.search(summary)
    if document["treatment_effect"]:
        assert INTERVAL.match(summary[ratio.end() :])
        return
    assert ratio is None
    assert re.search(r"no result .* no estimate|aucun résultat .* aucune estimation", summary)
    assert not re.search("no effect|aucun effet", summary)


@LANGUAGE
@STUDY
@LEVEL
def test_no_capital_follows_a_colon_within_a_sentence(language, study, level):
    sentences = [*sentences_of(document_at(level, study, language))]
    assert [one for one in sentences if re.search(r": [A-ZÀ-Þ][a-zß-ÿ' ]", one)] == []


@LANGUAGE
@STUDY
def test_every_reason_can_be_told_after_a_colon(language, study):
    reasons = phrases_for(study, language).book["reasons"].values()
    assert [reason for reason in reasons if not re.match(r"[A-ZÀ-Þ][a-zß-ÿ']", reason)] == []


@STUDY
def test_the_french_book_speaks_of_hazards_and_of_one_gender(study):
    book = str(phrases_for(study, "fr").book)
    assert not re.search(r"rapports? de risques?\b|\bla pNFH|préjudice", book, re.IGNORECASE)
