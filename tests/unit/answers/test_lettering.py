"""Anybody's text made fit to be drawn, and groups told apart without colour vision."""

import pytest
from matplotlib.colors import to_rgb

from app.answers.group_style import COLOURS, ink_of, style_of
from app.answers.lettering import cleaned, fitted, lettered, shortened, width_of, wrapped
from app.answers.sheet import EDGE, NOTE_SIZE, NOTICE_SIZE, RIGHT, note_lines, notice_lines


def contrast_with_white(colour):
    """Compute the contrast by WCAG 2.2, from its definition."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 1.05 / (sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), parts, strict=True)) + 0.05)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("plain", "plain"),
        ("two\nlines\tand more", "two lines and more"),
        ("\x00\x1b\ufffe\ud800x", "x"),
        ("\u202eesrever", "esrever"),
        ("e\u0301", "é"),
    ],
    ids=ascii,
)
def test_what_cannot_stand_in_a_drawing_is_left_out(text, kept):
    assert cleaned(text) == kept


def test_a_letter_that_the_font_lacks_becomes_a_mark():
    assert lettered("東 ≥ é") == "\ufffd ≥ é"


@pytest.mark.parametrize(
    ("longest", "short"), [(9, "abcdefghi"), (8, "abcd…ghi"), (3, "a…i"), (2, "a…"), (1, "…")]
)
def test_a_long_text_keeps_its_beginning_and_its_end(longest, short):
    assert shortened("abcdefghi", longest) == short


@pytest.mark.parametrize("letter", "iWé東")
@pytest.mark.parametrize("weight", ["normal", "bold"])
def test_any_name_is_shortened_until_it_fits(letter, weight):
    line = fitted(["x_a=", letter * 200, ", x_b=", letter * 100], 3.0, 7.5, weight)
    assert 2.7 < width_of(line, 7.5, weight) <= 3.0
    assert line.startswith("x_a=")
    assert ", x_b=" in line


def test_a_name_that_fits_stays_as_it_is():
    assert fitted(["arm=", "il2ld"], 3.0, 7.5) == "arm=il2ld"


@pytest.mark.parametrize("text", ["word " * 99, "W" * 500, "a " + "W" * 300 + " b"])
def test_every_line_of_a_wrapped_text_fits_and_no_letter_is_lost(text):
    lines = wrapped(text, 2.0, 7.0)
    assert all(width_of(line, 7.0) <= 2.0 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_the_width_grows_with_the_size_of_the_letters():
    assert width_of("width", 14) == pytest.approx(2 * width_of("width", 7))
    # an em dash is as wide as the font is high: 72 points are an inch
    assert width_of("—", 72) == pytest.approx(1.0, abs=0.01)


def test_twelve_groups_differ_without_colour():
    styles = [style_of(place) for place in range(12)]
    assert len({(style.dashes, style.width) for style in styles}) == 12
    assert len({style.marker for style in styles}) == 12


@pytest.mark.parametrize("colour", [*COLOURS, "#F0E442"])
def test_names_can_be_read_on_white(colour):
    assert contrast_with_white(ink_of(colour)) >= 4.5


def test_a_colour_that_can_be_read_stays_as_it_is():
    assert ink_of("#0072b2") == "#0072b2"


@pytest.mark.parametrize("lines", [notice_lines, note_lines])
def test_no_line_across_the_sheet_is_longer_than_the_sheet_is_wide(lines):
    size, weight = (NOTICE_SIZE, "bold") if lines is notice_lines else (NOTE_SIZE, "normal")
    told = lines(["What must be known of these patients before anything else. " * 9])
    assert 3 < len(told) < 9
    assert all(width_of(line, size, weight) <= RIGHT - EDGE for line in told)
