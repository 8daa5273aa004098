"""Finished JSON with gaps: what answers of one kind share is written once, the rest is filled in.

A full answer is some forty kilobytes, of which a level decides a dozen numbers. The document of
one such answer is serialised with marks in the gaps, cut at the marks, and kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from itertools import repeat
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Gap: TypeAlias = tuple[str | int, ...]
"""The path of a value in the document."""


@dataclass(frozen=True, slots=True)
class Splice:
    """The fixed pieces, one more than there are gaps, and the gaps in the order they stand."""

    pieces: tuple[bytes, ...]
    gaps: tuple[Gap, ...]
    tag: bytes

    def fill(self, values: Mapping[Gap, bytes]) -> bytes:
        """The whole document, each gap filled with finished JSON."""
        parts = [b""] * (2 * len(self.gaps) + 1)
        parts[::2] = self.pieces
        parts[1::2] = [values[gap] for gap in self.gaps]
        return b"".join(parts)

    def fill_many(self, columns: Mapping[Gap, Sequence[bytes]]) -> Iterator[tuple[bytes, ...]]:
        """The parts of many documents, to be joined: one tuple each, gaps taken from columns."""
        strands: list[Any] = []
        for piece, gap in zip(self.pieces, self.gaps, strict=False):
            strands += (repeat(piece), columns[gap])
        return zip(*strands, repeat(self.pieces[-1]))

    def as_line(self, first: Gap) -> Splice:
        """The document as a line of a stream, with one more member in front: a gap of its own."""
        opening = b'{"%b":' % str(first[-1]).encode()
        pieces = [opening, b"," + self.pieces[0][1:], *self.pieces[1:]]
        pieces[-1] += b"\n"
        return Splice(tuple(pieces), (first, *self.gaps), self.tag)

    def etag(self, values: Mapping[Gap, bytes]) -> str:
        """A tag that names exactly the bytes that `fill` gives for these values."""
        decided = b"\n".join([self.tag, *(values[gap] for gap in self.gaps)])
        return f'"{blake2b(decided, digest_size=16).hexdigest()}"'


def cut(document: Mapping[str, Any], gaps: Sequence[Gap]) -> Splice:
    """Serialise a document and cut it at those gaps that it has."""
    plain = orjson.loads(orjson.dumps(document))
    marks = {b'"\\u0000gap:%d"' % i: gap for i, gap in enumerate(gaps) if _mark(plain, gap, i)}
    text = orjson.dumps(plain)
    pieces, start, found = [], 0, sorted((text.index(mark), mark) for mark in marks)
    for position, mark in found:
        pieces.append(text[start:position])
        start = position + len(mark)
    pieces.append(text[start:])
    tag = blake2b(b"\x00".join(pieces), digest_size=16).digest()
    return Splice(tuple(pieces), tuple(marks[mark] for _, mark in found), tag)


def _mark(document: Any, gap: Gap, number: int) -> bool:
    """Put a mark in the gap; False where this document has no such place."""
    *path, last = gap
    for step in path:
        document = _step(document, step)
    if _step(document, last) is None:
        return False
    document[last] = f"\x00gap:{number}"
    return True


def _step(document: Any, step: str | int) -> Any:
    if isinstance(step, int):
        return document[step] if isinstance(document, list) and step < len(document) else None
    return document.get(step) if isinstance(document, dict) else None
