"""One dropped file → its rows: the format by name, then by content."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from scripts.errors import RecordError
from scripts.files.csv_file import csv_rows
from scripts.files.datasets import Dataset, check
from scripts.files.json_file import json_rows
from scripts.files.rows import BadFileError, Rejected, Row
from scripts.files.text import chunks

FORMATS = (".json", ".jsonl", ".ndjson", ".csv")
PACKED = (".gz", ".zst", ".zip")
# Of the words that Python takes for an encoding only those that are nothing else (`us` is ASCII).
ENCODING = re.compile(
    r"utf-?(8|16|32)(-?[lb]e)?|windows-?\d{3,4}|cp\d{3,5}|iso-?8859-\d{1,2}|latin-?\d{1,2}"
    r"|koi8-[ru]|shift[_-]?jis|euc-(jp|kr)|gb18030|big5"
)


def read_rows(path: Path, name: str, dataset: Dataset) -> Iterator[Row | Rejected]:
    """Rows of the file at `path`, whose name in the dropzone is `name`, checked against the
    dataset. Raises BadFileError, possibly after rows: nothing of such a file may be landed."""
    for row in _parsed(path, name, dataset):
        yield _checked(row, dataset) if isinstance(row, Row) else row


def _parsed(path: Path, name: str, dataset: Dataset) -> Iterator[Row | Rejected]:
    suffixes = [suffix.lower() for suffix in PurePosixPath(name).suffixes]
    packed = suffixes.pop() if suffixes[-1:] and suffixes[-1] in PACKED else None
    kind = suffixes.pop() if suffixes else ""
    if kind not in FORMATS:
        raise BadFileError(
            f"unknown kind of file: use {', '.join(FORMATS)}, each also as {', '.join(PACKED)}"
        )
    pieces = chunks(path, packed, _encoding(suffixes[-1:]))
    if kind == ".csv":
        return csv_rows(pieces, dataset)
    return json_rows(pieces, by_lines=kind != ".json")


def _encoding(suffixes: list[str]) -> str | None:
    """The encoding that a name such as `stock.windows-1252.csv` ends in; other words are a name."""
    word = suffixes[0][1:] if suffixes else ""
    if not ENCODING.fullmatch(word):
        return None
    try:
        return codecs.lookup(word).name
    except LookupError as error:
        raise BadFileError(
            f"its name asks for the encoding {word}, which does not exist"
        ) from error


def _checked(row: Row, dataset: Dataset) -> Row | Rejected:
    try:
        check(dataset, row.record)
    except RecordError as error:
        return Rejected(row.line, str(error), row.text, row.nth)
    return row
