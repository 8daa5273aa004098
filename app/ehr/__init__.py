"""FHIR servers of others: asked for what a call did not bring along, if they are allowed."""
