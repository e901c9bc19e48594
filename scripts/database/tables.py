"""Which tables are pulled, and how: `DATABASE_TABLES`, met with what the database says of them."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Column, Date, DateTime, Integer, MetaData, Table, inspect, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import (
    CompileError,
    NoSuchTableError,
    OperationalError,
    UnreflectableTableError,
)

from scripts.database.drivers import wrong_statement
from scripts.errors import FatalError

# Names stand as they are, or in double quotes where they hold spaces, dots, colons or commas.
ENTRY = re.compile(
    r'(?:(?P<schema>"[^"]+"|[^":\s]+)\.)?(?P<table>"[^"]+"|[^".:\s]+)(?::(?P<cursor>"[^"]+"|\S+))?'
)
PARTITIONS = text(
    "SELECT part.relname FROM pg_inherits JOIN pg_class part ON part.oid = inhrelid "
    "JOIN pg_class whole ON whole.oid = inhparent AND whole.relkind = 'p' "
    "AND whole.relnamespace = part.relnamespace "
    "WHERE part.relnamespace = to_regnamespace(quote_ident(current_schema()))"
)
ENTRIES = re.compile(r'(?:"[^"]*"|[^",])+')


@dataclass(frozen=True)
class Stream:
    """A table. name: of the stream, `schema_table` in lower case and ASCII. key: its primary key;
    empty where it has none, as a view: then its rows are known by their contents, and it is read
    whole.

    cursor: the column that only grows (a whole number or a time); None reads the table whole and
    compares, which finds deleted rows too.
    """

    name: str
    table: Table
    key: tuple[Column[object], ...]
    cursor: Column[object] | None


def streams(engine: Engine, declared: str) -> tuple[Stream, ...]:
    """As `readable_streams`; FatalError for the first table that cannot be pulled."""
    found, refused = readable_streams(engine, declared)
    if refused:
        raise refused[0]
    return found


def readable_streams(
    engine: Engine, declared: str
) -> tuple[tuple[Stream, ...], tuple[FatalError, ...]]:
    """`declared`: comma-separated `table`, `schema.table` or `table:cursor_column`; empty is every
    table of the default schema, read whole. With an error for each table that cannot be pulled,
    which names it and what is wrong: one that was dropped must not stop the others."""
    entries = [entry.strip() for entry in ENTRIES.findall(declared) if entry.strip()]
    tables = [] if entries else _tables(engine)
    if not entries and not tables:
        raise FatalError("the database has no tables: check the name in DATABASE_URL")
    found: list[Stream] = []
    refused: list[FatalError] = []
    for read in (
        *(partial(_declared, engine, entry) for entry in entries),
        *(partial(_stream, engine, None, table, None) for table in tables),
    ):
        try:
            found.append(read())
        except FatalError as error:
            refused.append(error)
    names = [stream.name for stream in found]
    double = {name for name in names if names.count(name) > 1}
    if double and not entries:
        raise FatalError(
            f"the database has more than one table called {sorted(double)}, but for capitals and "
            "signs: name those to be pulled in DATABASE_TABLES"
        )
    if double:
        raise FatalError(f"DATABASE_TABLES names {sorted(double)} more than once")
    return tuple(found), tuple(refused)


def _tables(engine: Engine) -> list[str]:
    """Those of the default schema, without the partitions of another one of them, whose rows it
    has: a month's partition would be a stream of its own each month."""
    found = set(inspect(engine).get_table_names())
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            found -= set(connection.scalars(PARTITIONS))
    return sorted(found)


def _declared(engine: Engine, entry: str) -> Stream:
    parts = ENTRY.fullmatch(entry)
    if parts is None:
        raise FatalError(
            f"DATABASE_TABLES: {entry!r} is not table or table:column; a name with spaces or dots "
            "stands in double quotes"
        )
    schema, name, cursor = (part.strip('"') if part else None for part in parts.groups())
    assert name
    return _stream(engine, schema, name, cursor)


def _stream(engine: Engine, schema: str | None, name: str, cursor: str | None) -> Stream:
    said = f"{schema}.{name}" if schema else name
    try:
        # Not what it refers to: that may be gone, or nobody's to see.
        table = Table(name, MetaData(), autoload_with=engine, schema=schema, resolve_fks=False)
    except NoSuchTableError as error:
        raise FatalError(f"DATABASE_TABLES: there is no table {said} in the database") from error
    except (UnreflectableTableError, OperationalError) as error:
        if isinstance(error, OperationalError) and not wrong_statement(error):
            raise
        raise FatalError(
            f"DATABASE_TABLES: {said} is a view of something that is not there any more"
        ) from error
    key = tuple(table.primary_key.columns)
    if cursor and not key:
        raise FatalError(
            f"table {said} has no primary key, so a changed row of it cannot be told from a new "
            "one: name it in DATABASE_TABLES without a column, and it is read whole"
        )
    return Stream(_plain(said), table, key, _cursor(table, said, cursor))


def _plain(name: str) -> str:
    """A name that Spark takes unquoted: `Größen` is `grossen`, and `表` is `u8868`. `_orders` is
    `table_orders`: Spark does not look into folders that begin with an underscore."""
    parts = unicodedata.normalize("NFKD", name.casefold())  # `ö` is `o` and its dots
    bare = (sign for sign in parts if not unicodedata.combining(sign))
    letters = (f"u{ord(c):x}" if c.isalnum() and not c.isascii() else c for c in bare)
    plain = re.sub(r"\W+", "_", "".join(letters), flags=re.ASCII)
    return f"table{plain}" if plain.startswith("_") else plain


def _cursor(table: Table, said: str, name: str | None) -> Column[object] | None:
    if name is None:
        return None
    if name not in table.columns:
        raise FatalError(f"DATABASE_TABLES: table {said} has no column {name}")
    column = table.columns[name]
    if not isinstance(column.type, Integer | DateTime | Date):
        raise FatalError(
            f"DATABASE_TABLES: {said}:{name} is of type {column.type}; a cursor is a whole number "
            "or a time"
        )
    return column


def described(engine: Engine, stream: Stream) -> dict[str, str]:
    """Column → SQL type as the database names it; goes into the manifest."""
    columns: Sequence[Column[object]] = list(stream.table.columns)
    return {str(column.name): _named(engine, column) for column in columns}


def _named(engine: Engine, column: Column[object]) -> str:
    try:
        return column.type.compile(engine.dialect)
    except CompileError:  # of a type that SQLAlchemy does not know
        return str(column.type)
