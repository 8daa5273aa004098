"""Codes: which of them say CSF pNFH. None is standard, so a laboratory's own can be added."""

from __future__ import annotations

from typing import Final

from app.errors import ConfigurationFault

UCUM: Final = "http://unitsofmeasure.org"
LOINC: Final = "http://loinc.org"
SNOMED: Final = "http://snomed.info/sct"
OBSERVATION_STATUS: Final = "http://hl7.org/fhir/observation-status"
OBSERVATION_CATEGORIES: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
SPECIMEN_TYPES: Final = "http://terminology.hl7.org/CodeSystem/v2-0487"

PNFH_SYSTEM: Final = "urn:neurostrata:biomarker"
PNFH_CODE: Final = "pnfh-csf"
PNFH: Final = (PNFH_SYSTEM, PNFH_CODE)

ANTIBODIES: Final = frozenset({(LOINC, "78969-3")})
"""LOINC's only code with the name of the protein is of antibodies against it: never a level."""

CSF_SPECIMENS: Final = frozenset(
    {(SNOMED, "258450006"), (SNOMED, "65216001"), (SPECIMEN_TYPES, "CSF")}
)
OTHER_SPECIMENS: Final = frozenset(
    {
        (SNOMED, "119364003"),  # serum
        (SNOMED, "119361006"),  # plasma
        (SNOMED, "119297000"),  # blood
        (SNOMED, "122575003"),  # urine
        (SNOMED, "67922002"),  # the same as substances
        (SNOMED, "50863008"),
        (SNOMED, "87612001"),
        (SNOMED, "78014005"),
    }
)
"""What may be stated beside CSF by mistake. Of the system v2-0487, that is every other code."""


def read_codes(written: str | None) -> frozenset[tuple[str, str]]:
    """Give the codes that say CSF pNFH: our own, and those of the setting, `system|code,…`.

    Raises ConfigurationFault on what is no code, and on the code of the antibody.
    """
    words = [word.strip() for word in (written or "").split(",") if word.strip()]
    added = [tuple(word.rpartition("|")[::2]) for word in words]
    codes = frozenset((system, code) for system, code in added)
    if any(not system or not code for system, code in codes):
        detail = "NEUROSTRATA_FHIR_PNFH_CODES must be written system|code, with commas between."
        raise ConfigurationFault(detail)
    if codes & ANTIBODIES:
        detail = (
            "NEUROSTRATA_FHIR_PNFH_CODES names LOINC 78969-3: that is the antibody against the "
            "protein, not its level."
        )
        raise ConfigurationFault(detail)
    return codes | {PNFH}
