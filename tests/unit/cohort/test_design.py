from math import e, log, log2

import numpy as np
import pytest

from app.cohort.models import refusal
from app.cohort.models.design import build_design
from app.cohort.models.refusal import FitRefused
from app.cohort.models.spline import place_knots, restricted_cubic
from app.cohort.models.terms import Term
from tests.unit.cohort.cox_data import labels, numbers

COLUMNS = {
    "arm": labels("none", "hormone", "zinc", "hormone"),
    "pnfh": numbers(1.0, e, e**2, e**4),
    "x_crp": numbers(1.0, 2.0, 4.0, 8.0),
    "x_age": numbers(50.0, 60.0, 70.0, 80.0),
}


def refused(*terms, interactions=(), columns=COLUMNS):
    with pytest.raises(FitRefused) as caught:
        build_design(terms, interactions, columns)
    return caught.value.code, caught.value.term


def test_coefficients_are_named_as_the_contract_writes_them():
    terms = [
        Term("arm", reference="none"),
        Term("pnfh", transform="log"),
        Term("x_crp", transform="log2"),
        Term("x_age"),
    ]
    design = build_design(terms, [("arm", "pnfh")], COLUMNS)
    assert design.names == (
        "arm[hormone]", "arm[zinc]", "log(pnfh)", "log2(x_crp)", "x_age",
        "arm[hormone]:log(pnfh)", "arm[zinc]:log(pnfh)",
    )  # fmt: skip
    assert design.matrix.shape == (4, 7)


def test_the_reference_is_the_first_level_in_sorted_order():
    design = build_design([Term("arm")], [], COLUMNS)
    assert design.names == ("arm[none]", "arm[zinc]")
    np.testing.assert_array_equal(design.columns, [[1, 0, 0, 0], [0, 0, 1, 0]])


def test_logarithms_are_taken_as_they_are_without_centring():
    terms = [Term("pnfh", transform="log"), Term("x_crp", transform="log2")]
    design = build_design(terms, [], COLUMNS)
    np.testing.assert_allclose(design.columns, [[0, 1, 2, 4], [0, 1, 2, 3]], atol=1e-15)


def test_an_interaction_multiplies_column_by_column():
    design = build_design([Term("x_crp"), Term("x_age")], [("x_age", "x_crp")], COLUMNS)
    assert design.names[-1] == "x_age:x_crp"
    np.testing.assert_array_equal(design.columns[2], [50 * 1, 60 * 2, 70 * 4, 80 * 8])


def test_levels_that_no_patient_has_get_no_coefficient():
    arm = COLUMNS["arm"].of(np.array([True, True, False, True]))
    columns = {"arm": arm}
    assert build_design([Term("arm", reference="none")], [], columns).names == ("arm[hormone]",)


def test_a_row_is_that_of_a_patient_with_these_values():
    terms = [Term("arm", reference="none"), Term("pnfh", transform="log")]
    design = build_design(terms, [("arm", "pnfh")], COLUMNS)
    row = design.blueprint.row({"arm": "hormone", "pnfh": e**4})
    np.testing.assert_array_equal(row, design.matrix[3])


def test_a_design_without_its_interactions_keeps_the_main_terms():
    design = build_design([Term("x_crp"), Term("x_age")], [("x_crp", "x_age")], COLUMNS)
    main = design.without_interactions()
    assert (design.has_interactions, main.has_interactions) == (True, False)
    assert main.names == ("x_crp", "x_age")
    assert main.blueprint.names == main.names


def test_some_patients_keep_the_columns_of_all():
    design = build_design([Term("pnfh", transform="spline")], [], COLUMNS)
    np.testing.assert_array_equal(design.of(np.array([2, 0])).matrix, design.matrix[[2, 0]])


def test_the_spline_of_the_biomarker_is_one_of_its_logarithm():
    design = build_design(
        [Term("pnfh", transform="spline"), Term("x_age", transform="spline")], [], COLUMNS
    )
    assert design.names == ("spline(pnfh)[1]", "spline(pnfh)[2]",
                            "spline(x_age)[1]", "spline(x_age)[2]")  # fmt: skip
    np.testing.assert_allclose(design.columns[0], [0, 1, 2, 4], atol=1e-15)
    np.testing.assert_array_equal(design.columns[2], [50, 60, 70, 80])


def test_a_spline_with_given_knots_keeps_them():
    term = Term("x_age", transform="spline", knots_at=(55.0, 60.0, 75.0))
    assert build_design([term], [], COLUMNS).blueprint.basis("x_age").knots == (55, 60, 75)


