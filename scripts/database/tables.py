"""Which tables are pulled, and how: `DATABASE_TABLES`, met with what the database says of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Column, Date, DateTime, Integer, MetaData, Table, inspect
from sqlalchemy.engine import Engine
from sqlalchemy.exc import NoSuchTableError

from scripts.errors import FatalError

ENTRY = re.compile(r"(?P<table>[^:\s]+)(:(?P<cursor>\S+))?")


@dataclass(frozen=True)
class Stream:
    """A table. name: of the stream, `schema_table` in lower case. key: its primary key.

    cursor: the column that only grows (a whole number or a time); None reads the table whole and
    compares, which finds deleted rows too.
    """

    name: str
    table: Table
    key: tuple[Column[object], ...]
    cursor: Column[object] | None


def streams(engine: Engine, declared: str) -> tuple[Stream, ...]:
    """`declared`: comma-separated `table`, `schema.table` or `table:cursor_column`; empty is every
    table of the default schema, read whole. FatalError names the table and what is wrong."""
    entries = [entry.strip() for entry in declared.split(",") if entry.strip()]
    if not entries:
        entries = sorted(inspect(engine).get_table_names())
    found = tuple(_stream(engine, entry) for entry in entries)
    names = [stream.name for stream in found]
    double = {name for name in names if names.count(name) > 1}
    if double:
        raise FatalError(f"DATABASE_TABLES names {sorted(double)} more than once")
    return found


def _stream(engine: Engine, entry: str) -> Stream:
    parts = ENTRY.fullmatch(entry)
    if parts is None:
        raise FatalError(f"DATABASE_TABLES: {entry!r} is not table or table:column")
    schema, _, name = parts["table"].rpartition(".")
    try:
        table = Table(name, MetaData(), autoload_with=engine, schema=schema or None)
    except NoSuchTableError as error:
        raise FatalError(
            f"DATABASE_TABLES: there is no table {parts['table']} in the database"
        ) from error
    key = tuple(table.primary_key.columns)
    if not key:
        raise FatalError(
            f"table {parts['table']} has no primary key, so its rows cannot be told apart: add one"
        )
    plain = re.sub(r"\W+", "_", parts["table"].lower())
    return Stream(plain, table, key, _cursor(table, parts["table"], parts["cursor"]))


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


def described(stream: Stream) -> dict[str, str]:
    """Column → SQL type as the database names it; goes into the manifest."""
    columns: Sequence[Column[object]] = list(stream.table.columns)
    return {str(column.name): str(column.type) for column in columns}
