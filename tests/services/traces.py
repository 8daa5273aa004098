"""What a database still holds: every value of every table, and the bytes of its files."""

from sqlalchemy import NullPool, create_engine, make_url, text

from app.db.tables import TABLES


def rows(settings, table, postgres_url=None):
    """Read all rows of a table past every policy: with a superuser, or from the file."""
    with _open(settings, postgres_url) as connection:
        return [dict(row) for row in connection.execute(table.select()).mappings()]


def tables_with(settings, texts, postgres_url=None):
    """Say of each text in which tables it stands, in a column of whatever type."""
    held = {
        table.name: [_bytes(v) for row in rows(settings, table, postgres_url) for v in row.values()]
        for table in TABLES
    }
    return {
        wanted: {name for name, values in held.items() if any(wanted.encode() in v for v in values)}
        for wanted in texts
    }


def files_with(settings, texts, postgres_url=None):
    """Say of each text in which files of the database its bytes stand, journals too."""
    files = dict(_files(settings, postgres_url))
    return {
        wanted: {name for name, content in files.items() if wanted.encode() in content}
        for wanted in texts
    }


def _bytes(value):
    return value if isinstance(value, bytes) else str(value).encode()


def _files(settings, postgres_url):
    if settings.database_url is None:
        for path in sorted(settings.data_dir.iterdir()):
            yield path.name, path.read_bytes()
        return
    query = text("""
        SELECT relname, pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class
        WHERE relkind IN ('r', 'i', 't') AND relfilenode <> 0 AND oid > 16384
    """)
    with _open(settings, postgres_url) as connection:
        connection.execute(text("CHECKPOINT"))
        for name, content in connection.execute(query).all():
            yield name, bytes(content)


def vacuum(settings, postgres_url, how=""):
    """Let PostgreSQL clear up, as it does by itself after some time."""
    with _open(settings, postgres_url) as connection:
        for table in TABLES:
            connection.execute(text(f"VACUUM {how} {table.name}"))


def _open(settings, postgres_url):
    url = make_url(settings.sqlalchemy_url.replace("+aiosqlite", ""))
    if settings.database_url is not None:
        url = make_url(postgres_url).set(database=url.database)
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    return engine.connect()
