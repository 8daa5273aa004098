"""The peer computes what the service computes, or beating it would mean nothing."""

import pytest

from app.survival.level import parse_level
from app.survival.reading import read_level
from bench.peer_batch import STUDY, Item, Level, summarise


@pytest.mark.parametrize("value", [300.5, 749.9, 1234.5, 3699.0, 5000.25])
def test_the_peer_gives_the_numbers_of_the_service(value):
    ours = read_level(parse_level(str(value), "pg/mL"), STUDY, None)
    theirs = summarise(Item(ref="p1", pnfh=Level(value=value, unit="pg/mL")))
    assert theirs.stratum == ours.stratum(STUDY).id
    chances = [chance.probability for chance in theirs.membership]
    assert chances == pytest.approx(ours.probabilities, abs=1e-9)
    assert theirs.distance_to_cut_point == pytest.approx(float(ours.distance_to_cut_point))
    if ours.continuous is not None:
        ratio = (theirs.hazard_ratio.value, theirs.hazard_ratio.lower, theirs.hazard_ratio.upper)
        found = ours.continuous
        assert ratio == pytest.approx((found.hazard_ratio, found.lower, found.upper))
