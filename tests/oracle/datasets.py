"""Real data sets as R sees them, row by row, and R's answers about them.

    the = rows("lung")                        # exported by R once, kept in build/datasets
    the.numbers("time")                       # float64, NaN where it is not stated
    the.labels("sex")                         # ("1", "2", None, …), as R writes them
    the.complete("time", "death", "age")      # the rows that state all of these
    asked = answers("lung")["survival"][0]    # data/cohort/lung.json, which lung.R wrote

No patient's row is kept in the repository, and `rows` skips the test where there is no R: ask for
rows inside a test, not while tests are collected. Columns are those of the source; `death` is 1 or
0 everywhere, and `cause`, where there is one, 0 (censored), 1 or 2 as r/cohort/rows.R says.

A file of answers has `made_by`, `r`, `survival_package` (versions), `date`, `dataset` and some of:

`survival`: questions about curves, each with its answer.
    days, event, entry       columns of the follow-up; entry is null where nobody entered late
    group_by, stratify_by    columns; stratify_by is that of the stratified log-rank test
    alive_at                 a landmark: those watched beyond that day, with entry on it; or null
    start_time               R's other rule: S given alive just before that day (deaths on it count)
    level, n_total, n_used   rows that lack one of these columns are left out
    groups[]                 group {column: label}, n, events
        curve                columns time, at_risk, events, censored, survival, standard_error
                             (of S), lower, upper (log-log; null where S is 1 or 0), a row for every
                             time of follow-up; absent where another question of the file has it
        median, median_follow_up   value, lower, upper; null where not reached. Follow-up is the
                             curve of being censored, Surv(days, 1 - event)
        survival_at          columns; times after the group's last follow-up are left out; at_risk
                             of a time without a row of its own is that of the next row, as R has it
        rmst                 tau, value, standard_error; null where follow-up ends before tau while
                             some are alive
    log_rank                 statistic, degrees_of_freedom, p_value; with entry from the score test
                             of the exact partial likelihood, which is the same statistic
    stratified_log_rank      the same within stratify_by; log_rank_rho_1 weighs by S (Peto)

`competing`: days, cause, group_by, level; groups[] with n, curve and probability_at: columns time,
    at_risk and for each cause k `cause_k` (Aalen-Johansen), `cause_k_error`, `cause_k_lower`,
    `cause_k_upper` (log-log of the probability itself); events_k in the curve.

`models`: Cox, Efron. name, days, event, entry, terms, interactions, strata as the service is told
    them (spline: `knots` on the scale `of` log or linear), n_total, n, events, then R's
    coefficients (columns), covariance, log_likelihood, likelihood_ratio, wald, score,
    interaction_test, proportional_hazards (cox.zph by km, one row a coefficient, and GLOBAL),
    concordance (Harrell), uno (tau), predicted[] (for a patient `at`: survival with log-log band,
    cumulative_hazard and its error), effect (hazard ratio `of` a variable `to` a level, `along`
    another), brier (score, and null_score of Kaplan-Meier; deaths weigh 1/G(T-), survivors 1/G(t)).
"""

import json
import shutil
import tempfile
import warnings
from csv import DictReader
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from tests.services.r import run_r

HERE = Path(__file__).parent
SCRIPTS = HERE / "r" / "cohort"
ANSWERS = HERE / "data" / "cohort"
BUILT = HERE.parents[1] / "build" / "datasets"
NAMES = (
    "actg175", "channing", "colon", "gbsg", "heart", "lung", "mgus2", "pbc", "prostate", "veteran",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a data set: texts of each column, an empty one where nothing is stated."""

    texts: dict[str, np.ndarray]

    def __len__(self):
        return next(iter(self.texts.values())).size

    def numbers(self, name):
        """A column as float64, NaN where it is not stated."""
        texts = self.texts[name]
        return np.where(texts == "", "nan", texts).astype(float)

    def labels(self, name):
        """A column as texts, None where it is not stated."""
        return tuple(text or None for text in self.texts[name].tolist())

    def complete(self, *names):
        """The rows that state all of these columns."""
        stated = np.all([self.texts[name] != "" for name in names], axis=0)
        return self.where(stated)

    def where(self, chosen):
        """Some of the rows: a mask or positions."""
        return Rows({name: texts[chosen] for name, texts in self.texts.items()})


@cache
def answers(name):
    """R's answers about a data set."""
    return json.loads((ANSWERS / f"{name}.json").read_text(encoding="utf-8"))


@cache
def rows(name):
    """The rows of a data set; R exports them when they are first asked for."""
    path = BUILT / f"{name}.csv"
    if not is_newer(path, SCRIPTS / "rows.R"):
        export(name, path)
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(DictReader(file))
    return Rows({column: np.array([line[column] for line in lines]) for column in lines[0]})


def export(name, path):
    """Let R write the rows. Several test processes may do so at once: the last one stays."""
    fetch(name)
    with tempfile.TemporaryDirectory(dir=BUILT) as folder:
        run_r(SCRIPTS / "datasets.R", folder, name)
        (Path(folder) / path.name).replace(path)


def fetch(name):
    """Put the rows that R has in none of its packages where rows.R reads them."""
    BUILT.mkdir(parents=True, exist_ok=True)
    target = BUILT / f"{name}.fetched.csv"
    if name in FETCHED and not target.exists():
        with tempfile.TemporaryDirectory(dir=BUILT) as folder:
            FETCHED[name](Path(folder) / target.name).replace(target)


def fetch_prostate(path):
    """Byar and Green's trial of oestrogen (1980), from SurvSet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SurvSet's pickles name modules of an older numpy
        from SurvSet.data import SurvLoader  # noqa: PLC0415 - seconds, and only when it is asked

        frame = SurvLoader().load_dataset("prostate")["df"]
    plain = frame.rename(columns=lambda column: column.removeprefix("num_").removeprefix("fac_"))
    plain.to_csv(path, index=False, float_format="%.17g")
    return path


def fetch_actg175(path):
    """AIDS Clinical Trials Group 175, from the folder of lifelines' data sets."""
    package = Path(find_spec("lifelines").origin).parent
    return shutil.copy(package / "datasets" / "ACTG175.csv", path)


FETCHED = {"prostate": fetch_prostate, "actg175": fetch_actg175}


def is_newer(path, than):
    """Whether a file is there and was made after another."""
    return path.exists() and path.stat().st_mtime > than.stat().st_mtime
