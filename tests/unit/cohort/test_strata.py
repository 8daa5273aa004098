"""Levels fall into strata exactly at the cut points, as single levels do."""

from decimal import Decimal

import numpy as np
import pytest

from app.cohort.columns import NumericColumn
from app.cohort.evidence.strata import stratify
from tests.builders import MIROCALS, TOPLINE

LEVELS = [0.1, 749.9, 750.0, 750.1, 3699.9, 3700.0, 3700.1, 1_000_000.0]


@pytest.mark.parametrize("study", [MIROCALS, TOPLINE], ids=lambda study: study.id)
def test_every_level_lies_where_the_study_says(study):
    found = stratify(NumericColumn(np.array(LEVELS)), study.ranges_by_id)
    expected = [
        next(s.id for s in study.strata if s.range.holds(Decimal(str(level)))) for level in LEVELS
    ]
    assert [found.categories[code] for code in found.codes] == expected


def test_without_a_level_there_is_no_stratum():
    assert stratify(NumericColumn(np.array([np.nan])), MIROCALS.ranges_by_id).codes[0] == -1
