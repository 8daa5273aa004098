"""A clinic's own cohort is never spoken of as a trial, in any language and at any level."""

import re
from typing import get_args

import pytest

from app.answers.phrases import LANGUAGES, phrases_for, phrases_in
from app.evidence.file_format import NoEstimate
from app.evidence.fitted_document import NOTICES, SYNTHETIC
from app.evidence.fitted_study import read_entry
from tests.builders import MIROCALS, a_document, a_question
from tests.fitted import a_fitted_content

STUDY = read_entry(a_fitted_content()).study
LANGUAGE = pytest.mark.parametrize("language", LANGUAGES)
OF_A_TRIAL = re.compile(
    r"the trial|whole trial|l'essai|essai entier|randomisation|placebo|interleukin-2 (?!is)|"
    r"interleukine-2 (?!n'est)|stratified by pNFH",
    re.IGNORECASE,
)  # fmt: skip


def words_of(document):
    """Give every sentence of an answer."""
    told = document["presentation"]
    yield from told["clinician"] + told["lay"]
    yield from (row["label"] for row in told["table"])
    yield from (warning["message"] for warning in document["warnings"])
    yield from (notice["text"] for notice in document["notices"])
    yield document["context"]["whole_trial"]["note"]
    for block in ("conditional", "extrapolated"):
        found = (document["survival_curves"] or {}).get(block, {})
        yield found.get("meaning") or found.get("assumption") or ""


@LANGUAGE
@pytest.mark.parametrize("level", ["500", "740", "1500", "3690", "5000", "9000"])
def test_no_sentence_speaks_of_a_trial_or_its_arms(language, level):
    document = a_document(a_question(level), STUDY, language=language)
    sentences = [*words_of(document)]
    assert len(sentences) > 10
    assert [sentence for sentence in sentences if OF_A_TRIAL.search(sentence)] == []


@LANGUAGE
def test_every_answer_names_its_own_arms(language):
    said = " ".join(words_of(a_document(a_question(), STUDY, language=language)))
    assert "'none'" in said
    assert "'il2ld'" in said


@LANGUAGE
def test_the_published_trial_is_spoken_of_as_before(language):
    assert phrases_for(MIROCALS, language) is phrases_in(language)


@LANGUAGE
def test_every_notice_and_reason_of_its_own_has_words(language):
    phrases = phrases_for(STUDY, language)
    assert all(phrases.notice(code) for code in (*NOTICES, *SYNTHETIC))
    assert all(phrases.reason(code) for code in get_args(NoEstimate))


def test_both_languages_say_otherwise_in_the_same_places():
    english, french = (phrases_for(STUDY, language).book for language in LANGUAGES)
    plain = phrases_in("en").book
    changed = [
        {(part, key) for part in book if isinstance(book[part], dict) for key in book[part]}
        for book in (english, french)
    ]
    assert changed[0] == changed[1]
    assert english["notices"]["curves_modelled"] != plain["notices"]["curves_modelled"]


def test_a_fitted_p_value_is_told_to_two_digits():
    assert phrases_for(STUDY, "en").p_value(0.0123456) == "0.012"
    assert phrases_for(STUDY, "fr").p_value(8.97e-06) == "9e-06"
    assert phrases_in("en").p_value(0.0123456) == "0.0123456"
