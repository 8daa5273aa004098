"""The fit of evidence to a cohort drawn: each ratio in its place, and nothing left unsaid."""

import math

import pytest

from app.answers.cohort.calibration_picture import RATIOS, RATIOS_WIDTH, draw_calibration
from tests.unit.answers.cohort_answers import SVG, parsed, texts, told


def a_row(stratum="low", arm="placebo", **known):
    numbers = {"n": 77, "observed": 30, "expected": 25.0, "ratio": 30 / 25}
    return {"stratum": stratum, "arm": arm, "lower": 0.81, "upper": 1.71, "reason": None,
            **numbers, **known}  # fmt: skip


def a_point(stratum="low", arm="placebo", **known):
    return {"stratum": stratum, "arm": arm, "time": 640.0, "expected_survival": 0.54,
            "observed_survival": 0.50, "lower": 0.4, "upper": 0.6, **known}  # fmt: skip


def an_answer(*rows, plot=(), **known):
    return {"level": 0.95, "rows": list(rows), "plot": list(plot), **known}


UNPUBLISHED = a_row("very_low", expected=None, ratio=None, lower=None, upper=None,
                    reason="stratum_not_reported")  # fmt: skip
BOTH = an_answer(a_row(), UNPUBLISHED, plot=[a_point(), a_point(time=365.0)])


def place_of(svg, name):
    """Give how far right and down a marker stands, in inches."""
    marker = parsed(svg).find(f".//{SVG}g[@id='{name}']//{SVG}use")
    return float(marker.get("x")) / 72, float(marker.get("y")) / 72


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_same_answer_gives_the_same_bytes(kind):
    assert draw_calibration(BOTH, kind) == draw_calibration(BOTH, kind)


def test_a_ratio_stands_in_its_place_on_a_logarithmic_axis():
    svg = draw_calibration(an_answer(a_row(ratio=1.5), a_row(ratio=0.6)), "svg")
    for name, ratio in [("ratio-1", 1.5), ("ratio-2", 0.6)]:
        share = math.log(ratio / 0.5) / math.log(2 / 0.5)  # the axis goes from 0.5 to 2
        assert place_of(svg, name)[0] == pytest.approx(RATIOS + RATIOS_WIDTH * share, abs=1e-3)


def test_the_row_is_written_with_its_numbers():
    written = texts(draw_calibration(BOTH, "svg"))
    start = written.index("stratum=low, arm=placebo")
    assert written[start + 1 : start + 5] == ["77", "30", "25.0", "1.20 (0.81 to 1.71)"]


def test_a_row_without_a_ratio_says_why():
    svg = draw_calibration(BOTH, "svg")
    sentence = "No ratio or interval (stratum not reported): stratum=very_low, arm=placebo."
    assert "none" in texts(svg)
    assert sentence in texts(svg)
    assert sentence in told(svg)[1]
    assert parsed(svg).find(f".//{SVG}g[@id='ratio-2']") is None


def test_a_ratio_without_an_interval_says_so():
    row = a_row(lower=None, upper=None, reason="nobody_watched")
    written = texts(draw_calibration(an_answer(row), "svg"))
    assert "1.20 (no interval)" in written
    assert "No ratio or interval (nobody watched): stratum=low, arm=placebo." in written


@pytest.mark.parametrize(
    "row",
    [
        a_row(observed=0, ratio=0.0, lower=0.0, upper=1.15),
        a_row(ratio=120.0, lower=60.0, upper=1e5),
        a_row(ratio=1e-9, lower=0.0, upper=1e-8),
    ],
)
def test_what_lies_beyond_the_axis_is_told_by_an_arrow_and_its_number(row):
    svg = draw_calibration(an_answer(row), "svg")
    assert parsed(svg).find(f".//{SVG}g[@id='ratio-1']") is None
    assert parsed(svg).find(f".//{SVG}g[@id='beyond-1']") is not None
    within = draw_calibration(an_answer(a_row()), "svg")
    assert parsed(within).find(f".//{SVG}g[@id='beyond-1']") is None
    assert f"{row['ratio']:.2f} ({row['lower']:.2f} to {row['upper']:.2f})" in texts(svg)


def test_each_row_is_told_in_a_sentence():
    title, sentences = told(draw_calibration(BOTH, "svg"))
    assert title == "Observed against expected deaths"
    assert sentences[:2] == [
        (
            "stratum=low, arm=placebo: 77 patients, 30 deaths observed, 25.0 expected, "
            "ratio 1.20 (0.81 to 1.71)."
        ),
        "stratum=very_low, arm=placebo: 77 patients, 30 deaths observed, ratio none.",
    ]


def test_no_stratum_or_arm_means_all():
    row = a_row(None, None)
    assert "stratum=all, arm=all" in texts(draw_calibration(an_answer(row), "svg"))


def test_survival_is_drawn_with_its_days_and_only_where_it_is_known():
    written = texts(draw_calibration(BOTH, "svg"))
    assert "day 640, 365" in written
    unseen = a_point(observed_survival=None, lower=None, upper=None)
    dots = [
        len(parsed(draw_calibration(an_answer(plot=plot), "svg")).findall(f".//{SVG}use"))
        for plot in ([a_point()], [unseen])
    ]
    assert dots[0] == dots[1] + 1


def test_without_rows_the_picture_says_so():
    svg = draw_calibration({"rows": []}, "svg")
    assert "There is nothing to compare." in texts(svg)
    assert "There is nothing to compare." in told(svg)[1]


def test_rows_beyond_the_twenty_fourth_are_counted():
    svg = draw_calibration(an_answer(*(a_row(f"s{i}") for i in range(30))), "svg")
    assert "6 more rows are not drawn." in texts(svg)
    assert parsed(svg).find(f".//{SVG}g[@id='ratio-24']") is not None
    assert parsed(svg).find(f".//{SVG}g[@id='ratio-25']") is None


def test_notices_stand_first_and_the_excluded_below():
    notices = [{"code": "synthetic_data", "text": "Simulated."}]
    excluded = [{"reason": "vital_status_unknown", "n": 3}]
    answer = an_answer(a_row(), notices=notices, n_total=80, n_used=77, excluded=excluded)
    svg = draw_calibration(answer, "svg")
    assert told(svg)[1][0] == "Simulated."
    assert texts(svg)[-1] == "77 of 80 patients used. Excluded: vital status unknown (3)."


def test_a_long_and_rude_name_is_kept_inside_its_column():
    svg = draw_calibration(an_answer(a_row(arm="<$x$>&" * 50)), "svg")
    assert any(text.startswith("stratum=low, arm=<$") and "…" in text for text in texts(svg))
    assert not any(len(text) > 100 for text in texts(svg))
