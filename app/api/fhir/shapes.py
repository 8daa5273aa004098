"""Judging the shapes of what was sent, without holding up whoever else is served meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.integrations.fhir.shapes import is_known, shape_faults

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.errors import Fault
    from app.integrations.fhir.element import Element


async def faults_of_shape(resource: Element) -> list[Fault]:
    """Judge one resource, and let others go on before the next one."""
    await asyncio.sleep(0)
    return shape_faults(resource)


async def faults_of_shapes(resources: Iterable[Element]) -> list[Fault]:
    """Judge all of them."""
    return [fault for one in resources for fault in await faults_of_shape(one)]


async def get_ready() -> None:
    """Import what judges shapes, which takes long the first time, beside the event loop."""
    await asyncio.to_thread(is_known, "Patient")
