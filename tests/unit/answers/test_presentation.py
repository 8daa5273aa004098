"""The estimate in sentences: from unrounded numbers, and for harm in the words of benefit."""

import re

import pytest

from app.survival.applicability import Facts
from app.survival.estimate import Wishes
from tests.builders import (
    MIROCALS,
    TOPLINE,
    a_document,
    a_question,
    a_ratio,
    a_study_in_which_the_low_stratum_has,
)

BENEFIT = a_study_in_which_the_low_stratum_has(a_ratio(0.50, 0.30, 0.80, 0.01))
HARM = a_study_in_which_the_low_stratum_has(a_ratio(2.00, 1.30, 3.00, 0.01))


def told(value="1500", study=MIROCALS, reader="clinician", comparator=None, **manner):
    question = a_question(value, comparator=comparator)
    return a_document(question, study, **manner)["presentation"][reader]


def test_the_clinician_reads_of_the_low_stratum():
    words = told("1500")
    assert words[:5] == [
        (
            "CSF pNFH from 750 to 3700 pg/mL: hazard ratio of death with low-dose interleukin-2 "
            "against placebo 0.52 (95 % CI 0.30 to 0.89, p = 0.016). The rate of death was 48 % "
            "lower (95 % CI from 70 % lower to 11 % lower); that is not the change in the number "
            "of deaths."
        ),
        "The whole interval lies below 1.",
        (
            "p = 0.016: no correction for multiple comparisons is known, the trial was not "
            "stratified by pNFH, and how the cut points were chosen is not known."
        ),
        # 1 - 0.54 = 46 %, 1 - 0.725846 = 27 %; 0.185846 (0.036418 to 0.335275)
        (
            "Modelled deaths by day 640: 46 % (95 % CI 36 to 58) with placebo, 27 % (95 % CI 19 to "
            "39) with interleukin-2; difference in survival +19 points (95 % CI +4 to +34)."
        ),
        "Number needed to treat: 5.4 for one more alive (95 % CI 3.0 to 27.5).",
    ]
    assert words[-1].startswith("Primary result, whole trial: hazard ratio 0.81")


def test_the_clinician_reads_of_the_high_stratum():
    words = told("5000")
    assert words[1] == "The interval holds 1, so both benefit and harm are compatible with it."
    assert not any("multiple comparisons" in sentence for sentence in words)
    # 1 - 0.39 = 61 %, 1 - 0.275270 = 72 %; -0.114730 (-0.368628 to 0.138502)
    assert words[2:4] == [
        (
            "Modelled deaths by day 640: 61 % (95 % CI 37 to 85) with placebo, 72 % (95 % CI 52 to "
            "91) with interleukin-2; difference in survival -11 points (95 % CI -37 to +14)."
        ),
        (
            "Number needed to treat: 8.7 (harm); the 95 % CI runs from 7.2 (benefit) through "
            "infinity to 2.7 (harm)."
        ),
    ]


def test_the_clinician_reads_below_750_that_nothing_was_published_and_what_the_press_pooled():
    words = told("500")
    assert words[0].startswith("CSF pNFH below 750 pg/mL: no result has been published")
    assert "not significant" in words[1]
    assert words[2].startswith("Press figure for the pool of 3700 pg/mL and below")
    assert len(words) == 3


def test_the_clinician_reads_of_a_bound_that_it_decides_nothing():
    words = told("800", comparator="<")
    assert words[0].startswith("The bound leaves more than one stratum possible.")


def test_the_clinician_reads_of_press_figures_that_an_interval_is_missing():
    words = told("1500", TOPLINE)
    assert "0.57 (no interval published)" in words[0]
    assert "43 % lower (no interval published)" in words[0]
    assert words[1] == "Without an interval neither benefit nor harm can be told from chance."


@pytest.mark.parametrize(
    ("value", "comparator", "opening"),
    [
        ("1500", None, ("Of 100 people in the trial with a level like this, about 46 (36 to "
         "58) would have died within 21 months with placebo and about 27 (19 to 39) with "
         "interleukin-2")),
        ("5000", None, ("Of 100 people in the trial with a level like this, about 61 (37 to "
         "85) would have died within 21 months with placebo and about 72 (52 to 91) with "
         "interleukin-2")),
        ("500", None, "No result has been published for a level like this"),
        ("800", "<", "The result is not exact enough"),
    ],
)  # fmt: skip
def test_the_lay_reader_is_told_in_counts_of_people(value, comparator, opening):
    words = told(value, reader="lay", comparator=comparator)
    assert words[0].startswith(opening)
    assert words[-2:] == [
        "Over all people in the trial, the difference could be chance.",
        "Interleukin-2 is not an approved treatment for ALS. Talk to your care team.",
    ]


