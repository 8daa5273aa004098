"""A cohort's curves drawn: true to the day, readable by all, and safe with anybody's names."""

import struct
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest

from app.answers.cohort.picture import draw_survival
from app.answers.sheet import DOTS_PER_INCH, LEFT, PLOT, WIDTH
from tests.unit.answers.cohort_answers import (
    CURVE,
    INCIDENCE,
    SVG,
    a_group,
    a_suppressed,
    an_answer,
    parsed,
    path_of,
    texts,
    told,
)

TWO = an_answer(a_group({"arm": "placebo"}), a_group({"arm": "il2ld"}))
NOBODY = an_answer(n_total=0, n_used=0, excluded=[], log_rank=None)
HIDDEN = an_answer(a_suppressed({"arm": "placebo"}), log_rank=None)
UNKNOWN = an_answer(n_total=None, n_used=None, excluded=[], log_rank=None)
BY_CAUSE = an_answer(a_group({}, cumulative_incidence={"death": INCIDENCE, "competing": INCIDENCE}))
RUDE = "<b>&\"' $x$ \\frac{1}{2} -->"


@pytest.mark.parametrize("kind", ["svg", "png"])
@pytest.mark.parametrize("answer", [TWO, NOBODY, BY_CAUSE], ids=["two", "nobody", "by cause"])
def test_the_same_answer_gives_the_same_bytes_even_at_once(answer, kind):
    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(lambda _: draw_survival(answer, kind), range(3)))) == 1


def test_drawing_leaves_the_settings_of_the_process_alone():
    before = dict(mpl.rcParams)
    draw_survival(TWO, "svg")
    assert dict(mpl.rcParams) == before


def test_columns_of_numpy_are_drawn_as_lists_are():
    none_as_nan = {name: np.array(values, float) for name, values in CURVE.items()}
    counts = {name: np.array(CURVE[name]) for name in ("at_risk", "events", "censored")}
    answer = an_answer(a_group({"arm": "placebo"}, curve=none_as_nan | counts))
    assert draw_survival(answer, "svg") == draw_survival(
        an_answer(a_group({"arm": "placebo"})), "svg"
    )


def test_the_curve_falls_on_the_day_of_a_death():
    corners = path_of(draw_survival(TWO, "svg"), "curve-1")
    days = [((x / 72) - LEFT) / PLOT * 9 for x, _ in corners]
    heights = [y for _, y in corners]
    falls = [
        (day, until)
        for day, until, y, below in zip(days, days[1:], heights, heights[1:], strict=False)
        if below > y
    ]
    assert [day for day, _ in falls] == pytest.approx([2, 4, 7], abs=1e-3)
    assert [until for _, until in falls] == pytest.approx([2, 4, 7], abs=1e-3)


def test_the_curve_falls_by_what_it_says():
    heights = [y for _, y in path_of(draw_survival(TWO, "svg"), "curve-1")]
    inches = (max(heights) - min(heights)) / 72
    assert inches == pytest.approx(3.9 * (1 - 1 / 3), abs=1e-3)


def test_the_table_counts_at_the_ticks():
    written = texts(draw_survival(an_answer(a_group({})), "svg"))
    start = written.index("Censored") + 1
    # R 4.2, survival 3.5: summary(survfit(Surv(c(2,4,4,5,7,9), c(1,1,0,0,1,0)) ~ 1),
    # times = c(0, 2, 4, 6, 8)), counts of events and censorings summed
    at_risk, events, censored = ["6", "6", "5", "2", "1"], list("01223"), list("00122")
    assert written[start : start + 15] == at_risk + events + censored


def test_each_group_is_told_in_a_sentence():
    title, sentences = told(draw_survival(TWO, "svg"))
    assert title == "Survival of the cohort (Kaplan-Meier)"
    assert sentences[:2] == [
        "arm=placebo: 6 patients, 3 events, median 7 days (95 % CI 2 to not reached).",
        "arm=il2ld: 6 patients, 3 events, median 7 days (95 % CI 2 to not reached).",
    ]


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ({}, "all patients"),
        ({"c9orf72": True, "stratum": None}, "c9orf72=true, stratum=not stated"),
        ({"ftd": False, "birth_year": 1960.0}, "ftd=false, birth_year=1960"),
        ({"x_site": " \u202e\x00\n"}, "x_site=(blank)"),
        ({"x_site": RUDE}, f"x_site={RUDE}"),
        ({"x_site": "a\u2028b\u200dc"}, "x_site=a bc"),
    ],
    ids=str,
)
def test_a_group_is_named_by_what_its_patients_share(label, name):
    svg = draw_survival(an_answer(a_group(label)), "svg")
    assert told(svg)[1][0].startswith(f"{name}: 6 patients")
    readable = name.replace("--", "- -")  # XML forbids two hyphens inside of a comment
    assert readable in texts(svg)


