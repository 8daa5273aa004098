"""The CapabilityStatement: what this FHIR door does, for programs that ask first."""

from __future__ import annotations

from typing import Any, Final

from app.integrations.fhir.extensions import url_of
from app.integrations.fhir.search import PARAMETERS

FHIR_VERSION: Final = "4.0.1"
STATED: Final = "2026-11-28"
"""Day of the last change to what is stated here."""

FORMATS: Final = ("application/fhir+json", "application/json", "json")
OPERATION: Final = "pnfh-survival"
SECURITY_SERVICES: Final = "http://terminology.hl7.org/CodeSystem/restful-security-service"
OAUTH_URIS: Final = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"

TYPES: Final = {
    "_id": "token",
    "identifier": "token",
    "_lastUpdated": "date",
    "patient": "reference",
    "subject": "reference",
    "code": "token",
    "status": "token",
    "category": "token",
    "date": "date",
}
"""Search parameter -> its type."""

SAYS: Final = {
    "Patient": "A patient under a pseudonym, with the facts that the evidence asks for.",
    "Observation": "A CSF pNFH level, with the digits and the unit it was reported in.",
    "RiskAssessment": "An estimate that was kept: laid out from the very answer that was given.",
}
CREATED: Final = ("Patient", "Observation")


def capability_statement(base: str, address: str, version: str) -> dict[str, Any]:
    """State what is done at `base`; `address` is that of the whole service."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": STATED,
        "kind": "instance",
        "software": {"name": "neurostrata", "version": version},
        "implementation": {
            "description": "Survival estimates in ALS by CSF pNFH, and a clinic's own records",
            "url": base,
        },
        "fhirVersion": FHIR_VERSION,
        "format": list(FORMATS),
        "rest": [
            {
                "mode": "server",
                "documentation": "A key or a token sees the records of its own clinic alone.",
                "security": _security(address),
                "resource": [_resource(kind) for kind in PARAMETERS],
                "interaction": [{"code": "transaction"}],
                "operation": [
                    {
                        "name": OPERATION,
                        "definition": url_of(f"operation:{OPERATION}"),
                        "documentation": "A Bundle or Parameters with a Patient and CSF pNFH "
                        "Observations in, a RiskAssessment out. Nothing is stored.",
                    }
                ],
            }
        ],
    }


def _security(address: str) -> dict[str, Any]:
    token = {"url": "token", "valueUri": f"{address}/oauth/token"}
    return {
        "extension": [{"url": OAUTH_URIS, "extension": [token]}],
        "service": [{"coding": [{"system": SECURITY_SERVICES, "code": "SMART-on-FHIR"}]}],
        "description": "A clinic's API key as a bearer token, or SMART Backend Services.",
    }


def _resource(kind: str) -> dict[str, Any]:
    deeds = ["read", "search-type", *(["create"] if kind in CREATED else [])]
    made: dict[str, Any] = {"conditionalCreate": True} if kind in CREATED else {}
    return {
        "type": kind,
        "documentation": SAYS[kind],
        "interaction": [{"code": deed} for deed in deeds],
        "versioning": "versioned",
        "readHistory": False,
        "updateCreate": False,
        "conditionalRead": "not-match",
        **made,
        "searchParam": [
            {"name": name, "type": TYPES[name], "documentation": says}
            for name, says in PARAMETERS[kind].items()
        ],
    }
