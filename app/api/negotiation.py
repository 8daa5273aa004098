"""What the caller can read: media types, languages, and what it holds already."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from app.errors import NotAcceptable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.answers.phrases import Language

WEIGHT = re.compile(r"0(\.[0-9]*)?|1(\.0*)?")


def header(headers: list[tuple[bytes, bytes]], name: bytes) -> str:
    """All values of a header, joined; empty when there is none."""
    return ",".join(value.decode("latin-1") for key, value in headers if key == name)


@lru_cache(maxsize=256)
def choose_media_type(accept: str, offered: tuple[str, ...]) -> str:
    """The offered type that the caller likes best. Raises NotAcceptable."""
    if not accept:
        return offered[0]
    wanted = dict(_weighted(accept))
    liking = [_liking(wanted, offer) for offer in offered]
    if max(liking) <= 0:
        raise NotAcceptable(f"This can be had as {', '.join(offered)}.")
    return offered[liking.index(max(liking))]


@lru_cache(maxsize=256)
def choose_language(accepted: str) -> Language:
    """English unless French is liked better. Only words change with it."""
    wanted: dict[str, float] = {}
    for tag, q in _weighted(accepted):
        primary = tag.partition("-")[0]
        wanted[primary] = max(q, wanted.get(primary, 0.0))
    english = wanted.get("en", wanted.get("*", 0.0))
    return "fr" if wanted.get("fr", 0.0) > english else "en"


def holds(if_none_match: str, etag: str) -> bool:
    """Whether the caller holds these bytes already (weak comparison, RFC 9110)."""
    given = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in given or "*" in given


def _weighted(text: str) -> list[tuple[str, float]]:
    found = []
    for part in text.lower().split(",")[:32]:
        kind, *parameters = part.strip().split(";")
        weights = [p.strip()[2:] for p in parameters if p.strip().startswith("q=")]
        found.append((kind.strip(), _weight(weights)))
    return found


def _weight(weights: Sequence[str]) -> float:
    """From 0 to 1 (RFC 9110). What is no weight wants nothing."""
    if not weights:
        return 1.0
    return float(weights[0]) if WEIGHT.fullmatch(weights[0]) else 0.0


def _liking(wanted: Mapping[str, float], offer: str) -> float:
    """The weight of the most specific range: `text/csv;q=0, */*` does not want CSV."""
    ranges = (offer, f"{offer.partition('/')[0]}/*", "*/*")
    return next((wanted[range_] for range_ in ranges if range_ in wanted), 0.0)