def test_letters_that_the_font_lacks_are_marked_and_still_told():
    svg = draw_survival(an_answer(a_group({"x_site": "東京 Tōkyō"})), "svg")
    assert "x_site=�� Tōkyō" in texts(svg)
    assert told(svg)[1][0].startswith("x_site=東京 Tōkyō: ")


def test_the_caption_says_where_every_patient_went():
    written = " ".join(texts(draw_survival(TWO, "svg")))
    assert "12 of 20 patients used. Excluded: vital status unknown (8)." in written
    assert "Log-rank test: chi-squared 1.23 on 1 df, p = 0.017." in written
    assert "pointwise 95 % confidence intervals (log-log)" in written


def test_a_stratified_test_is_called_so_and_a_tiny_p_value_is_not_zero():
    test = {"statistic": 30, "degrees_of_freedom": 1, "p_value": 4e-8, "stratified_by": ["sex"]}
    written = texts(draw_survival(TWO | {"log_rank": test}, "svg"))
    assert "Log-rank test stratified by sex: chi-squared 30.00 on 1 df, p < 0.001." in written


def test_a_notice_stands_before_the_curves():
    notice = {"code": "synthetic_data", "text": "Simulated: nothing here is about real people."}
    svg = draw_survival(TWO | {"notices": [notice]}, "svg")
    assert texts(svg).index(notice["text"]) < texts(svg).index("At risk")
    assert told(svg)[1][0] == notice["text"]
    assert len(draw_survival(TWO, "svg")) < len(svg)


def test_a_suppressed_group_is_named_without_numbers():
    answer = an_answer(a_group({"arm": "placebo"}), a_suppressed({"arm": "il2ld"}))
    svg = draw_survival(answer, "svg")
    sentence = "Suppressed: fewer than 10 patients, or hidden to protect such a group: arm=il2ld."
    assert sentence in texts(svg)
    assert sentence in told(svg)[1]
    assert texts(svg).count("At risk") == 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (NOBODY, "No patient of this cohort can be used, so there is no curve to show."),
        (HIDDEN, "Every group is suppressed, so there is no curve to show."),
        (UNKNOWN, "Too few patients to say how many they are."),
    ],
)
def test_a_picture_without_curves_says_why(answer, why):
    svg = draw_survival(answer, "svg")
    assert why in texts(svg)
    assert why in told(svg)[1]
    assert "At risk" not in texts(svg)


def test_twelve_groups_are_drawn_and_the_rest_counted():
    svg = draw_survival(an_answer(*(a_group({"x_site": i}) for i in range(15))), "svg")
    assert path_of(svg, "curve-12")
    assert parsed(svg).find(f".//{SVG}g[@id='curve-13']") is None
    assert "Only the first 12 groups are drawn; 3 more are not." in texts(svg)


def test_each_cause_has_its_own_plot():
    svg = draw_survival(BY_CAUSE, "svg")
    death, competing = path_of(svg, "death-1"), path_of(svg, "competing-1")
    assert max(x for x, _ in death) < min(x for x, _ in competing)
    assert parsed(draw_survival(TWO, "svg")).find(f".//{SVG}g[@id='death-1']") is None


def test_a_risk_set_that_was_empty_for_a_while_is_told():
    svg = draw_survival(an_answer(a_group({"arm": "none"}, emptied_at=5.0)), "svg")
    assert "arm=none: after day 5 nobody was left; others entered later." in texts(svg)


def test_ventilation_counted_as_an_event_is_in_the_title():
    title, _ = told(draw_survival(TWO | {"endpoint": "death_or_ventilation"}, "svg"))
    assert title == "Survival without tracheostomy or NIV of the cohort (Kaplan-Meier)"


def test_a_group_that_ends_on_day_0_is_drawn():
    curve = {name: values[:1] for name, values in CURVE.items()}
    svg = draw_survival(an_answer(a_group({}, curve=curve, median=None)), "svg")
    assert told(svg)[1][0].endswith("median not reached (no 95 % CI).")


@pytest.mark.parametrize("answer", [TWO, HIDDEN, an_answer(a_group({"x_site": RUDE}))])
def test_a_drawing_holds_no_script_and_asks_for_nothing(answer):
    for element in ET.fromstring(draw_survival(answer, "svg")).iter():
        assert element.tag.rpartition("}")[2] not in ("script", "foreignObject", "image", "a")
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert "href" not in name or value.startswith("#")


def test_a_png_is_as_wide_as_the_sheet_and_grows_with_its_groups():
    sizes = []
    for answer in (TWO, an_answer(a_group({}))):
        content = draw_survival(answer, "png")
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        sizes.append(struct.unpack(">II", content[16:24]))
    (width, tall), (_, short) = sizes
    assert width == int(WIDTH * DOTS_PER_INCH)
    assert tall > short > 600


def test_a_drawing_has_no_date_of_its_making():
    assert b"<dc:date>" not in draw_survival(TWO, "svg")
