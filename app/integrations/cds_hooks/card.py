"""The card: laid out from an answer document, and from nothing else.

It computes nothing. The sentences and the table are the document's own, the numbers in its
`extension` are the document's, digit for digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import quote

from app.answers.phrases import Phrases
from app.integrations.cds_hooks.discovery import SERVICE_ID
from app.integrations.cds_hooks.markdown import bullets, heading, table
from app.integrations.cds_hooks.markdown import plain as plain_text
from app.integrations.cds_hooks.reasons import override_reasons
from app.survival.level import plain

TOPICS: Final = "urn:neurostrata:topic"
NUMBERS: Final = "urn:neurostrata:estimate"
LONGEST_SUMMARY: Final = 139
MOST_DIGITS: Final = 16
"""Characters of a level that a summary has room for, in either language."""

NOTHING: Final[tuple[Any, ...]] = ("", [], {})

Document = Mapping[str, Any]
Indicator = Literal["info", "warning"]


class Sample(NamedTuple):
    """What a card says of the sample: a level of years ago must not look like today's."""

    day: date | None = None
    newer_draft: bool = False
    """Whether there is a newer result that is not final yet."""


def card_of(
    document: Document, phrases: Phrases, uuid: str, base: str, sample: Sample | None = None
) -> dict[str, Any]:
    """Lay a card out; `base` is the address that links to the evidence begin with."""
    sample = sample or Sample()
    evidence = document["evidence"]
    return {
        "uuid": uuid,
        "summary": _summary(document, phrases),
        "detail": _detail(document, phrases, sample),
        "indicator": indicator_of(document),
        "source": _source(evidence, phrases),
        "overrideReasons": override_reasons(phrases),
        "links": _links(evidence["id"], evidence["doi"], phrases, base),
        "extension": {NUMBERS: _numbers(document, sample.day)},
    }


def indicator_of(document: Document) -> Indicator:
    """`warning` where more died with the treatment, surely or not; never more than that."""
    effect = document["treatment_effect"]
    return "warning" if effect and effect["hazard_ratio"]["value"] > 1 else "info"


def without_nothing(value: Any) -> Any:
    """The same plain data without nulls, empty texts, lists and objects: none are allowed."""
    if isinstance(value, dict):
        pairs = [
            (name, without_nothing(inner) if isinstance(inner, dict | list) else inner)
            for name, inner in value.items()
        ]
        return {name: inner for name, inner in pairs if inner is not None and inner not in NOTHING}
    if isinstance(value, list):
        found = [without_nothing(inner) for inner in value]
        return [inner for inner in found if inner is not None and inner not in NOTHING]
    return value


def _summary(document: Document, phrases: Phrases) -> str:
    level = _level(document["input"]["used"], phrases)
    stratum, effect = document["stratum"], document["treatment_effect"]
    name = phrases.say("card", f"stratum_{stratum['id']}") if stratum else ""
    if effect is None:
        return phrases.say("card", str(document["status"]), level=level, stratum=name)
    ratio = effect["hazard_ratio"]
    interval = phrases.say("words", "no_interval")
    if ratio["lower"] is not None:
        limits = (phrases.decimal(ratio[limit], 2) for limit in ("lower", "upper"))
        interval = "({} {} {})".format(*_between(limits, phrases.say("words", "to")))
    value = phrases.decimal(ratio["value"], 2)
    return phrases.say(
        "card", "estimate", level=level, stratum=name, ratio=value, interval=interval
    )


def _between(limits: Any, to: str) -> tuple[str, str, str]:
    lower, upper = limits
    return lower, to, upper


def _level(used: Document, phrases: Phrases) -> str:
    """The level with its own digits: a rounded one could stand on the other side of a cut point."""
    bound = f"{used['comparator']} " if "comparator" in used else ""
    digits, power, exponent = plain(Decimal(str(used["value"]))).partition("E")
    if len(digits) > MOST_DIGITS:
        digits = f"{digits[:MOST_DIGITS]}…"
    return f"{bound}{phrases.pointed(digits)}{power}{exponent} {used['unit']}"


