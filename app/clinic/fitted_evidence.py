"""Evidence that was fitted from a clinic's own patients, as it is kept: its bytes never change."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

IS_OWN_ID: Final = re.compile(r"fitted-[0-9a-f]{8}")
"""What the id of such evidence looks like: nothing published is called so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedEvidence:
    """One document of evidence. `content` is JSON; `digest` is written `sha256:…`.

    `cohort_version` names the state of the clinic's records that the model `model_id` was of.
    """

    id: str
    version: str
    created_at: datetime
    created_by: str
    model_id: str
    cohort_version: str
    digest: str
    content: bytes = field(repr=False)


def is_own_id(evidence_id: str) -> bool:
    """Whether evidence of this id can only be some clinic's own."""
    return IS_OWN_ID.fullmatch(evidence_id) is not None
