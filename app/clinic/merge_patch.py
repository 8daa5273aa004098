"""JSON Merge Patch (RFC 7396) on what a clinic has stated about a patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from app.clinic.patient import PatientFacts


def as_stated(facts: PatientFacts) -> dict[str, Any]:
    """Write the facts as a clinic would send them."""
    stated = {field.name: getattr(facts, field.name) for field in fields(facts)}
    return {name: _plain(value) for name, value in stated.items()}


def merge(facts: PatientFacts, patch: Mapping[str, Any]) -> dict[str, Any]:
    """Give the facts as they would be sent after the patch: nothing of it is judged here.

    A null takes a fact away. Covariates are merged name by name, unless null takes all of them.
    """
    merged = as_stated(facts) | dict(patch)
    covariates = patch.get("covariates")
    if covariates is None:
        merged["covariates"] = {} if "covariates" in patch else merged["covariates"]
    elif isinstance(covariates, Mapping):
        together = dict(facts.covariates) | dict(covariates)
        merged["covariates"] = {
            name: value for name, value in together.items() if value is not None
        }
    return merged


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return dict(value) if isinstance(value, Mapping) else value
