"""Read a file of patients, judge every row, and stage those that are right in a file of our own.

Nothing is asked of the database. It is done step by step, so that others have their turn.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Final

from app.clinic.import_run import FaultList
from app.errors import InvalidInput, TooLarge
from app.files.columns import HEADER_ROW, fault_at
from app.files.file_format import FileFormat, is_gzip, sniff_format
from app.files.staged_rows import StagedRow, staged_rows

ROWS: Final = 2_000
"""Rows of one step: some fifty milliseconds."""

_PIECE: Final = 1_048_576


@dataclass(slots=True)
class StagedFile:
    """What was found of a file: its good rows, ready for Staging, and the faults of the rest."""

    lines: IO[bytes]
    faults: FaultList
    rows_total: int = 0
    rows_rejected: int = 0


class FileStager:
    """Stages one file. `step` until it says False, then take `staged`; close it in the end.

    Steps raise TooLarge if the file unfolds to more than `most_bytes`.
    """

    def __init__(self, file: IO[bytes], form: FileFormat | None, most_bytes: int) -> None:
        self._file = file
        self._form = form
        self._most_bytes = most_bytes
        self._steps = self._run()
        self.staged = StagedFile(_nameless(), FaultList())

    def step(self) -> bool:
        """Go on for a while. Says whether there is more to do."""
        return next(self._steps, None) is not None

    def progress(self) -> float:
        """How much of the file has been read, from 0 to 1; of a compressed one, twice."""
        if self._file.closed:
            return 1.0
        return self._file.tell() / (os.fstat(self._file.fileno()).st_size or 1)

    def close(self) -> None:
        """Let go of the files."""
        self._file.close()
        self.staged.lines.close()

    def _run(self) -> Iterator[bool]:
        if is_gzip(self._file):
            yield from self._unfold()
        try:
            rows = staged_rows(self._file, self._form or sniff_format(self._file))
            while block := list(islice(rows, ROWS)):
                self._keep(block)
                yield True
        except InvalidInput as error:
            # The rest of the file cannot be read, so none of it can be kept in any mode.
            self.staged.faults.add(error.faults)
            raise InvalidInput(self.staged.faults.told(), summary(self.staged.faults)) from None

    def _check_size(self, size: int) -> None:
        if size > self._most_bytes:
            raise TooLarge(f"The file may unfold to {self._most_bytes} bytes at most.")

    def _keep(self, block: list[StagedRow]) -> None:
        staged = self.staged
        staged.rows_total += len(block)
        good = [row for row in block if isinstance(row, str)]
        staged.lines.write("".join(good).encode())
        if len(good) < len(block):
            staged.rows_rejected += len(block) - len(good)
            for row in block:
                if not isinstance(row, str):
                    staged.faults.add(row)

    def _unfold(self) -> Iterator[bool]:
        unfolded, size = _nameless(), 0
        try:
            for piece in _gunzip(self._file):
                size += len(piece)
                self._check_size(size)
                unfolded.write(piece)
                yield True
        except (zlib.error, EOFError):
            unfolded.close()
            detail = "The file is not whole, or not compressed with gzip."
            raise InvalidInput([fault_at(HEADER_ROW, None, "not_gzip", detail)]) from None
        except TooLarge:
            unfolded.close()
            raise
        self._file.close()
        self._file = unfolded


def summary(faults: FaultList) -> str:
    """Say in a sentence how much is wrong with a file."""
    many = "There is 1 fault" if faults.total == 1 else f"There are {faults.total} faults"
    return f"{many} in the file. Nothing was stored."


def _gunzip(file: IO[bytes]) -> Iterator[bytes]:
    """Unfold a gzip file of one or more members. Raises zlib.error, or EOFError if it is cut."""
    inflate, is_open = zlib.decompressobj(wbits=31), False
    data = file.read(_PIECE)
    while data:
        is_open = True
        yield inflate.decompress(data, _PIECE)
        data = inflate.unconsumed_tail or inflate.unused_data
        if inflate.eof:
            inflate, is_open = zlib.decompressobj(wbits=31), False
        data = data or file.read(_PIECE)
    if is_open:
        raise EOFError


def _nameless() -> IO[bytes]:
    return TemporaryFile(prefix="neurostrata-")
