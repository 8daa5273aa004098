"""Describe the survival of a clinic's own patients, group by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.answers.cohort.survival import show_contrasts, show_groups, show_log_rank
from app.clinic.filter import Filter
from app.cohort.cohort import Cohort, Endpoint, Selection, select
from app.cohort.curves.description import CohortSurvival, Wishes, describe
from app.cohort.disclosure import Verdict
from app.cohort.follow_up import FollowUp
from app.cohort.groups import Groups, count_levels, group_by
from app.errors import Fault, InvalidInput
from app.schemas.variables import YES_OR_NO
from app.use_cases.cohort.cohort_notices import notices_of
from app.use_cases.cohort.cohorts import Cohorts, Gathered

MOST_GROUPS: Final = 60
_YES_OR_NO: Final = frozenset(YES_OR_NO)


@dataclass(frozen=True, slots=True)
class SurvivalQuestion:
    """Whose survival is asked for, in which groups, and what of it."""

    wanted: Filter
    group_by: tuple[str, ...]
    stratify_by: tuple[str, ...]
    endpoint: Endpoint
    competing: bool
    wishes: Wishes

    @property
    def needed(self) -> tuple[str, ...]:
        """The variables without which a patient cannot be used."""
        return tuple(dict.fromkeys((*self.group_by, *self.stratify_by)))


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """What was found, of whom, and what of it may be told."""

    selection: Selection
    groups: Groups
    verdict: Verdict
    found: CohortSurvival


async def describe_survival(
    asked: SurvivalQuestion, clinic_id: str, *, cohorts: Cohorts
) -> tuple[dict[str, Any], Gathered, Described]:
    """Give the answer as CohortSurvivalResponse describes it, and what it was made from.

    Raises InvalidInput if a variable is not known of anybody, or there are too many groups.
    """
    gathered = await cohorts.gather(clinic_id, asked.wanted, asked.needed)
    check_variables(gathered.cohort, {"group_by": asked.group_by, "stratify_by": asked.stratify_by})
    described = await cohorts.compute(_describe, asked, gathered)
    return show_survival(asked, gathered, described), gathered, described


def answer_survival(asked: SurvivalQuestion, gathered: Gathered) -> dict[str, Any]:
    """Describe what was gathered, and lay it out."""
    return show_survival(asked, gathered, _describe(asked, gathered))


def check_variables(cohort: Cohort, named: dict[str, Sequence[str]]) -> None:
    """Refuse variables that no patient has, or with too many values. Raises InvalidInput."""
    faults = []
    for member, names in named.items():
        for place, name in enumerate(names):
            fault = _fault(cohort, name)
            if fault:
                faults.append(Fault(f"/{member}/{place}", *fault))
    if faults:
        raise InvalidInput(faults)


def _fault(cohort: Cohort, name: str) -> tuple[str, str] | None:
    column = cohort.columns[name]
    if len(cohort) and not column.is_stated.any():
        return "unknown_variable", f"No patient of the clinic has a {name}."
    if count_levels(column) > MOST_GROUPS:
        detail = f"{name} has more than {MOST_GROUPS} values: that makes no groups. "
        return "too_many_values", detail + "Ask for it in a model, or filter by it."
    return None


def _describe(asked: SurvivalQuestion, gathered: Gathered) -> Described:
    cohort = gathered.cohort
    past = asked.wishes.landmark
    selection = select(cohort, gathered.meant, asked.endpoint, asked.needed, past=past)
    groups = groups_of(cohort, asked.group_by, selection.used)
    _refuse_many(groups)
    verdict = _judge(asked, gathered, selection, groups)
    strata = None
    if asked.stratify_by:
        strata = groups_of(cohort, asked.stratify_by, selection.used).codes
    found = describe(
        selection.follow_up,
        groups.codes,
        verdict.shown,
        groups.reference if len(groups) else 0,
        asked.wishes,
        strata=strata,
        causes=_causes(asked, gathered, selection),
    )
    return Described(selection, groups, verdict, found)


def _refuse_many(groups: Groups) -> None:
    if len(groups) > MOST_GROUPS:
        detail = f"These make more than {MOST_GROUPS} groups together: name fewer variables."
        raise InvalidInput([Fault("/group_by", "too_many_values", detail)])


def groups_of(cohort: Cohort, names: Sequence[str], used: NDArray[np.intp]) -> Groups:
    """Put the patients at these positions into groups by the variables."""
    columns = [cohort.columns[name].of(used) for name in names]
    return group_by(names, columns, _YES_OR_NO, used.size)


def _judge(
    asked: SurvivalQuestion, gathered: Gathered, selection: Selection, groups: Groups
) -> Verdict:
    codes = np.full(len(gathered.cohort), -1, np.int8)
    codes[selection.used] = groups.codes
    masks = [codes == code for code in range(len(groups))]
    sizes = np.bincount(groups.codes, minlength=len(groups)).tolist()[: len(groups)]
    question = (
        *("survival", asked.wanted.digest, asked.group_by, asked.needed, asked.endpoint),
        asked.wishes.landmark,
    )
    return gathered.held.disclosures.judge(question, gathered.meant, masks, sizes)


def _causes(asked: SurvivalQuestion, gathered: Gathered, selection: Selection) -> FollowUp | None:
    """The same patients with death and competing events told apart."""
    if not asked.competing:
        return None
    meant = np.zeros(len(gathered.cohort), dtype=bool)
    meant[selection.used] = True
    return select(gathered.cohort, meant, "death", (), competing=True).follow_up


def show_survival(
    asked: SurvivalQuestion, gathered: Gathered, described: Described
) -> dict[str, Any]:
    """Lay the whole answer out."""
    selection, verdict = described.selection, described.verdict
    labels = [described.groups.label(code) for code in range(len(described.groups))]
    hidden = not verdict.may_count
    held = gathered.held
    return {
        "kind": "fitted",
        "endpoint": asked.endpoint,
        "time_unit": "day",
        "time_origin": "baseline_date",
        "level": asked.wishes.level,
        "ci_method": "log-log",
        "cohort_version": held.cohort.version,
        "n_total": None if hidden else int(selection.meant.size),
        "n_used": None if hidden else int(selection.used.size),
        "excluded": [] if hidden else [{"reason": e.reason, "n": e.n} for e in selection.excluded],
        "minimum_group": held.disclosures.minimum,
        "group_by": list(asked.group_by),
        "groups": show_groups(described.found, labels, asked.wishes),
        "log_rank": show_log_rank(described.found.log_rank, asked.stratify_by),
        "contrasts": show_contrasts(described.found, labels, asked.wishes),
        "notices": notices_of(gathered, selection, verdict),
    }
