"""The formats that patients come in and go out as."""

from __future__ import annotations

from enum import StrEnum
from typing import IO, Final


class FileFormat(StrEnum):
    """A format of a file of patients."""

    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"


MEDIA_TYPES: Final = {
    FileFormat.CSV: "text/csv",
    FileFormat.NDJSON: "application/x-ndjson",
    FileFormat.PARQUET: "application/vnd.apache.parquet",
}
_PARQUET: Final = b"PAR1"
_GZIP: Final = b"\x1f\x8b"


def is_gzip(file: IO[bytes]) -> bool:
    """Whether the file is compressed; no file of patients begins like that by chance."""
    file.seek(0)
    start = file.read(len(_GZIP))
    file.seek(0)
    return start == _GZIP


def sniff_format(file: IO[bytes]) -> FileFormat:
    """Tell the format by how the file begins."""
    file.seek(0)
    start = file.read(64)
    file.seek(0)
    if start.startswith(_PARQUET):
        return FileFormat.PARQUET
    return FileFormat.NDJSON if start.lstrip().startswith(b"{") else FileFormat.CSV
