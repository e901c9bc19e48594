"""SQL database → landing: what a growing column tells of, or the whole table compared.

Rows come through a server-side cursor, so a table of any size needs little memory here. They are
counted in the same transaction: a connection that broke off early cannot pass for the end.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    CursorResult,
    Engine,
    Row,
    and_,
    create_engine,
    func,
    not_,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    NoSuchModuleError,
    SQLAlchemyError,
)

from scripts.database.clocks import bound, greatest, ordered, unordered
from scripts.database.drivers import INSTALLED, MYSQL, READ_JSON, lenient, readable, wrong_statement
from scripts.database.tables import Stream, described
from scripts.database.values import DIGITS, exact_json, from_mark, to_json, to_mark
from scripts.database.writers import have_ended
from scripts.errors import FatalError, RetriableError
from scripts.landing.pull import Reader, Result
from scripts.landing.pull import pull as land
from scripts.landing.slices import Change, Target, fingerprint
from scripts.landing.store import Store
from scripts.landing.window import NEVER, Request, Slice, Window, normalize_time
from scripts.landing.writer import iso, now_utc

log = logging.getLogger(__name__)
SOURCE = "database"
VERSION = "1"
ROWS = 1000  # fetched at once, if they are small
FEW = 10  # of which nothing is known yet; then each tenth is looked at
CHARACTERS = 16 * 1024 * 1024
# Transactions commit in another order than their numbers and times were given out.
LOOKBACK_TIME = timedelta(minutes=10)
LOOKBACK_NUMBERS = 1000
EARLIEST = datetime.min.replace(tzinfo=UTC) + LOOKBACK_TIME  # nothing is before the year 1
WRONG_ADDRESS = re.compile(
    r"password authentication failed|no pg_hba\.conf entry|(database|role) \S+ does not exist"
    r"|Access denied for user|Unknown database"  # PostgreSQL's, MySQL's
)
# In PostgreSQL a transaction's now() is its beginning, however late it commits. Of other users'
# transactions the time is seen with the role pg_read_all_stats.
OPEN_SINCE = text(
    "SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database() "
    "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


def connect(url: str) -> Engine:
    """An engine for any SQLAlchemy URL whose driver is installed; nothing is opened yet."""
    try:
        given = make_url(url)
        named = given.set(drivername=INSTALLED.get(given.drivername, given.drivername))
        asked: dict[str, Any] = {"pool_pre_ping": True}
        if named.get_backend_name() in READ_JSON:
            asked["json_deserializer"] = exact_json
        return lenient(create_engine(named, **asked))
    # ValueError: a port that is none, mostly because of a password that has an `@`, which would
    # then stand in the trace.
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError):
        raise FatalError(
            "DATABASE_URL is not a SQLAlchemy URL with an installed driver, such as "
            "postgresql+psycopg://user:password@host/name; `/`, `:` and `@` in a password are "
            "written %2F, %3A and %40"
        ) from None


def address(engine: Engine) -> str:
    """Where it is, without who asks and how. Not as a URL, which logs may hide as a secret."""
    url = engine.url
    host = url.host or url.query.get("host") or ""
    server = f"{host}:{url.port}" if url.port else f"{host}"
    where = "/".join(part for part in (server, url.database) if part)
    return f"{url.get_backend_name()} at {where}"


@contextmanager
def explained(table: str = "a table") -> Iterator[None]:
    """The database's errors by kind, without the URL, which holds a password, and without rows."""
    try:
        yield
    except DataError as error:  # of a view; its sentence quotes the value
        said = type(error.orig).__name__
        raise FatalError(
            f"the database cannot give a value of {table} that it was asked for: {said}"
        ) from None
    except DBAPIError as error:
        said = " ".join(str(error.orig).split())[:300]
        if WRONG_ADDRESS.search(said):  # the drivers' kind of error is that of a lost connection
            raise FatalError(f"check DATABASE_URL, the database refused: {said}") from None
        passing = "Operational" in type(error.orig).__name__ and not wrong_statement(error)
        if error.connection_invalidated or passing:
            raise RetriableError(f"the database broke off or did not answer: {said}") from None
        raise FatalError(f"the database refused: {said}") from None
    except SQLAlchemyError as error:
        raise FatalError(f"the database cannot be read: {type(error).__name__}") from None


def pull(engine: Engine, store: Store, stream: Stream, request: Request) -> Result:
    """Pull one table. A table without a cursor column knows no windows: it is read whole."""
    with explained():
        reader = Reader(
            partial(_rows, engine, stream, request.until is not None),
            window=partial(_window, engine, stream),
            snapshot=stream.cursor is None,
            details={"columns": described(engine, stream)},
        )
        return land(store, Target(SOURCE, stream.name, VERSION), request, reader)


def _window(
    engine: Engine, stream: Stream, cursor: str | None, request: Request, lookback: timedelta
) -> Window:
    """Ends at the column's greatest value now (the database's clock counts, not ours), or where the
    oldest transaction that is still open began: its rows may come with that time. Of numbers nobody
    knows when they were given out, and MySQL's now() is no transaction's beginning: there the
    cursor waits for who writes."""
    if stream.cursor is None:
        return Window(None, iso(now_utc()), "")
    if cursor and not request.full_refresh:
        _check_mark(stream, stream.cursor, cursor)
    dialect = engine.dialect.name
    newest = select(func.max(ordered(dialect, stream.cursor))).where(
        not_(unordered(dialect, stream.cursor))
    )
    with engine.connect() as connection:
        found = greatest(dialect, connection.scalar(newest), stream.cursor)
        begun = connection.scalar(OPEN_SINCE) if dialect == "postgresql" else None
        waits = dialect in MYSQL or _kind(stream.cursor) is int
        held = waits and not have_ended(connection, stream.table)
    until = to_mark(found) if found is not None and not held else (cursor or "")
    if held:
        log.warning(
            "database/%s: a transaction writes to it and has not committed; the cursor waits for "
            "it, and what is newer is read again", stream.name,
        )  # fmt: skip
    if begun and _kind(stream.cursor) is not int:
        until = min(
            until, max(to_mark(_of_kind(stream.cursor, begun.astimezone(UTC))), cursor or "")
        )
    if request.until:
        until = min(until, _asked(stream.cursor, request.until, "until"))
    since = _back(stream.cursor, cursor) if cursor and not request.full_refresh else None
    if since and until < since and not request.until:
        # The table was emptied or restored, and counts from the beginning again.
        since = None
    if request.since:
        since = _asked(stream.cursor, request.since, "since")
    remember = _back(stream.cursor, until) if until else (NEVER if held else "")
    return Window(since, until, remember)


