"""The continuous effect where evidence is weaker than MIROCALS."""

from dataclasses import replace

from app.survival.continuous import ContinuousModel
from tests.builders import MIROCALS

MODEL: ContinuousModel = MIROCALS.interaction.model


def test_a_slope_that_may_be_zero_leaves_the_crossing_without_ends():
    weak = replace(MODEL, per_unit_error=10 * MODEL.per_unit_error)
    value, interval = weak.crossing()
    assert value == MODEL.crossing()[0]
    assert interval is None
