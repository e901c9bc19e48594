"""How a cursor column is ordered, and which of its values stand outside of that order.

SQLite keeps times as text, in any format; two formats compare as text, not as time. PostgreSQL
knows times without an end.
"""

from datetime import date, datetime

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    DateTime,
    String,
    and_,
    case,
    func,
    literal,
    literal_column,
    or_,
)

from scripts.database.drivers import MYSQL
from scripts.landing.writer import now_utc

SQLITE_TIME, SQLITE_DATE = "%Y-%m-%d %H:%M:%f", "%Y-%m-%d"
SQLITE_DATED = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*"
NO_YEAR = "0000-"  # SQLite knows one, Python does not
AS_IT_IS = "+0 days"  # else strftime gives 30 February and 24:00 back


def ordered(dialect: str, column: Column[object]) -> ColumnElement[object]:
    """The column as what grows; of SQLite the same text for the same moment, in UTC, and NULL for
    what is no time or no whole number."""
    if dialect != "sqlite":
        return column
    if not isinstance(column.type, DateTime | Date):
        return case((func.typeof(column) == "integer", column))
    shape = SQLITE_TIME if isinstance(column.type, DateTime) else SQLITE_DATE
    # SQLite takes a number for a Julian day, and the text `now` for this moment.
    dated = and_(
        func.typeof(column) == "text",
        column.op("GLOB")(literal(SQLITE_DATED, String())),
        func.substr(column, 1, len(NO_YEAR)) != NO_YEAR,
    )
    return case((dated, func.strftime(shape, column, AS_IT_IS, type_=String())))


def unordered(dialect: str, column: Column[object]) -> ColumnElement[bool]:
    """Rows whose cursor tells no time that has been: they come with every window, since nothing
    tells when they change. One row dated ahead would else move the cursor there, and what changes
    until then would never be read."""
    clock = ordered(dialect, column)
    empty = clock.is_(None)
    if not isinstance(column.type, DateTime | Date):
        return or_(empty, clock < 0)  # such as the row -1 for `unknown`
    ahead = clock > bound(dialect, column, _now(column))
    if dialect == "postgresql":
        return or_(empty, ahead, column == literal_column("'-infinity'"))
    if dialect in MYSQL:  # 0000-00-00, 2026-00-00
        return or_(empty, ahead, func.month(column) == 0, func.dayofmonth(column) == 0)
    return or_(empty, ahead)


def _now(column: Column[object]) -> object:
    """Times without a zone are taken as UTC; where they are not, some hours are read again."""
    now = now_utc()
    if not isinstance(column.type, DateTime):
        return now.date()
    return now if getattr(column.type, "timezone", False) else now.replace(tzinfo=None)


def greatest(dialect: str, value: object, column: Column[object]) -> object:
    """What max() of `ordered` gave, as a value of the column's type."""
    if dialect != "sqlite" or not isinstance(value, str):
        return value
    moment = datetime.fromisoformat(value)
    return moment if isinstance(column.type, DateTime) else moment.date()


def bound(dialect: str, column: Column[object], value: object) -> object:
    """A value to compare `ordered` with."""
    if dialect == "sqlite" and isinstance(value, datetime):
        return value.isoformat(" ", "milliseconds")
    if dialect == "sqlite" and isinstance(value, date):
        return value.isoformat()
    return value
