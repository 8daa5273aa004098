"""What the service tells of itself: its hook, and what it would like to be sent along."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

SERVICE_ID: Final = "als-il2-pnfh"
HOOK: Final = "patient-view"
HOOK_VERSION: Final = "1.0"

PATIENT: Final = "patient"
RESULTS: Final = "pnfh"
"""Keys of what is prefetched: the Patient, and the search for the levels."""

TOKEN: Final = "{{context.patientId}}"  # noqa: S105 - stands for the patient's id in a template
MOST_RESULTS: Final = 10
"""Results asked for: the latest one that stands is used, and few do not."""

TITLE: Final = "Low-dose interleukin-2 in ALS by CSF pNFH"
DESCRIPTION: Final = (
    "Shows for the patient's latest CSF pNFH level what the MIROCALS trial reported about low-dose "
    "interleukin-2: the hazard ratio of death with its interval, modelled survival with and "
    "without it, and the trial's primary result, which was not significant. It suggests no "
    "treatment."
)
REQUIREMENTS: Final = (
    "Needs the patient's CSF pNFH as Observations with a code known here: prefetched, or from a "
    "FHIR R4 server that the service is allowed to ask, with fhirAuthorization. Calls carry an API "
    "key or a trusted client's JWT. For research use: not a medical device."
)

Codes = frozenset[tuple[str, str]]


def discovery(codes: Codes, version: str) -> dict[str, Any]:
    """Describe the service; `codes` are those that say CSF pNFH."""
    return {
        "services": [
            {
                "hook": HOOK,
                "title": TITLE,
                "description": DESCRIPTION,
                "id": SERVICE_ID,
                "prefetch": {
                    PATIENT: f"Patient/{TOKEN}",
                    RESULTS: search_for(codes, TOKEN),
                },
                "usageRequirements": REQUIREMENTS,
                "version": version,
                "hookVersion": HOOK_VERSION,
            }
        ]
    }


def search_for(codes: Codes, patient_id: str) -> str:
    """The search for a patient's levels, newest first, as a relative address.

    Only what every server can do: token parameters by equality, `_sort` and `_count`.
    """
    written = ",".join(quote("|".join(code), safe=":/.-") for code in sorted(codes))
    return f"Observation?patient={patient_id}&code={written}&_sort=-date&_count={MOST_RESULTS}"