def _asked(column: Column[object], text: str, name: str) -> str:
    """A bound that was asked for, as a mark: a number for a number column, else a time."""
    if _kind(column) is not int:
        return normalize_time(text, name)
    if not text.isdecimal():
        raise FatalError(f"{name} is {text!r}, but the cursor column {column} holds whole numbers")
    return to_mark(int(text))


def _check_mark(stream: Stream, column: Column[object], mark: str) -> None:
    number = mark.isdecimal() and len(mark) == DIGITS
    with suppress(ValueError):
        if number == (_kind(column) is int) and (number or datetime.fromisoformat(mark)):
            return
    raise FatalError(
        f"the state of database/{stream.name} says {mark!r}, which is no value of {column}: was "
        "another column named in DATABASE_TABLES? Read the table once with full_refresh"
    )


def _back(column: Column[object], mark: str) -> str:
    if _kind(column) is int:
        return f"{max(0, int(mark) - LOOKBACK_NUMBERS):0{DIGITS}d}"
    moment = datetime.fromisoformat(mark)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return to_mark(_of_kind(column, max(moment, EARLIEST) - LOOKBACK_TIME))


def _kind(column: Column[object]) -> type:
    return column.type.python_type


def _of_kind(column: Column[object], moment: datetime) -> object:
    return moment if _kind(column) is datetime else moment.date()


def _rows(engine: Engine, stream: Stream, ends: bool, piece: Slice) -> Iterator[Change]:
    """ends: whether somebody asked for the window's end; else what is newer comes along."""
    within = _within(engine.dialect.name, stream, ends, piece)
    columns = list(stream.table.columns)
    copies: Counter[str] = Counter()
    with explained(stream.name), engine.connect() as connection:
        if engine.dialect.name != "sqlite":  # whose transactions always see one state
            connection.execution_options(isolation_level="REPEATABLE READ")
        read_at = iso(now_utc())  # of the first query, whose moment is that of all rows
        expected = connection.scalar(select(func.count()).select_from(stream.table).where(within))
        found = connection.execution_options(stream_results=True).execute(
            select(*(readable(engine, column) for column in columns)).where(within)
        )
        count = 0
        for row in _fetched(found):
            count += 1
            yield _change(stream, row, read_at, copies)
        if count != expected:
            raise RetriableError(
                f"database/{stream.name}: read {count} rows, the database counts {expected}; the "
                "cursor was left where it was"
            )


def _fetched(found: CursorResult[Any]) -> Iterator[Row[Any]]:
    """Rows by as many at once as hold about `CHARACTERS`: a thousand pictures of a megabyte do not
    fit into a container."""
    count = FEW
    while rows := found.fetchmany(count):
        yield from rows
        widest = max(len(str(tuple(row))) for row in rows[::FEW])
        count = min(ROWS, max(1, CHARACTERS // widest))


def _within(dialect: str, stream: Stream, ends: bool, piece: Slice) -> ColumnElement[bool]:
    column = stream.cursor
    if column is None or not piece.until:
        return true()
    clock = ordered(dialect, column)
    bounds = [clock <= _bound(dialect, column, piece.until)] if ends else []
    if piece.since:
        bounds.append(clock >= _bound(dialect, column, piece.since))
    return or_(and_(*bounds), unordered(dialect, column)) if bounds else true()


def _bound(dialect: str, column: Column[object], mark: str) -> Any:
    value = from_mark(mark, _kind(column))
    if isinstance(value, datetime) and not getattr(column.type, "timezone", False):
        value = value.replace(tzinfo=None)
    return bound(dialect, column, value)


def _change(stream: Stream, row: Row[Any], read_at: str, copies: Counter[str]) -> Change:
    # str: SQLAlchemy's names are a type of their own.
    names = [str(column.name) for column in stream.table.columns]
    record = {name: to_json(value) for name, value in zip(names, row, strict=True)}
    at = NEVER
    if stream.cursor is not None:
        value = row[names.index(str(stream.cursor.name))]
        tells = isinstance(value, _kind(stream.cursor)) and not (
            isinstance(value, int) and value < 0
        )
        at = to_mark(value) if tells else NEVER
    return Change(_key(stream, record, copies), record, at, read_at=read_at)


def _key(stream: Stream, record: Mapping[str, object], copies: Counter[str]) -> str:
    """`a|b` of a key of two columns; a `|` in a value must not make two rows one. Without a key, or
    with NULL in it as SQLite allows, `<hash of the contents>.<which of its copies>`."""
    values = [record[str(column.name)] for column in stream.key]
    if not values or None in values:
        contents = fingerprint(record)
        copies[contents] += 1
        return f"{contents}.{copies[contents]}"
    parts = [str(value) for value in values]
    if len(parts) == 1:
        return parts[0]
    return "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)
