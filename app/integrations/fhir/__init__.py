"""FHIR R4: resources in and out."""
