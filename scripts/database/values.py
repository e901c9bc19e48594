"""Database values as JSON that keeps them exact, and cursors as text that sorts as they do."""

import base64
import json
import math
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import orjson

from scripts.errors import FatalError
from scripts.landing.writer import iso

DIGITS = 20  # the longest 64-bit number has 19
HALF = re.compile(r"\\u[dD][89a-fA-F]")  # of a character, unless the other half follows
DEEP = 200  # brackets; 254 in each other cannot be written


def to_json(value: object) -> object:
    """Numbers that JSON would bend (decimals, whole numbers above 2^53) become text, as do times
    (ISO 8601; those with a zone in UTC), intervals (seconds), bytes (base64), UUIDs and the floats
    that JSON does not know."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if abs(value) <= 2**53 else str(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case Decimal() | UUID():
            return str(value)
        case datetime():
            return iso(value) if value.tzinfo else value.isoformat()
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(Decimal(value // timedelta(microseconds=1)).scaleb(-6))
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(bytes(value)).decode()
        case dict():
            return {str(key): to_json(item) for key, item in value.items()}
        case set() | frozenset():  # of MySQL; in another order each time, which looks like a change
            return sorted(str(to_json(item)) for item in value)
        case list() | tuple():
            return [to_json(item) for item in value]
        case _:
            return str(value)


def exact_json(raw: str | bytes | float) -> object:
    """A JSON column's value; numbers that a float would bend are text. So is all of it that cannot
    be written as JSON again: half a character, as a text that was cut leaves it, or brackets
    hundreds deep."""
    if isinstance(raw, float | int):  # as SQLite keeps it
        return raw
    text = raw if isinstance(raw, str) else raw.decode()
    try:
        found: object = json.loads(text, parse_float=_exact)
        if HALF.search(text) or text.count("[") + text.count("{") > DEEP:
            orjson.dumps([[to_json(found)]])  # in a row, and in a column's list
    except (ValueError, TypeError, RecursionError):
        return text
    return found


def _exact(text: str) -> float | str:
    value = float(text)
    return value if Decimal(repr(value)) == Decimal(text) else text


def to_mark(value: object) -> str:
    """A cursor's value as text. Times without a zone are taken as UTC."""
    match value:
        case datetime():
            return iso(value if value.tzinfo else value.replace(tzinfo=UTC))
        case date():
            return value.isoformat()
        case int() if value >= 0:
            return f"{value:0{DIGITS}d}"
        case _:
            raise FatalError(
                f"a cursor column holds {value!r}: only whole numbers from 0, or times"
            )


def from_mark(mark: str, kind: type) -> object:
    """The value that `mark` stands for, of the column's Python type."""
    if kind is int:
        return int(mark)
    moment = datetime.fromisoformat(mark)
    return moment.date() if kind is date else moment
