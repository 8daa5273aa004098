"""What must be read with numbers from a clinic's own patients."""

from __future__ import annotations

from typing import Final

from app.cohort.cohort import Selection
from app.cohort.disclosure import Verdict
from app.use_cases.cohort.cohorts import Gathered

SYNTHETIC: Final = {
    "code": "synthetic_data",
    "text": "Simulated patients are among these: nothing here is about real people.",
}
OBSERVATIONAL: Final = {
    "code": "observational",
    "text": "These are the clinic's own patients. Unless arms were drawn by lot, differences "
    "between them are not effects of treatment.",
}
FEW: Final = "small_groups_suppressed"
NEAR: Final = "selection_suppressed"


def notices_of(
    gathered: Gathered, selection: Selection, verdict: Verdict | None = None
) -> list[dict[str, str]]:
    """Say what the reader must know of these patients, and what was not told."""
    notices = [OBSERVATIONAL]
    if bool(gathered.cohort.is_synthetic[selection.meant].any()):
        notices.insert(0, SYNTHETIC)
    minimum = gathered.held.disclosures.minimum
    if verdict is None or (verdict.may_count and not selection.used.size):
        return notices
    if not verdict.is_allowed:
        text = (
            f"Nothing is shown: fewer than {minimum} patients could be used, or an earlier answer "
            "and this one together would tell of so few."
        )
        notices.append({"code": NEAR, "text": text})
    elif not all(verdict.shown):
        text = (
            f"Groups of fewer than {minimum} patients are not shown, and others with them where "
            "the difference of two answers would tell of so few."
        )
        notices.append({"code": FEW, "text": text})
    return notices
