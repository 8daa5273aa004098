"""Text in GitHub Flavored Markdown: words stay words, whatever they are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

_MARKUP: Final = re.compile(r"([\\`*_\[\]<>|~&])")
_AT_THE_START: Final = re.compile(r"^(\d{1,9}(?=[.)](?:\s|$)))?([.)#+=-])(?=[\s#+=-]|$)")
# An entity is not taken for a part of an address, so nothing becomes a link by itself.
_LINKS: Final = {"://": "&#58;//", "www.": "www&#46;", "@": "&#64;"}
_LINK: Final = re.compile("|".join(map(re.escape, _LINKS)), re.IGNORECASE)


@lru_cache(maxsize=2048)
def plain(text: str) -> str:
    """Write a text so that it reads as it is, on one line. Most sentences come again and again."""
    escaped = _MARKUP.sub(r"\\\1", " ".join(text.split()))
    escaped = _LINK.sub(lambda found: _LINKS[found[0].lower()], escaped)
    return _AT_THE_START.sub(lambda found: f"{found[1] or ''}\\{found[2]}", escaped)


def heading(text: str) -> str:
    """A line in bold: cards are small, and their headings too."""
    return f"**{plain(text)}**"


def bullets(texts: Iterable[str]) -> str:
    """A list, one text a point."""
    return "\n".join(f"- {plain(text)}" for text in texts)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with a head."""
    written = [[plain(cell) for cell in cells] for cells in (head, *rows)]
    written.insert(1, ["---"] * len(head))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in written)
