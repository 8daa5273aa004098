"""Read the model card of an evidence file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.answers.phrases import phrases_for, phrases_in
from app.evidence.card import ATTRIBUTES, ICEMAN_QUESTIONS, QUESTIONS
from app.evidence.file_format import PrognosisFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.evidence.card import Card, CredibilityEntry
    from app.evidence.library import Entry, Library

HEAD: Final = ("id", "version", "kind", "title", "citation", "doi")
PLACES: Final = ("i", "ii", "iii", "iv", "v")


def read_card(evidence_id: str, *, library: Library) -> dict[str, Any]:
    """What a reader must know before trusting the numbers. Raises NotFound."""
    entry = library.entry(evidence_id)
    file, card = entry.file, entry.file.card
    credibility = card.subgroup_credibility
    say = (phrases_for(entry.study, "en") if entry.study else phrases_in("en")).notice
    return {
        **{name: getattr(file, name) for name in HEAD},
        "digest": entry.digest,
        "source_attributes": list(_attributes(card)),
        "inputs": card.inputs.model_dump(),
        "validation": card.validation.model_dump() | {"measures": _measures(entry)},
        "subgroup_credibility": _credibility(credibility) if credibility else None,
        "limits": card.limits,
        "safety": card.safety,
        "notices": [{"code": code, "text": say(code)} for code in file.notices],
    }


def _attributes(card: Card) -> Iterator[dict[str, Any]]:
    """Each attribute with its place in the rule: a category is (1) to (9), within it (i) to (v)."""
    number = 0
    for group, (category, labels) in enumerate(ATTRIBUTES.items(), start=1):
        for place, (name, label) in zip(PLACES, labels.items(), strict=False):
            number += 1
            given = card.source_attributes[name].model_dump(exclude_none=True)
            status, value = next(iter(given.items()))
            yield {
                "number": number,
                "id": name,
                "category": category,
                "label": label,
                "reference": f"({group})({place})",
                "status": status,
                "value": value,
            }


def _measures(entry: Entry) -> dict[str, Any]:
    file = entry.file
    found = file.validation if isinstance(file, PrognosisFile) else {}
    return {name: figure.model_dump() for name, figure in found.items()}


def _credibility(entry: CredibilityEntry) -> dict[str, Any]:
    answers = [
        {
            "id": name,
            "instrument": "iceman" if position < ICEMAN_QUESTIONS else "further",
            "question": question,
            **entry.answers[name].model_dump(),
        }
        for position, (name, question) in enumerate(QUESTIONS.items())
    ]
    return entry.model_dump() | {"answers": answers}