def _detail(document: Document, phrases: Phrases, sample: Sample) -> str:
    """What a clinician needs beside the summary; the primary result is among the sentences."""
    shown = document["presentation"]
    taken = [phrases.say("card", "sampled" if sample.day else "not_dated", day=sample.day)]
    if sample.newer_draft:
        taken.append(phrases.say("card", "newer_draft"))
    head = [phrases.say("card", name) for name in ("measure", "placebo", "il2ld", "difference")]
    rows = [
        (row["label"], row["placebo"], row["il2ld"], row["difference"]) for row in shown["table"]
    ]
    parts = [bullets([*taken, *shown["clinician"]]), table(head, rows)]
    if document["survival_curves"]:
        parts.append(plain_text(phrases.say("card", "bands", level=phrases.per_cent())))
    criteria = document["applicability"]["criteria"]
    for status in ("not_met", "unknown"):
        rules = [criterion["rule"] for criterion in criteria if criterion["status"] == status]
        parts += _list(phrases.say("card", f"criteria_{status}"), rules)
    parts += _list(
        phrases.say("card", "warnings"), [warning["message"] for warning in document["warnings"]]
    )
    parts += _list(
        phrases.say("card", "notices"), [notice["text"] for notice in document["notices"]]
    )
    return "\n\n".join(parts)


def _list(title: str, texts: list[str]) -> list[str]:
    return [heading(title), bullets(texts)] if texts else []


def _source(evidence: Document, phrases: Phrases) -> dict[str, Any]:
    topic = {"system": TOPICS, "code": SERVICE_ID, "display": phrases.say("card", "topic")}
    place = {"url": _address(evidence["doi"])} if evidence["doi"] else {}
    return {"label": evidence["citation"], **place, "topic": topic}


@lru_cache(maxsize=64)
def _links(evidence_id: str, doi: str | None, phrases: Phrases, base: str) -> list[dict[str, str]]:
    page = f"{base}/v1/evidence/{quote(evidence_id, safe='')}"
    addresses = {"evidence": page, "model_card": f"{page}/card"}
    if doi:
        addresses["publication"] = _address(doi)
    return [
        {"label": phrases.say("card", f"link_{name}"), "url": address, "type": "absolute"}
        for name, address in addresses.items()
    ]


@lru_cache(maxsize=64)
def _address(doi: str) -> str:
    return f"https://doi.org/{quote(doi, safe='/')}"


def _numbers(document: Document, sampled: date | None) -> dict[str, Any]:
    """The numbers of the document that a client may want to compute with."""
    effect, stratum = document["treatment_effect"] or {}, document["stratum"] or {}
    curves = document["survival_curves"] or {"arms": []}
    limits = ("id", "lower", "lower_inclusive", "upper", "upper_inclusive", "unit", "membership")
    perhaps = {
        "sampled": sampled,
        "reason": (document["reason"] or {}).get("code"),
        "possible_strata": document.get("possible_strata"),
        "stratum": {name: stratum.get(name) for name in limits},
        "hazard_ratio": _ratio(effect.get("hazard_ratio")),
        "direction": effect.get("direction"),
        "survival_difference": effect.get("survival_difference"),
        "number_needed_to_treat": effect.get("number_needed_to_treat"),
    }
    # Of this nothing is ever missing, so that it is not looked through.
    surely = {
        "status": document["status"],
        "input": document["input"],
        "whole_trial": {"hazard_ratio": _ratio(document["context"]["whole_trial"]["hazard_ratio"])},
        "applicability": document["applicability"]["grade"],
        "evidence": document["evidence"],
        "service": document["service"],
    }
    survival_at = [
        {"arm": arm["id"], "kind": arm["kind"], "level": arm["level"], **row}
        for arm in curves["arms"]
        for row in arm["survival_at"]
    ]
    told: dict[str, Any] = surely | without_nothing(perhaps)
    return told | ({"survival_at": survival_at} if survival_at else {})


def _ratio(ratio: Document | None) -> dict[str, Any]:
    names = ("value", "lower", "upper", "level", "p_value", "kind")
    return {name: (ratio or {}).get(name) for name in names}
