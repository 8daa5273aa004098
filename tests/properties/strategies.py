"""What Hypothesis may invent: levels, evidence, questions. All of it is allowed input."""

from datetime import date
from decimal import Decimal
from math import exp, log, sqrt

from hypothesis import strategies as st

from app.answers.answer import Manner
from app.survival.applicability import Facts
from app.survival.curve import GroupCurves
from app.survival.estimate import Question, Wishes
from app.survival.interval import Z
from app.survival.level import COMPARATORS, FACTORS, parse_level
from app.survival.study import Shape
from tests.builders import HORIZON, STUDIES, a_pair, a_ratio

CUTS = (Decimal(750), Decimal(3700))

shapes = st.builds(
    lambda low, high, part: Shape(low + part * (high - low), low, high),
    st.floats(0.6, 1.4), st.floats(1.6, 3.0), st.floats(0, 1),
)  # fmt: skip


@st.composite
def pairs(draw, ratios=st.floats(0.1, 5.0)):  # noqa: B008  (a strategy is a value)
    """Two arms: a control arm of some size, a ratio with an interval that such a trial can have."""
    survival, participants = draw(st.floats(0.03, 0.97)), draw(st.integers(10, 2000))
    v0 = (1 - survival) / (participants * survival * log(survival) ** 2)
    width = Z * sqrt(v0 + draw(st.floats(1e-4, 1.0)))
    value = draw(ratios)
    return a_pair(survival, participants, a_ratio(value, value * exp(-width), value * exp(width)))


groups = st.builds(
    lambda several, shape: GroupCurves(tuple(several), shape, HORIZON),
    st.lists(pairs(), min_size=1, max_size=3), shapes,
)  # fmt: skip
sides = st.sampled_from(["control", "treated"])
days = st.floats(0, HORIZON)

neighbours = st.builds(
    lambda cut, sign, digits: cut + sign * Decimal(1).scaleb(-digits),
    st.sampled_from([*CUTS, Decimal(6000)]), st.sampled_from([-1, 0, 1]), st.integers(-1, 20),
)  # fmt: skip
amounts = st.one_of(
    st.integers(1, 10_000).map(Decimal),
    neighbours,
    st.decimals("0.000001", "1000000", places=6).filter(bool),
)
comparators = st.sampled_from([None, *COMPARATORS])


def written(amount, unit):
    """Write an amount in pg/mL in a unit, exactly."""
    return format(amount.scaleb(-3) if FACTORS[unit] == 1000 else amount, "f")


@st.composite
def levels(draw, comparator=comparators):
    amount, unit = draw(amounts), draw(st.sampled_from(sorted(FACTORS)))
    return parse_level(written(amount, unit), unit, draw(comparator))


wishes = st.builds(
    lambda times, alive_at, further, extrapolate: Wishes(
        times and tuple(sorted({*times, *(further if extrapolate else ())})), alive_at, extrapolate
    ),
    st.none() | st.lists(days, min_size=1, max_size=4),
    st.none() | st.floats(0, HORIZON, exclude_max=True),
    st.lists(st.floats(HORIZON, 960), max_size=3),
    st.booleans(),
)

recently = st.dates(date(2024, 1, 1), date(2026, 6, 1))
facts = st.builds(
    Facts,
    age=st.none() | st.floats(0, 120),
    birth_year=st.none() | st.integers(1930, 2020),
    el_escorial=st.none() | st.sampled_from(["definite", "possible", "suspected"]),
    onset_date=st.none() | recently,
    svc_percent=st.none() | st.floats(0, 200),
    riluzole_start=st.none() | recently,
    baseline_date=st.none() | recently,
    collected_date=st.none() | recently,
    csf_after_run_in=st.none() | st.booleans(),
    excluded_condition=st.none() | st.booleans(),
)

questions = st.builds(
    Question,
    levels(),
    st.booleans(),
    st.none() | st.floats(0, 1, exclude_min=True),
    st.just(Facts()) | facts,
    st.just(Wishes()) | wishes,
)
studies = st.sampled_from(sorted(STUDIES))
manners = st.builds(
    Manner,
    st.just("estimate") | st.sampled_from(["stratum", "treatment_effect", "survival_curves"]),
    st.sampled_from(["full", "summary", "group"]),
    st.sampled_from(["en", "fr"]),
)
