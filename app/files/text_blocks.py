"""A text file in blocks of whole records, whatever its encoding; bounded, whatever is in it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Final

from app.errors import InvalidInput
from app.files.columns import fault_at

LONGEST_LINE: Final = 1_048_576
"""Characters of one line of the file, or nearly so."""

_BLOCK: Final = 131_072
_MOST_QUOTED: Final = 2_097_152
_NOT_TEXT: Final = re.compile("[\ud800-\udfff]")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_NOT_UTF8: Final = "The file must be UTF-8. In a spreadsheet, save it as `CSV UTF-8`."
_LONG_LINE: Final = f"A line may have at most {LONGEST_LINE} characters."


class TextBlocks:
    """The text of a file: UTF-8 with or without a byte order mark, or UTF-16 with one."""

    def __init__(self, file: IO[bytes]) -> None:
        start = file.read(2)
        file.seek(0)
        utf16 = start in _UTF16
        encoding, errors = (
            ("utf-16", "surrogatepass") if utf16 else ("utf-8-sig", "surrogateescape")
        )
        # No translation of line ends: a quoted cell keeps those it has.
        self._text = io.TextIOWrapper(file, encoding, errors, newline="")
        self._lines = 0

    def blocks(self) -> Iterator[str]:
        """Give blocks that end with a line, and not within quotes.

        Raises InvalidInput at the line that is too long or not in the encoding.
        """
        try:
            while block := self._text.read(_BLOCK):
                yield self._checked(self._completed(block))
        except UnicodeDecodeError:
            raise self._refusal("", "not_utf8", _NOT_UTF8) from None
        finally:
            with suppress(ValueError):  # its owner has closed the file already
                self._text.detach()

    def _completed(self, block: str) -> str:
        block += self._read_line(block)
        if block.count('"') % 2 == 0:
            return block
        # An open quote has its end in a later line. A stray one must not swallow the file.
        more, size, is_open = [block], len(block), True
        while is_open and size < _MOST_QUOTED and (line := self._read_line(block)):
            more.append(line)
            size += len(line)
            is_open = line.count('"') % 2 == 0
        return "".join(more)

    def _read_line(self, block: str) -> str:
        line = self._text.readline(LONGEST_LINE)
        if len(line) >= LONGEST_LINE:
            raise self._refusal(block, "line_too_long", _LONG_LINE)
        return line

    def _checked(self, block: str) -> str:
        if not block.isascii() and (wrong := _NOT_TEXT.search(block)):
            raise self._refusal(block[: wrong.start()], "not_utf8", _NOT_UTF8)
        self._lines += len(_LINE_END.findall(block)) if "\r" in block else block.count("\n")
        return block

    def _refusal(self, before: str, code: str, detail: str) -> InvalidInput:
        row = self._lines + len(_LINE_END.findall(before)) + 1
        return InvalidInput([fault_at(row, None, code, detail)])
