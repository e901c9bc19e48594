"""A file's rows kept aside until the file is known to be good to its end."""

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import orjson

from scripts.files.copies import Copies
from scripts.files.datasets import Dataset, record_id
from scripts.files.read import read_rows
from scripts.files.rows import BadFileError, Rejected

IN_MEMORY = 8 * 1024 * 1024  # bytes; a larger file goes to disk


def _temporary() -> IO[bytes]:
    return tempfile.SpooledTemporaryFile(IN_MEMORY, prefix="ecomm-files-")


@dataclass
class Spool:
    """Good rows as (id, JSON text), rejected ones as Rejected; a context manager."""

    good: int = 0
    bad: int = 0
    first_bad: Rejected | None = None
    _copies: Copies = field(default_factory=Copies)
    _rows: IO[bytes] = field(default_factory=_temporary)
    _rejected: IO[bytes] = field(default_factory=_temporary)

    def rows(self) -> Iterator[tuple[str, str]]:
        self._rows.seek(0)
        for line in self._rows:
            key, text = orjson.loads(line)
            yield key, text

    def rejected(self) -> Iterator[Rejected]:
        self._rejected.seek(0)
        for line in self._rejected:
            yield Rejected(*orjson.loads(line))

    def add(self, key: str | None, text: str) -> None:
        self._rows.write(orjson.dumps((key or self._contents(text), text)) + b"\n")
        self.good += 1

    def reject(self, row: Rejected) -> None:
        self._rejected.write(orjson.dumps((row.line, row.reason, row.raw, row.nth)) + b"\n")
        self.bad += 1
        self.first_bad = self.first_bad or row

    def _contents(self, text: str) -> str:
        """`<hash of the contents>.<which of its copies>`: the same in a file that was renamed, sent
        twice, or got a line more at its head. By their place rows would then be others."""
        contents = hashlib.blake2b(text.encode(), digest_size=16).digest()
        return f"{contents.hex()}.{self._copies.number(contents)}"

    def close(self) -> None:
        self._rows.close()
        self._rejected.close()

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def spool(path: Path, name: str, dataset: Dataset) -> Spool:
    """Read a file whole; BadFileError when it is bad or has rows of which none is good."""
    kept = Spool()
    try:
        for row in read_rows(path, name, dataset):
            if isinstance(row, Rejected):
                kept.reject(row)
            else:
                kept.add(record_id(dataset, row.record), row.text)
        if kept.first_bad and not kept.good:
            line, reason = kept.first_bad.line, kept.first_bad.reason
            raise BadFileError(f"no row of it can be taken; line {line}: {reason}", line)
    except BaseException:
        kept.close()
        raise
    return kept
