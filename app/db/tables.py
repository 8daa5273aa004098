"""All tables at once, for whoever compares them with the migrations."""

from __future__ import annotations

from typing import Final

from app.db.access_tokens import access_token, used_assertion
from app.db.audit import audit_chain, audit_event
from app.db.cds_feedback import cds_card_count, cds_feedback
from app.db.clinics import clinic
from app.db.cohort_models import cohort_model
from app.db.erasures import erasure
from app.db.estimates import estimate
from app.db.first_answers import first_answer
from app.db.fitted_evidence import fitted_evidence
from app.db.imports import import_run
from app.db.keys import api_key
from app.db.measurements import measurement
from app.db.metadata import metadata
from app.db.patients import patient, patient_version
from app.db.trusted_clients import trusted_client

__all__ = ["TABLES", "metadata"]

TABLES: Final = (
    clinic,
    api_key,
    trusted_client,
    access_token,
    used_assertion,
    patient,
    patient_version,
    measurement,
    estimate,
    erasure,
    import_run,
    cohort_model,
    fitted_evidence,
    cds_feedback,
    cds_card_count,
    first_answer,
    audit_chain,
    audit_event,
)
