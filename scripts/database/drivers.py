"""Values that a driver, or SQLAlchemy's reading of them, would refuse and with them the table.

What has no counterpart in Python comes as the database writes it: `infinity`, years before Christ
or of five digits, 24:00:00; in SQLite, which keeps any value in any column, whatever it is.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from psycopg import DataError
from psycopg.types import datetime as loaders
from psycopg.types.string import TextLoader
from sqlalchemy import Column, ColumnElement, Engine, Text, cast, event, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY, DOMAIN
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import Boolean, Enum, Float, NullType, String, Time, TypeDecorator, TypeEngine

MYSQL = ("mysql", "mariadb")
# By what an address says that names no driver, as hosts of databases hand them out.
INSTALLED = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
READ_JSON = ("postgresql", "sqlite", *MYSQL)  # whose JSON is read here, not by a driver


def _months(text: str) -> str:
    """An interval with months, which are not so many days, or without an end, of which psycopg
    makes none at all; ValueError for others."""
    if "mon" in text or "year" in text or "inf" in text:
        return text
    raise ValueError


POSTGRES_TEXTS = ("text", "varchar", "bpchar", "name", 0)  # 0: what psycopg does not know
# Type → what reads it as PostgreSQL usually writes it, and psycopg's own, which reads every style
# but takes twenty times as long.
POSTGRES_TIMES: dict[str, tuple[Callable[[str], object], Any]] = {
    "date": (date.fromisoformat, loaders.DateLoader),
    "time": (time.fromisoformat, loaders.TimeLoader),
    "timetz": (time.fromisoformat, loaders.TimetzLoader),
    "timestamp": (datetime.fromisoformat, loaders.TimestampLoader),
    "timestamptz": (datetime.fromisoformat, loaders.TimestamptzLoader),
    "interval": (_months, loaders.IntervalLoader),
}


def wrong_statement(error: DBAPIError) -> bool:
    """Of SQLite, whose wrong statements are of the same kind as a locked file."""
    return getattr(error.orig, "sqlite_errorname", "") == "SQLITE_ERROR"


def lenient(engine: Engine) -> Engine:
    """The engine, whose connections give what cannot be read as it is written."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _text_or_bytes)
    elif engine.dialect.driver == "psycopg":
        event.listen(engine, "connect", _any_text, insert=True)  # SQLAlchemy's own looks read text
        event.listen(engine, "connect", _times_or_text)
    elif engine.dialect.name in MYSQL:
        event.listen(engine, "connect", _in_utc)
    return engine


def readable(engine: Engine, column: Column[Any]) -> ColumnElement[Any]:
    """The column as it is to be selected."""
    if engine.dialect.name in MYSQL and isinstance(column.type, Time):
        return type_coerce(column, _Span()).label(str(column.name))
    if engine.dialect.name in MYSQL and isinstance(column.type, Float):
        # SQLAlchemy makes a decimal with ten places of a DOUBLE: nothing of 1e-12.
        return type_coerce(column, Float(asdecimal=False)).label(str(column.name))
    if isinstance(column.type, Enum):  # which may have grown since it was looked up
        return type_coerce(column, String()).label(str(column.name))
    item = getattr(column.type, "item_type", None)
    if isinstance(item, DOMAIN | Enum):  # whose arrays psycopg gives as text, `{a,b}`
        plain = item.data_type if isinstance(item, DOMAIN) else item
        plain = Text() if isinstance(plain, Enum) else plain
        return cast(column, ARRAY(plain)).label(str(column.name))
    if engine.dialect.name != "sqlite":
        return column
    return type_coerce(column, _AsStored(column.type)).label(str(column.name))


def _text_or_bytes(connection: Any, _: object) -> None:
    connection.text_factory = _text


def _text(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _in_utc(connection: Any, _: object) -> None:
    """A TIMESTAMP is a moment, but is told in the session's zone and without it."""
    with connection.cursor() as cursor:
        cursor.execute("SET time_zone = '+00:00'")


def _any_text(connection: Any, _: object) -> None:
    """In a database without an encoding psycopg makes bytes of every text, also of names."""
    if connection.info.encoding == "ascii":
        for kind in POSTGRES_TEXTS:
            connection.adapters.register_loader(kind, _TextOrBytes)


class _TextOrBytes(TextLoader):
    def load(self, data: Any) -> str | bytes:
        return _text(bytes(data))


def _times_or_text(connection: Any, _: object) -> None:
    for name, (read, loader) in POSTGRES_TIMES.items():
        connection.adapters.register_loader(name, _or_text(read, loader))


def _or_text(read: Callable[[str], object], loader: Any) -> Any:
    class OrText(loader):  # type: ignore[misc]  # one of five classes
        def load(self, data: Any) -> Any:
            text = bytes(data).decode()
            try:
                return read(text)
            except ValueError:
                pass
            try:
                return super().load(data)
            except (DataError, OverflowError):
                return text

    return OrText


class _Span(TypeDecorator[Any]):
    """MySQL's TIME, which may be below zero or beyond a day: SQLAlchemy makes 01:00 of 25:00."""

    impl = NullType
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if not isinstance(value, timedelta):
            return value
        if timedelta(0) <= value < timedelta(days=1):
            return (datetime.min + value).time()
        hours, rest = divmod(abs(value), timedelta(hours=1))
        return f"{'-' if value < timedelta(0) else ''}{hours}{str(rest)[1:]}"


class _AsStored(TypeDecorator[Any]):
    """A column of SQLite: by its declared type where the value is of it."""

    impl = NullType
    cache_ok = False

    def __init__(self, declared: TypeEngine[Any]) -> None:
        super().__init__()
        self.declared = declared

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        read = self.declared.dialect_impl(dialect).result_processor(dialect, coltype)

        def value(raw: Any) -> Any:
            if isinstance(self.declared, Boolean) and raw not in (0, 1):
                return raw  # SQLAlchemy takes the text "no" for true
            try:
                return self._exact(read(raw), raw) if read else raw
            except (ValueError, TypeError, ArithmeticError):
                return raw

        return value

    def _exact(self, found: Any, raw: Any) -> Any:
        """SQLAlchemy rounds to a declared scale that SQLite does not know, or to ten places, and
        takes any type with a name of its own, such as LONG, for a decimal one: two long keys became
        one, and the key 5 was 5.0000000000."""
        if not isinstance(found, Decimal):
            return found
        stored = Decimal(str(raw))
        scaled = getattr(self.declared, "scale", None) is not None
        return found if scaled and found == stored else stored
