"""A filter as it is written on the wire becomes conditions, and conditions have a digest."""

from decimal import Decimal

import pytest

from app.clinic.filter import EVERYBODY, Condition, Filter


@pytest.mark.parametrize(
    ("stated", "conditions"),
    [
        ({}, ()),
        ({"sex": "female"}, (Condition("sex", "any_of", ("female",)),)),
        ({"sex": None}, (Condition("sex", "any_of", (None,)),)),
        ({"arm": ["il2ld", None]}, (Condition("arm", "any_of", ("il2ld", None)),)),
        (
            {"alsfrs_r": {"gte": 10, "lt": 40}},
            (Condition("alsfrs_r", "gte", 10), Condition("alsfrs_r", "lt", 40)),
        ),
    ],
)
def test_a_stated_filter_is_read_as_conditions(stated, conditions):
    assert Filter.of(stated).conditions == conditions


def test_a_covariate_is_known_by_its_name():
    assert Condition("x_x_crp", "exists", value=True).covariate == "x_crp"
    assert Condition("sex", "exists", value=True).covariate is None


def test_the_digest_does_not_depend_on_the_order_of_conditions():
    one = Filter.of({"sex": "female", "alsfrs_r": {"gte": 10, "lt": 40}})
    other = Filter.of({"alsfrs_r": {"lt": 40, "gte": 10}, "sex": "female"})
    assert one.digest == other.digest


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"x_a": "3"},
        {"x_a": [Decimal(3), None]},
        {"x_a": {"ne": Decimal(3)}},
        {"x_b": Decimal(3)},
        {"x_a": Decimal(3), "sex": "female"},
    ],
)
def test_other_conditions_have_another_digest(other):
    assert Filter.of({"x_a": Decimal(3)}).digest != Filter.of(other).digest


def test_everybody_is_meant_without_conditions():
    assert Filter.of({}) == EVERYBODY
