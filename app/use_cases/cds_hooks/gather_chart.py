"""Gather what a call is about: out of what came along, and what its server may be asked for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.ehr.talk import EhrAway, Ehrs, Talk
from app.errors import DataMissing, Fault, InvalidInput
from app.integrations.cds_hooks.call import Call
from app.integrations.cds_hooks.chart import (
    Owner,
    Results,
    is_dated,
    is_failure,
    is_newest_first,
    may_be_newest_first,
    next_page,
    patient_faults,
)
from app.integrations.cds_hooks.discovery import PATIENT, RESULTS, search_for
from app.integrations.fhir.element import Element
from app.integrations.fhir.levels import Codes
from app.integrations.fhir.specimens import specimen_to_ask

SECONDS: Final = 3.0
"""How long a server is asked for one call: a clinician waits for the card."""

PATIENT_SECONDS: Final = 1.0
"""How long for the Patient, without whom there is an answer too."""

MOST_PAGES: Final = 10

logger = logging.getLogger("neurostrata")


@dataclass(frozen=True, slots=True)
class Chart:
    """One patient: the Patient, if that could be had, and the results."""

    patient: Element | None
    results: Results


async def gather_chart(
    call: Call, codes: Codes, most_entries: int, *, ehrs: Ehrs, also: Sequence[str] = ()
) -> Chart:
    """Give the patient's chart; `also` are servers of the client's own that may be asked.

    Raises InvalidInput with the element that is wrong or somebody else's, TooLarge, and DataMissing
    if the results can be had in no way.
    """
    server = call.access.server if call.access else None
    owner = Owner(call.patient_id, server)
    talk = None
    if call.access and call.access.is_useful:
        talk = ehrs.talk_to(call.access.server, call.access.token, also)
    results = Results(owner, codes, most_entries)
    sent, page = call.prefetch[PATIENT], call.prefetch[RESULTS]
    _check_sent(sent, page, results)
    asking = None
    if talk is not None and not _is_usable(sent):
        asking = asyncio.create_task(_ask_patient(owner, talk))
    try:
        async with asyncio.timeout(SECONDS):
            await _read_pages(call, page, results, talk)
            if talk is not None:
                await _ask_specimens(results, talk)
            known = sent if _is_usable(sent) else None
            return Chart(known if asking is None else await asking, results)
    except TimeoutError:
        raise _missing(call, f"The FHIR server took longer than {SECONDS:g} seconds.") from None
    finally:
        if asking is not None:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)


def _is_usable(sent: Element) -> bool:
    return sent.is_there and not is_failure(sent)


def _check_sent(patient: Element, page: Element, results: Results) -> None:
    """Look at all that was sent before anything is asked, so that every fault is told at once."""
    faults: list[Fault] = []
    if _is_usable(patient):
        faults += patient_faults(patient, results.owner)
    if _is_usable(page):
        try:
            results.add(page)
        except InvalidInput as error:
            faults += error.faults
    if faults:
        raise InvalidInput(faults)


async def _ask_patient(owner: Owner, talk: Talk) -> Element | None:
    """The server's Patient; None if it does not give one, or not soon."""
    try:
        async with asyncio.timeout(PATIENT_SECONDS):
            given = await talk.ask(f"Patient/{owner.patient_id}")
    except (EhrAway, TimeoutError):
        return None
    found = Element(given, "/fhirServer/Patient")
    if faults := patient_faults(found, owner):
        raise InvalidInput(faults)
    return found


async def _ask_specimens(results: Results, talk: Talk) -> None:
    """Ask for the Specimen of the latest result, where nothing that was sent tells what it is."""
    newest = results.candidates()[:1]
    for address in filter(None, (specimen_to_ask(one, results.specimens) for one in newest)):
        try:
            given = Element(await talk.ask(address), "/fhirServer/Specimen")
        except EhrAway as away:
            logger.warning("a FHIR server did not give a specimen: %s", away)
            return  # the result is then refused, for want of it
        if given.kind == "Specimen" and (faults := results.keep(given, address)):
            raise InvalidInput(faults)


async def _read_pages(call: Call, page: Element, results: Results, talk: Talk | None) -> None:
    """Read the results to the last page, or to one that cannot be followed by anything newer."""
    if not _is_usable(page):
        if talk is None and _says_none(call):
            return
        search = search_for(results.codes, call.patient_id)
        page = await _ask_page(call, talk, search, "/fhirServer/Observation")
        results.add(page)
    seen: set[str] = set()
    while (following := next_page(page)) is not None and not _is_decided(page, results, talk):
        address = following.text or ""
        if address in seen or len(seen) >= MOST_PAGES:
            raise _missing(call, "The pages of the results do not come to an end.")
        seen.add(address)
        place = f"/fhirServer/Observation/page/{len(seen) + 1}"
        page = await _ask_page(call, talk, address, place)
        results.add(page)


def _is_decided(page: Element, results: Results, talk: Talk | None) -> bool:
    """Whether a level on a page in the order asked for makes further pages needless.

    Where nobody may be asked, the client is believed to have sent what it was asked for, as long as
    the page itself does not say otherwise.
    """
    in_order = is_newest_first if talk else may_be_newest_first
    return in_order(page) and any(map(is_dated, results.candidates()))


def _says_none(call: Call) -> bool:
    """Whether the client says by a null that it has no such data, as the standard has it."""
    sent: Any = call.prefetch.value
    return isinstance(sent, dict) and RESULTS in sent and sent[RESULTS] is None


async def _ask_page(call: Call, talk: Talk | None, address: str, place: str) -> Element:
    if talk is None:
        raise _missing(call, _why_not(call))
    try:
        page = Element(await talk.ask(address), place)
    except EhrAway as away:
        raise _not_given(call, str(away)) from None
    if is_failure(page):
        raise _not_given(call, "an OperationOutcome")
    return page


def _not_given(call: Call, why: str) -> DataMissing:
    logger.warning("a FHIR server did not give what was asked: %s", why)
    return _missing(call, f"The FHIR server did not give them: {why}.")


def _why_not(call: Call) -> str:
    if call.access is None:
        return "Send them along, or name a fhirServer with fhirAuthorization."
    if not call.access.is_useful:
        return "The access token is over, or its scopes do not let Observations be read."
    return "The fhirServer is not one that this service may ask; its operator can allow it."


def _missing(call: Call, why: str) -> DataMissing:
    place = f"/prefetch/{RESULTS}"
    told = [Fault(place, "missing", f"The patient's CSF pNFH results are missing here. {why}")]
    if call.access is not None:
        told.append(Fault("/fhirServer", "not_fetched", why))
    return DataMissing(told)
