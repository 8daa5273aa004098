"""Small cohorts for models, drawn once from a seed; a design by hand from named columns."""

import numpy as np

from app.cohort.columns import CategoricalColumn, NumericColumn
from app.cohort.follow_up import CENSORED, DEATH, FollowUp
from app.cohort.models.design import Design


def a_design(**columns):
    """Each keyword is a term of one column."""
    values = np.array(list(columns.values()), dtype=float)
    return Design(values, tuple(columns), (1,) * len(columns))


def a_follow_up(days, died=None, entry=None):
    """Days, and who died: everybody, unless told."""
    days = np.array(days, dtype=float)
    is_dead = np.ones(days.size, bool) if died is None else np.array(died, bool)
    late = None if entry is None else np.array(entry, dtype=float)
    return FollowUp(days, np.where(is_dead, DEATH, CENSORED).astype(np.int8), late)


def numbers(*values):
    return NumericColumn(np.array(values, dtype=float))


def labels(*values):
    categories = tuple(sorted(set(values)))
    codes = np.array([categories.index(value) for value in values], dtype=np.int32)
    return CategoricalColumn(codes, categories)


class Trial:
    """n patients in two arms with a level; the treatment works less the higher the level is."""

    def __init__(self, n=240, seed=7):
        draw = np.random.Generator(np.random.PCG64(seed))
        self.is_treated = draw.random(n) < 0.5
        self.level = draw.lognormal(7.0, 0.8, n)
        self.age = draw.normal(60.0, 10.0, n)
        effect = self.is_treated * (-0.8 + 0.5 * (np.log(self.level) - 7.0))
        rate = np.exp(effect + 0.4 * (np.log(self.level) - 7.0) + 0.02 * (self.age - 60.0))
        death, end = draw.exponential(500.0 / rate), draw.uniform(200.0, 900.0, n)
        self.follow_up = a_follow_up(np.ceil(np.minimum(death, end)), death <= end)

    @property
    def columns(self):
        arm = CategoricalColumn(self.is_treated.astype(np.int32), ("none", "treated"))
        return {"arm": arm, "pnfh": NumericColumn(self.level), "x_age": NumericColumn(self.age)}
