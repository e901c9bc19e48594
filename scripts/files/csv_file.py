"""CSV → rows of strings under canonical column names; an empty field is null."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain

import orjson

from scripts.files.datasets import Dataset, missing_columns
from scripts.files.rows import MAX_RECORD, BadFileError, Rejected, Row
from scripts.files.text import lines

DELIMITERS = ",;\t|"


def csv_rows(pieces: Iterator[str], dataset: Dataset) -> Iterator[Row | Rejected]:
    """Rows of a CSV with a header. BadFileError: no header, a missing or doubled column, a quote
    that is never closed."""
    csv.field_size_limit(MAX_RECORD)
    source = _Lines(lines(_with_newlines(pieces)))
    first = next(source, None)
    if first is None or not first.strip():
        raise BadFileError("it has no header line", 1)
    source.push_back(first)
    try:
        reader = csv.reader(source, delimiter=_delimiter(first, dataset), strict=True)
        header = _header(next(reader), dataset)
    except csv.Error as error:
        raise BadFileError(f"its header is not CSV: {_said(error)}", 1) from error
    while True:
        line = reader.line_num + 1
        source.taken.clear()
        try:
            fields = next(reader, None)
        except csv.Error as error:
            if str(error).startswith(("unexpected end", "field larger")):
                raise BadFileError(f"a quote opened at line {line} is not closed", line) from error
            yield Rejected(line, f"not CSV: {_said(error)}", "".join(source.taken))
            continue
        if fields is None:
            return
        if not any(map(str.strip, fields)):  # table programs write such at the end, `,,,`
            continue
        if len(fields) != len(header):
            reason = f"{len(fields)} fields where the header has {len(header)}"
            yield Rejected(line, reason, "".join(source.taken))
            continue
        record = {name: value or None for name, value in zip(header, fields, strict=True)}
        yield Row(line, orjson.dumps(record).decode(), record)


def _said(error: csv.Error) -> str:
    """Without advice for who writes Python."""
    if "new-line character" in str(error):
        return "a carriage return outside of quotes, where other lines end with a newline"
    return str(error)


def _with_newlines(pieces: Iterator[str]) -> Iterator[str]:
    """Old Macintosh files end their lines with a carriage return and know no newline."""
    first = next(pieces, "")
    old = "\n" not in first and "\r" in first[:-1]
    for piece in chain([first], pieces):
        yield piece.replace("\r", "\n") if old else piece


def column_names(header: list[str], dataset: Dataset) -> list[str]:
    """`Item No.` → `item_no` → what the dataset calls it, unless a column already has that name:
    beside `location_id`, `Location` is another column."""
    names = [re.sub(r"\W+", "_", name.strip().lower()).strip("_") for name in header]
    present = set(names)  # a header may have a million names
    return [
        name if dataset.aliases.get(name, name) in present else dataset.aliases[name]
        for name in names
    ]


def _delimiter(line: str, dataset: Dataset) -> str:
    """The one under which most of the header's names are known; then the one that splits most."""
    known = {name for column in dataset.columns for name in column.split("|")}

    def score(delimiter: str) -> tuple[int, int]:
        fields = next(csv.reader([line], delimiter=delimiter))
        return len(known & set(column_names(fields, dataset))), len(fields)

    return max(DELIMITERS, key=score)


def _header(fields: list[str], dataset: Dataset) -> list[str]:
    header = column_names(fields, dataset)
    if missing := missing_columns(dataset, header):
        raise BadFileError(f"missing column: {', '.join(missing)}", 1)
    if "" in header:
        raise BadFileError(f"column {header.index('') + 1} has no name", 1)
    if doubled := sorted(name for name, times in Counter(header).items() if times > 1):
        raise BadFileError(f"column is there twice: {', '.join(doubled[:10])}", 1)
    return header


class _Lines:
    """An iterator that remembers what was taken, for the raw text of a row that is rejected."""

    def __init__(self, source: Iterator[str]) -> None:
        self._source = source
        self._pushed: list[str] = []
        self.taken: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._pushed.pop() if self._pushed else next(self._source)
        self.taken.append(line)
        return line

    def push_back(self, line: str) -> None:
        self._pushed.append(line)