def test_the_spline_is_harrells():
    """Knots 1, 2, 4: ((x-1)+^3 - (x-2)+^3 (4-1)/(4-2) + (x-4)+^3 (2-1)/(4-2)) / (4-1)^2."""
    values = np.array([0.5, 1.5, 3.0, 6.0])
    basis = restricted_cubic(values, (1.0, 2.0, 4.0))
    bent = [0, 0.5**3 / 9, (2**3 - 1.5 * 1**3) / 9, (5**3 - 1.5 * 4**3 + 0.5 * 2**3) / 9]
    np.testing.assert_array_equal(basis[0], values)
    np.testing.assert_allclose(basis[1], bent, rtol=1e-14)


def test_a_spline_is_straight_beyond_its_outer_knots():
    for tail in ([-9.0, -5.0, -1.0], [9.0, 12.0, 15.0]):
        basis = restricted_cubic(np.array(tail), (0.0, 1.0, 3.0, 8.0))
        np.testing.assert_allclose(np.diff(basis, n=2, axis=1), 0, atol=1e-12)


def test_knots_lie_at_quantiles_of_type_seven():
    """Of 0, 1 … 10: the 10th, 50th and 90th percentile are 1, 5 and 9."""
    assert place_knots(np.arange(11.0), 3) == (1.0, 5.0, 9.0)


@pytest.mark.parametrize(
    ("term", "code"),
    [
        (Term("arm", reference="placebo"), refusal.UNKNOWN_REFERENCE),
        (Term("x_age", reference="50"), refusal.UNKNOWN_REFERENCE),
        (Term("arm", transform="log"), refusal.TRANSFORM),
        (Term("x_age", transform="spline", knots=6), refusal.TOO_FEW_VALUES),
        (Term("x_nowhere"), refusal.UNKNOWN_VARIABLE),
    ],
)
def test_a_term_without_sense_is_refused_by_name(term, code):
    assert refused(term) == (code, term.variable)


def test_no_term_at_all_is_refused():
    assert refused() == (refusal.NO_TERMS, None)


@pytest.mark.parametrize("transform", ["log", "log2"])
def test_the_logarithm_of_nothing_is_refused(transform):
    columns = {"x_crp": numbers(0.0, 1.0)}
    assert refused(Term("x_crp", transform=transform), columns=columns)[0] == refusal.NOT_POSITIVE


def test_a_spline_of_a_level_of_nothing_is_refused():
    columns = {"pnfh": numbers(0.0, 1.0, 2.0)}
    assert refused(Term("pnfh", transform="spline"), columns=columns)[0] == refusal.NOT_POSITIVE


def test_a_variable_that_all_patients_share_is_refused():
    columns = {"arm": labels("none", "none"), "x_age": numbers(60.0, 60.0)}
    assert refused(Term("arm"), columns=columns) == (refusal.ONE_LEVEL, "arm")
    assert refused(Term("x_age"), columns=columns) == (refusal.ONE_LEVEL, "x_age")


def test_a_spline_whose_knots_fall_together_is_refused():
    columns = {"x_sex": numbers(0.0, 0.0, 0.0, 1.0)}
    code, _ = refused(Term("x_sex", transform="spline"), columns=columns)
    assert code == refusal.TOO_FEW_VALUES


def test_a_value_that_is_not_stated_is_refused():
    columns = {"x_age": numbers(60.0, np.nan)}
    assert refused(Term("x_age"), columns=columns) == (refusal.NOT_STATED, "x_age")


@pytest.mark.parametrize(
    ("pairs", "code"),
    [
        ([("arm", "arm")], refusal.INTERACTION),
        ([("arm", "pnfh")], refusal.INTERACTION),
        ([("arm", "x_age"), ("x_age", "arm")], refusal.REPEATED),
    ],
)
def test_an_interaction_is_of_two_different_terms_and_stands_once(pairs, code):
    assert refused(Term("arm"), Term("x_age"), interactions=pairs)[0] == code


def test_a_variable_is_a_term_once():
    assert refused(Term("pnfh"), Term("pnfh", transform="log")) == (refusal.REPEATED, "pnfh")


def test_a_level_that_the_model_does_not_know_has_no_row():
    blueprint = build_design([Term("arm")], [], COLUMNS).blueprint
    with pytest.raises(FitRefused, match="no level 'copper'"):
        blueprint.row({"arm": "copper"})


def test_a_natural_logarithm_is_not_a_binary_one():
    blueprint = build_design([Term("x_crp", transform="log")], [], COLUMNS).blueprint
    assert blueprint.row({"x_crp": 8.0}) == pytest.approx([log(8)])
    assert log(8) != log2(8)
