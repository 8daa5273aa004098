"""Bytes in, blocks of whole lines out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 8_192
"""Bytes of lines handled in one go: some hundred lines, a fraction of a millisecond."""


class LineCutter:
    """Cuts a stream into blocks of whole lines. None stands for a line that is too long."""

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self._window = min(BLOCK, longest + 1)  # no line in a block can be too long
        self._rest = b""
        self._dropping = False

    def cut(self, chunk: bytes) -> Iterator[bytes | None]:
        """The blocks that a chunk completes; what is left of a line waits for the next chunk."""
        text = self._rest + chunk
        if self._dropping:
            text = self._after_the_line(text)
        end = text.rfind(b"\n") + 1
        yield from self._blocks(text[:end])
        self._rest = text[end:]
        if len(self._rest) > self.longest:
            self._rest, self._dropping = b"", True
            yield None

    def last(self) -> bytes:
        """The last line, if it had no line end."""
        return self._rest

    def _after_the_line(self, text: bytes) -> bytes:
        end = text.find(b"\n") + 1
        self._dropping = not end
        return text[end:] if end else b""

    def _blocks(self, lines: bytes) -> Iterator[bytes | None]:
        start = 0
        while start < len(lines):
            end = lines.rfind(b"\n", start, start + self._window) + 1
            end = end or lines.find(b"\n", start) + 1
            yield None if end - start > self.longest + 1 else lines[start:end]
            start = end
