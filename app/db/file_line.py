"""The SQLite file itself, for single reads at the door.

A request asks who its caller is before anything else. On SQLite that answer is a few pages of a
file which are in memory already: it takes some microseconds, and handing it to another thread, with
a transaction around it, would take a hundred times as long. Readers wait for nobody in WAL mode;
should one have to, it does not, and the patient way is gone instead.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sqlalchemy import BindParameter
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.selectable import Select
from sqlalchemy.sql.visitors import iterate

NO_PATIENCE: Final = 0.0


class Reading:
    """A query, written for SQLite once; how its values are put in, and its columns read."""

    def __init__(self, query: Select[Any]) -> None:
        dialect = sqlite.dialect(paramstyle="named")
        self.text = str(query.compile(dialect=dialect))
        self._writers = {
            bound.key: bound.type.dialect_impl(dialect).bind_processor(dialect)
            for bound in iterate(query)
            if isinstance(bound, BindParameter)
        }
        self._readers = [
            (column.name, column.type.dialect_impl(dialect).result_processor(dialect, None))
            for column in query.selected_columns
        ]

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The values as the file has them."""
        writers = self._writers
        return {
            name: write(value) if (write := writers[name]) else value
            for name, value in given.items()
        }

    def read(self, row: tuple[Any, ...]) -> dict[str, Any]:
        """The columns by name, as SQLAlchemy would give them."""
        cells = zip(self._readers, row, strict=True)
        return {name: read(cell) if read else cell for (name, read), cell in cells}


class FileLine:
    """One connection to the file, opened when it is first needed, and again if another file is."""

    def __init__(self, file: Path) -> None:
        self._file = file.absolute()
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None

    def ask(self, asked: Reading, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """Give the first row, if there is one. Raises sqlite3.Error or OSError, and waits never."""
        status = self._file.stat()
        if self._connection is None or self._opened != (status.st_dev, status.st_ino):
            self.close()
            self._connection = self._open()
            self._opened = (status.st_dev, status.st_ino)
        row = self._connection.execute(asked.text, asked.values(given)).fetchone()
        return None if row is None else asked.read(row)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        place = f"{self._file.as_uri()}?mode=rw"  # without it, a file that is not there is made
        connection = sqlite3.connect(
            place, uri=True, timeout=NO_PATIENCE, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA query_only = ON")
        return connection
