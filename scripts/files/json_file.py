"""JSON and JSON Lines → rows, in bounded memory, every record's text as it was written."""

import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

import orjson

from scripts.files.rows import MAX_RECORD, BadFileError, Rejected, Row
from scripts.files.text import lines

WRAPPED = re.compile(r'\{\s*"(?:orders|data)"\s*:\s*(?=\[)')
# What the standard library's reader takes and no other does: not a number, half a character.
ODD = re.compile(r"NaN|Infinity|\\u[dD][89a-fA-F]")
SPACE = re.compile(r"[ \t\r\n]*")
NEWLINES = str.maketrans("\r\n", "  ")


def json_rows(pieces: Iterator[str], *, by_lines: bool) -> Iterator[Row | Rejected]:
    """Rows of a list, of `{"orders": [...]}` or `{"data": [...]}`, of one object, or a line each.

    The content decides: many a `.json` holds a record a line, and `.jsonl` a list.
    """
    text = _Text(pieces)
    first = text.peek()
    if first == "[":
        yield from _list(text)
        _expect_end(text)
    elif by_lines or _record_a_line(text):
        yield from _lines(text.rest(), text.line)
    elif first == "{":
        yield from _object(text)
    else:
        raise BadFileError("it is not JSON" if first else "it is empty")


def _lines(pieces: Iterator[str], first: int) -> Iterator[Row | Rejected]:
    for number, line in enumerate(lines(pieces), first):
        if line.strip():
            yield _line(number, line)


def _line(number: int, line: str) -> Row | Rejected:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return Rejected(number, f"not JSON: {error.msg}", line)
    if isinstance(record, dict) and any(map(_rounded, record.values())):
        try:
            record = json.loads(line)
        except RecursionError:
            return Rejected(number, "not JSON: too many brackets in each other", line)
    return _row(number, line.strip(), record)


def _rounded(value: object) -> bool:
    """Whether orjson may have rounded it: parcels have numbers of 22 digits, and are known by
    them."""
    return isinstance(value, float) and abs(value) >= 2**63


def _item(line: int, text: str, record: Any, nth: int = 1) -> Row | Rejected:
    if ODD.search(text):
        try:
            orjson.loads(text)
        except orjson.JSONDecodeError as error:
            return Rejected(line, f"not JSON: {error.msg}", text, nth)
    return _row(line, text, record, nth)


def _row(line: int, text: str, record: Any, nth: int = 1) -> Row | Rejected:
    if not isinstance(record, dict):
        return Rejected(line, "not an object", text, nth)
    # A newline inside a JSON string is always escaped, so these stand between values.
    return Row(line, text.translate(NEWLINES), record, nth)


def _record_a_line(text: "_Text") -> bool:
    line, _, more = text.ahead().partition("\n")
    if not more.strip():
        return False
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _object(text: "_Text") -> Iterator[Row | Rejected]:
    wrapper = WRAPPED.match(text.ahead())
    if not wrapper:
        line, raw, record = text.value()
        yield _item(line, raw, record)
        after = text.peek()
        if after and text.line > line and "\n" not in raw:  # a first record longer than a piece
            yield from _lines(text.rest(), text.line)
        else:
            _expect_end(text)
        return
    text.skip(wrapper.end())
    yield from _list(text)
    rest = '{"list": 0'
    for piece in text.rest():
        rest += piece
        if len(rest) > MAX_RECORD:
            raise BadFileError("what follows its list is longer than 64 MB", text.line)
    try:
        after = json.loads(rest)
    except (ValueError, RecursionError) as error:
        raise BadFileError("it is cut off or broken after its list", text.line) from error
    if any(isinstance(after.get(name), list) for name in ("orders", "data")):
        raise BadFileError("it holds two lists of records: drop them one by one", text.line)


def _list(text: "_Text") -> Iterator[Row | Rejected]:
    text.skip(1)
    if text.peek() == "]":
        text.skip(1)
        return
    before, nth = 0, 1
    while True:
        text.peek()
        line, raw, record = text.value()
        before, nth = line, nth + 1 if line == before else 1
        yield _item(line, raw, record, nth)
        mark = text.peek()
        text.skip(1)
        if mark == "]":
            return
        if mark != ",":
            raise BadFileError(f"it is cut off or broken at line {text.line}", text.line)


def _expect_end(text: "_Text") -> None:
    if text.peek():
        raise BadFileError(f"something follows its end at line {text.line}", text.line)


class _Text:
    """A window on the text: consumed from the front, filled at the back as needed."""

    _decoder = json.JSONDecoder()

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self._held, self._at = "", 0
        self.line = 1

    def peek(self) -> str:
        """The next character that is no space, which it goes to; empty at the end."""
        while True:
            space = SPACE.match(self._held, self._at)
            self.skip((space.end() if space else self._at) - self._at)
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._more():
                return ""

    def skip(self, count: int) -> None:
        self.line += self._held.count("\n", self._at, self._at + count)
        self._at += count

    def ahead(self) -> str:
        """What is at hand, about a MiB: enough to see how the file begins."""
        return self._held[self._at :]

    def rest(self) -> Iterator[str]:
        return chain([self.ahead()], self._pieces)

    def value(self) -> tuple[int, str, Any]:
        """(line, text, parsed) of the JSON value that begins here."""
        line = self.line
        while True:
            try:
                parsed, end = self._decoder.raw_decode(self._held, self._at)
            except (ValueError, RecursionError) as error:
                too_long = len(self._held) - self._at > MAX_RECORD
                if too_long or not self._more():
                    why = "is longer than 64 MB or broken" if too_long else "is cut off or broken"
                    raise BadFileError(f"the JSON at line {line} {why}", line) from error
                continue
            if end < len(self._held) or not self._more():
                text = self._held[self._at : end]
                self.skip(end - self._at)
                return line, text, parsed

    def _more(self) -> bool:
        """Whether there was more; keeps what is not consumed."""
        piece = next(self._pieces, None)
        if piece is None:
            return False
        self._held, self._at = self._held[self._at :] + piece, 0
        return True