def test_the_lay_reader_of_press_figures_is_told_that_survivors_were_not_counted():
    assert told("1500", TOPLINE, "lay")[0].startswith("The press release gave no numbers")


def pattern(sentence):
    """Leave the form of a sentence: no numbers, and one word for either direction."""
    for either in ("lower|higher", "below|above", "alive|death", "benefit|harm"):
        sentence = re.sub(rf"\b({either})\b", "~", sentence)
    return re.sub(r"[+-]?[\d.]+\d|[+-]?\d", "#", sentence)


@pytest.mark.parametrize("reader", ["clinician", "lay"])
def test_harm_is_told_in_the_sentences_of_benefit(reader):
    benefit, harm = (told("1500", study, reader) for study in (BENEFIT, HARM))
    assert benefit != harm
    assert [pattern(sentence) for sentence in benefit] == [pattern(sentence) for sentence in harm]


@pytest.mark.parametrize("study", [BENEFIT, HARM], ids=["benefit", "harm"])
def test_a_group_is_told_a_direction_in_the_same_words(study):
    kind = "harm" if study is HARM else "a benefit"
    words = told("1500", study, detail="group")
    assert words[0] == f"CSF pNFH from 750 to 3700 pg/mL: in this group the trial reported {kind}."


def test_a_certain_harm_is_counted_in_deaths():
    (needed,) = [words for words in told("1500", HARM) if words.startswith("Number needed")]
    assert "for one more death" in needed


def test_a_ratio_of_one_needs_infinitely_many():
    study = a_study_in_which_the_low_stratum_has(a_ratio(1.0, 0.5, 2.0, 1.0))
    words = told("1500", study)
    needed = "Number needed to treat: infinity; the 95 % CI runs from "
    assert any(sentence.startswith(needed) for sentence in words)
    assert any("difference in survival 0 points" in sentence for sentence in words)


def test_survival_before_the_horizon_is_told_over_the_outer_band():
    words = [sentence for sentence in told("1500") if "all assumed shapes" in sentence]
    # band_lower-band_upper at day 365: 0.611986-0.868460 and 0.755389-0.935424
    assert words[1] == (
        "At day 365, over the 95 % band and all assumed shapes: 61-87 % alive with placebo, "
        "76-94 % with interleukin-2."
    )
    assert len(words) == 3  # days 180, 365 and 540


def test_no_sentence_tells_of_the_time_origin():
    question = a_question(wishes=Wishes((0.0,)))
    words = a_document(question)["presentation"]["clinician"]
    assert not any(sentence.startswith("At day 0") for sentence in words)


def test_near_a_cut_point_the_warning_says_how_the_answer_would_change():
    warnings = {w["code"]: w["message"] for w in a_document(a_question("3600"))["warnings"]}
    assert warnings["near_cut_point"].endswith(
        "CSF pNFH above 3700 pg/mL: hazard ratio 1.37 (95 % CI 0.68 to 2.75), benefit and harm "
        "both possible."
    )


def test_the_continuous_effect_is_never_beside_the_ratio_without_a_word_on_it():
    one_ratio = "One hazard ratio serves the whole stratum"
    assert any(one_ratio in sentence for sentence in told("1500"))
    assert not any(one_ratio in sentence for sentence in told("7000"))


def test_the_table_has_ready_made_words():
    rows = {row["label"]: row for row in told("1500", reader="table")}
    assert rows["Hazard ratio"]["difference"] == "0.52 (95 % CI 0.30 to 0.89, p = 0.016)"
    assert rows["Hazard ratio, whole trial (not significant)"]["difference"].startswith("0.81")
    year = rows["Alive at 12.0 months"]
    assert (year["placebo"], year["il2ld"]) == ("77 % (61-87)", "87 % (76-94)")
    mean = rows["Restricted mean survival, days"]
    assert (mean["placebo"], mean["il2ld"], mean["difference"]) == (
        "509 (472-545)", "566 (537-594)", "+57 (+11 to +103)",
    )  # fmt: skip


def test_the_table_of_no_estimate_has_the_primary_result_alone():
    (row,) = told("500", reader="table")
    assert row["label"] == "Hazard ratio, whole trial (not significant)"


def test_french_words_carry_a_comma_for_the_point():
    words = told("1500", language="fr")
    assert "0,52 (IC à 95 % : 0,30 à 0,89, p = 0,016)" in words[0]
    assert (
        words[4]
        == "Nombre de sujets à traiter : 5,4 pour un survivant de plus (IC à 95 % : 3,0 à 27,5)."
    )
    assert not any(re.search(r"\d\.\d", sentence) for sentence in words)


def test_facts_about_a_patient_change_no_sentence():
    unlike = a_document(a_question(facts=Facts(age=80)))
    assert unlike["presentation"] == a_document()["presentation"]
