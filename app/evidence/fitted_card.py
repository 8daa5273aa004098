"""The card of own evidence: what to know before trusting it, said alike of every fit."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from app.evidence.fitted_document import Fit

FORM = Path(__file__).parent / "fitted_card.yaml"


def fitted_card(fit: Fit, patients: str, horizon: int, strata_of: str) -> dict[str, Any]:
    """The card of one fit."""
    words = {
        "fit": f"model {fit.model_id}, cohort version {fit.cohort_version}, {fit.fitted_date}",
        "model_id": fit.model_id,
        "adjustment": fit.adjustment,
        "patients": patients,
        "horizon": str(horizon),
        "strata_of": strata_of,
    }
    filled: dict[str, Any] = _filled(_form(), words)
    return filled


@cache
def _form() -> dict[str, Any]:
    form: dict[str, Any] = yaml.safe_load(FORM.read_text(encoding="utf-8"))
    return form


def _filled(part: Any, words: dict[str, str]) -> Any:
    if isinstance(part, dict):
        return {name: _filled(inner, words) for name, inner in part.items()}
    if isinstance(part, list):
        return [_filled(inner, words) for inner in part]
    return part.format(**words) if isinstance(part, str) else part
