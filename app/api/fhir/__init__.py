"""The FHIR R4 door: a clinic's records and estimates as resources."""
