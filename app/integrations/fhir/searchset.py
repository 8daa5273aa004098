"""Bundles that the service sends: what a search found, and what a transaction did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.integrations.fhir.resources_out import stated

Json = Mapping[str, Any]


def searchset(
    resources: Sequence[Json], base: str, asked: str, following: str | None, total: int | None
) -> dict[str, Any]:
    """A page of what was found. `base` is the address of the FHIR door.

    `total` is how many there are in all, where that is known.
    """
    links = [{"relation": "self", "url": asked}]
    if following is not None:
        links.append({"relation": "next", "url": following})
    bundle = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": total,
        "link": links,
        "entry": [_found(resource, base) for resource in resources],
    }
    return stated(bundle)


def transaction_response(entries: Sequence[Json]) -> dict[str, Any]:
    """What became of each entry, in their order."""
    return {
        "resourceType": "Bundle",
        "type": "transaction-response",
        "entry": [{"response": dict(entry)} for entry in entries],
    }


def entry_response(
    *, is_new: bool, place: str, version: int, modified: datetime, outcome: Json | None
) -> dict[str, Any]:
    """What became of one entry: where it is now, and what of it was not kept."""
    return stated(
        {
            "status": "201 Created" if is_new else "200 OK",
            "location": place,
            "etag": weak_tag(version),
            "lastModified": modified,
            "outcome": outcome,
        }
    )


def weak_tag(version: int) -> str:
    """The ETag of a resource's version, as FHIR writes it."""
    return f'W/"{version}"'


def _found(resource: Json, base: str) -> dict[str, Any]:
    return {
        "fullUrl": f"{base}/{resource['resourceType']}/{resource['id']}",
        "resource": dict(resource),
        "search": {"mode": "match"},
    }
