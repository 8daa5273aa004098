"""What a reader of an estimate should be told beside it. Codes are stable; words live elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from app.survival.applicability import Grade
    from app.survival.reading import ReadingKind
    from app.survival.study import Study

Severity: TypeAlias = Literal["info", "caution"]


@dataclass(frozen=True, slots=True)
class Caution:
    """One warning: its code, how much it matters, and the field it is about (JSON Pointer)."""

    code: str
    severity: Severity
    pointer: str


def cautions_for(
    study: Study,
    kind: ReadingKind,
    *,
    unit_assumed: bool,
    assay_cv_assumed: bool,
    extrapolates: bool,
    grade: Grade,
) -> list[Caution]:
    """Every warning that belongs to an estimate, in a fixed order."""
    stratum = study.strata[kind.strata[0]] if len(kind.strata) == 1 else None
    group = stratum.group if stratum else None
    without_interval = group is not None and group.hazard_ratio.lower is None
    answered = group is not None and not kind.is_bound
    told = [
        (unit_assumed, "unit_assumed", "info", "/pnfh/unit"),
        (kind.is_bound, "level_is_a_bound", "info", "/pnfh/comparator"),
        (bool(kind.near), "near_cut_point", "caution", "/pnfh/value"),
        (assay_cv_assumed and not kind.is_bound, "assay_cv_assumed", "info", "/pnfh/assay_cv"),
        (without_interval, "no_interval_published", "caution", "/evidence"),
        (group is not None and not group.pairs, "no_survival_published", "info", "/evidence"),
        (answered and kind.silence is None, "one_ratio_per_stratum", "info", "/pnfh/value"),
        (extrapolates and group is not None, "beyond_follow_up", "caution", "/extrapolate"),
        (grade == "not_applicable", "unlike_the_trial", "caution", "/patient"),
        ("superseded_by_publication" in study.notices, "superseded", "caution", "/evidence"),
    ]
    return [Caution(code, _severity(level), at) for applies, code, level, at in told if applies]


def _severity(level: str) -> Severity:
    return "caution" if level == "caution" else "info"
