"""A copy of the SQLite database, made while the service writes, and the way back.

PostgreSQL has tools of its own for this; docs/operations.md tells how they are used here.
"""

from __future__ import annotations

import os
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

from app.db.engine import BUSY_SECONDS, OWNER_ONLY
from app.db.migrations import configuration, newest_version
from app.db.tables import TABLES
from app.errors import ConfigurationFault, Conflict, Fault, InvalidInput, NotFound, Unavailable
from app.settings import Settings

EVERY_CLINIC: Final = "PGOPTIONS='-c neurostrata.clinic_id=*'"
"""Row policies bind the tables' owner too: this lets a dump see the rows of every clinic."""

PG_DUMP: Final = f"{EVERY_CLINIC} pg_dump --format=custom --enable-row-security"
PG_RESTORE: Final = "pg_restore --exit-on-error --single-transaction --no-owner --no-acl"
"""Names of users are of the old server: `migrate` gives the rights anew."""

_NAMES: Final = {table.name for table in TABLES}


def back_up(settings: Settings, target: Path) -> None:
    """Copy the database to a new file that only its owner can read, and check the copy.

    Raises NotFound if there is no database, Conflict if the file is there already, Unavailable if
    it cannot be written, ConfigurationFault on PostgreSQL.
    """
    source = _sqlite_file(settings, f"{PG_DUMP} --file={shlex.quote(str(target))} --dbname=")
    if not source.exists():
        raise NotFound("There is no database in NEUROSTRATA_DATA_DIR.")
    _refuse_existing(target, "It is not overwritten.")
    with _writing(target) as unfinished:
        _copy(source, unfinished)
        _check(unfinished)


def restore(settings: Settings, source: Path, *, force: bool = False) -> bool:
    """Put a backup in the database's place; say whether it must still be migrated.

    Raises NotFound if there is no such file, InvalidInput if it is no sound backup of this or an
    older release, Conflict if there is a database already and `force` does not say that it may
    go, or if something has it open; Unavailable, ConfigurationFault as `back_up` does.
    """
    target = _sqlite_file(settings, f"{PG_RESTORE} {shlex.quote(str(source))} --dbname=")
    if not source.is_file():
        raise NotFound("There is no such backup.")
    version = _check(source)
    if not force:
        _refuse_existing(target, "With --force it is replaced.")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _writing(target) as unfinished:
        _copy(source, unfinished)
        _retire(target)
    return version != newest_version()


def _sqlite_file(settings: Settings, command: str) -> Path:
    url = make_url(settings.sqlalchemy_url)
    if url.get_backend_name() == "sqlite":
        return Path(url.database or "")
    query = {name: value for name, value in url.query.items() if name != "password"}
    shown = url._replace(drivername="postgresql", password=None, query=query)  # type: ignore[arg-type]
    address = shlex.quote(shown.render_as_string(hide_password=False))
    detail = f"The database is PostgreSQL, whose own tools do this: {command}{address}"
    raise ConfigurationFault(detail)


def _refuse_existing(file: Path, advice: str) -> None:
    if file.exists():
        raise Conflict(f"There is such a file already. {advice}")


@contextmanager
def _writing(target: Path) -> Iterator[Path]:
    """Give a file beside the target that takes its place when all went well."""
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        os.close(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, OWNER_ONLY))
    except FileExistsError:
        detail = f"Another run is writing {unfinished.name}, or one was killed: then delete it."
        raise Conflict(detail) from None
    except OSError as error:
        raise Unavailable(f"{target.name} cannot be written: {error.strerror}.") from None
    try:
        yield unfinished
        _put_in_place(unfinished, target)
    except sqlite3.Error as error:
        raise Unavailable(f"{target.name} cannot be written: {error}.") from None
    finally:
        unfinished.unlink(missing_ok=True)


def _put_in_place(unfinished: Path, target: Path) -> None:
    _sync(unfinished)
    unfinished.replace(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    """Wait until the disk has it, so that a power cut cannot take it back."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy(source: Path, target: Path) -> None:
    # All pages in one step: a reader of the write-ahead log sees one moment, and holds up nobody.
    with closing(_open(source)) as read, closing(sqlite3.connect(target)) as written:
        read.backup(written)
        written.execute("PRAGMA journal_mode = DELETE")  # one file, whole in itself


def _check(file: Path) -> str:
    """Give the schema's version. Raises InvalidInput unless the file is sound and known here."""
    try:
        with closing(_open(file)) as opened:
            (verdict,) = opened.execute("PRAGMA integrity_check").fetchone()
            ((version,),) = opened.execute("SELECT version_num FROM alembic_version").fetchall()
            tables = {name for (name,) in opened.execute("SELECT name FROM sqlite_schema")}
    except (sqlite3.Error, ValueError):  # no table; no text; no row, or several
        raise _unfit("no database of this service, or a damaged one") from None
    if verdict != "ok":
        raise _unfit("damaged")
    steps = ScriptDirectory.from_config(configuration()).walk_revisions()
    if version not in {step.revision for step in steps}:
        raise _unfit("of a release that this one does not know, a newer one perhaps")
    if version == newest_version() and not tables >= _NAMES:
        raise _unfit("not whole: a table is missing")
    return str(version)


def _unfit(reason: str) -> InvalidInput:
    return InvalidInput([Fault("", "unfit_database", f"The database is {reason}.")])


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)


def _retire(target: Path) -> None:
    """Leave no log of an earlier database: SQLite would add it to the one that comes."""
    if target.exists():
        with closing(sqlite3.connect(target, timeout=0)) as old:
            try:
                # Only who is alone with a database may do this.
                old.execute("PRAGMA journal_mode = DELETE")
            except sqlite3.OperationalError:
                raise Conflict("The database is in use: stop the service first.") from None
            except sqlite3.DatabaseError:
                pass  # it is damaged: all the more reason to replace it
    for ending in ("-wal", "-shm", "-journal"):
        target.with_name(target.name + ending).unlink(missing_ok=True)
