"""What is shown is what was measured."""

import json

import pytest

from bench.results import BEGIN, END, PAGE, RESULTS, between_marks, figures
from bench.tables import Column, Table, Target

FAST = Target("ratio", 0.6, "≥ 0.60")
SHORT = Target("delay", 5.0, "≤ 5 ms", at_most=True)


def a_table(ratio=0.6, delay=5.0, targets=(FAST, SHORT)):
    """Make a table of one row."""
    table = Table("Cases", (Column("ratio", "of hello", 2), Column("delay", "ms", 1)))
    table.add("hello", {"ratio": ratio, "delay": delay}, targets)
    return table


@pytest.mark.parametrize(
    ("ratio", "delay", "met"), [(0.6, 5.0, True), (0.59, 5.0, False), (0.6, 5.1, False)]
)
def test_a_row_meets_its_targets_or_does_not(ratio, delay, met):
    assert a_table(ratio, delay).rows[0]["met"] is met


def test_a_row_without_a_target_is_not_judged():
    row = a_table(targets=()).rows[0]
    assert (row["target"], row["met"]) == (None, None)


def test_a_table_is_markdown_in_straight_columns():
    assert a_table(ratio=1234.5, delay=None, targets=(FAST,)).shown() == (
        "| case  | of hello | ms | target | met |\n"
        "| ----- | -------: | -: | ------ | --- |\n"
        "| hello | 1,234.50 |  – | ≥ 0.60 | yes |"
    )


def test_figures_replace_only_what_stands_between_the_marks():
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert between_marks(page, "new") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"


@pytest.mark.parametrize("page", ["no marks", BEGIN, END])
def test_a_page_without_marks_is_refused(page):
    with pytest.raises(ValueError, match="the page needs"):
        between_marks(page, "new")


def test_the_page_shows_the_kept_results_and_nothing_else():
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    page = PAGE.read_text(encoding="utf-8")
    assert between_marks(page, figures(kept)) == page


def test_the_kept_results_tell_of_the_machine_only_cores_and_model():
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert set(kept["machine"]) == {"cores", "cpu"}
