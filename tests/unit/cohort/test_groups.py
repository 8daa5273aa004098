"""Patients in groups, by one variable or several."""

import numpy as np
import pytest

from app.cohort.columns import CategoricalColumn, NumericColumn
from app.cohort.groups import count_levels, group_by

SEX = CategoricalColumn(np.array([1, 0, 1, 1], np.int32), ("female", "male", "other"))
GENE = NumericColumn(np.array([0.0, 1.0, 1.0, 0.0]))
NO_YES_OR_NO = frozenset()


def arms(*names):
    categories = tuple(sorted(set(names)))
    codes = np.array([categories.index(name) for name in names], np.int32)
    return CategoricalColumn(codes, categories)


def test_without_variables_all_are_one_group():
    groups = group_by([], [], NO_YES_OR_NO, 3)
    assert (len(groups), groups.values, groups.codes.tolist()) == (1, ((),), [0, 0, 0])
    assert groups.label(0) == {}


def test_of_nobody_there_is_no_group():
    nobody = np.array([], dtype=int)
    assert len(group_by([], [], NO_YES_OR_NO, 0)) == 0
    assert len(group_by(["sex"], [SEX.of(nobody)], NO_YES_OR_NO, 0)) == 0
    assert len(group_by(["gene"], [GENE.of(nobody)], NO_YES_OR_NO, 0)) == 0


def test_a_category_without_patients_is_no_group():
    groups = group_by(["sex"], [SEX], NO_YES_OR_NO, 4)
    assert groups.values == (("female",), ("male",))
    assert groups.codes.tolist() == [1, 0, 1, 1]


def test_of_two_variables_only_the_pairs_that_there_are_make_groups():
    groups = group_by(["sex", "gene"], [SEX, GENE], frozenset(["gene"]), 4)
    assert groups.values == (("female", True), ("male", False), ("male", True))
    assert groups.codes.tolist() == [1, 0, 2, 1]
    assert groups.label(2) == {"sex": "male", "gene": True}
    assert [mask.tolist() for mask in groups.masks()] == [
        [False, True, False, False],
        [True, False, False, True],
        [False, False, True, False],
    ]


def test_yes_and_no_are_told_apart_from_the_numbers_one_and_zero():
    told = {frozenset(): (0, 1), frozenset(["gene"]): (False, True)}
    for yes_or_no, expected in told.items():
        values = group_by(["gene"], [GENE], yes_or_no, 4).values
        assert [repr(value) for (value,) in values] == [repr(value) for value in expected]


def test_numbers_are_in_ascending_order_and_whole_ones_have_no_decimals():
    column = NumericColumn(np.array([10.0, 9.0, 0.5, 9.0]))
    groups = group_by(["x"], [column], NO_YES_OR_NO, 4)
    assert repr(groups.values) == "((0.5,), (9,), (10,))"
    assert groups.codes.tolist() == [2, 1, 0, 1]


@pytest.mark.parametrize(
    ("names", "reference"),
    [
        (["active", "none", "placebo"], "placebo"),
        (["active", "none"], "none"),
        (["a", "control", "none"], "none"),
        (["b", "a"], "a"),
    ],
)
def test_others_are_compared_with_the_control_arm_else_with_the_first_group(names, reference):
    groups = group_by(["arm"], [arms(*names)], NO_YES_OR_NO, len(names))
    assert groups.label(groups.reference) == {"arm": reference}


def test_the_reference_is_the_first_group_of_the_control_arm():
    arm, gene = arms("a", "placebo", "placebo"), NumericColumn(np.array([0.0, 1.0, 0.0]))
    groups = group_by(["gene", "arm"], [gene, arm], frozenset(["gene"]), 3)
    assert groups.label(groups.reference) == {"gene": False, "arm": "placebo"}


def test_a_control_is_one_only_as_an_arm():
    groups = group_by(["x_given"], [arms("a", "placebo")], NO_YES_OR_NO, 2)
    assert groups.reference == 0


def test_levels_are_counted_of_what_is_stated():
    assert count_levels(SEX) == 3
    assert count_levels(NumericColumn(np.array([1.0, np.nan, 1.0, 2.5]))) == 2
    assert count_levels(NumericColumn(np.array([]))) == 0
