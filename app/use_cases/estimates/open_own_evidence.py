"""Open a clinic's own evidence beside the published library: for that clinic, and for one request.

Evidence that is not the clinic's own is not found, exactly as if it had never been.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.clinic.fitted_evidence import is_own_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.db.fitted_evidence import FittedEvidenceRepository
    from app.evidence.fitted_study import FittedStudies
    from app.evidence.library import Library


async def open_own_evidence(
    evidence_ids: Iterable[str],
    *,
    library: Library,
    own: FittedEvidenceRepository,
    studies: FittedStudies,
) -> Library:
    """The library, with what the clinic has of the ids asked for."""
    asked = [name for name in dict.fromkeys(evidence_ids) if is_own_id(name)]
    kept = [await own.find(name) for name in asked]
    return library.with_entries(studies.entry(one.content, one.digest) for one in kept if one)


async def open_all_own_evidence(
    *, library: Library, own: FittedEvidenceRepository, studies: FittedStudies
) -> Library:
    """The library, with all that the clinic has of its own."""
    kept = await own.every()
    return library.with_entries(studies.entry(one.content, one.digest) for one in kept)
