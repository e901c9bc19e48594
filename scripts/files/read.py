"""One dropped file → its rows: the format by name, then by content."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from scripts.errors import RecordError
from scripts.files.csv_file import csv_rows
from scripts.files.datasets import Dataset, check
from scripts.files.json_file import json_rows
from scripts.files.rows import BadFileError, Rejected, Row
from scripts.files.text import chunks

FORMATS = (".json", ".jsonl", ".ndjson", ".csv")


def read_rows(path: Path, name: str, dataset: Dataset) -> Iterator[Row | Rejected]:
    """Rows of the file at `path`, whose name in the dropzone is `name`, checked against the
    dataset. Raises BadFileError, possibly after rows: nothing of such a file may be landed."""
    for row in _parsed(path, name, dataset):
        yield _checked(row, dataset) if isinstance(row, Row) else row


def _parsed(path: Path, name: str, dataset: Dataset) -> Iterator[Row | Rejected]:
    suffixes = [suffix.lower() for suffix in PurePosixPath(name).suffixes]
    zipped = suffixes[-1:] == [".gz"]
    kind = "".join((suffixes[:-1] if zipped else suffixes)[-1:])
    if kind not in FORMATS:
        raise BadFileError(f"unknown kind of file: use {', '.join(FORMATS)}, each also as .gz")
    pieces = chunks(path, zipped=zipped)
    if kind == ".csv":
        return csv_rows(pieces, dataset)
    return json_rows(pieces, by_lines=kind != ".json")


def _checked(row: Row, dataset: Dataset) -> Row | Rejected:
    try:
        check(dataset, row.record)
    except RecordError as error:
        return Rejected(row.line, str(error), row.text)
    return row
