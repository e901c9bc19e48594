"""The lines of a landed part, as redaction reads and writes them: one at a time, since a part of a
full export holds some 600 MiB of them."""

import gzip
import io
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from scripts.landing.store import Store
from scripts.landing.writer import RECORD

Line = tuple[dict[str, Any], Any]


def lines(store: Store, path: str) -> Iterator[Line]:
    """(envelope without its record, record) of every line of a part."""
    return (parsed(text) for text in texts(store.read(path)))


def texts(part: bytes) -> Iterator[bytes]:
    """A part's lines as they stand."""
    with io.BufferedReader(gzip.GzipFile(fileobj=io.BytesIO(part))) as content:
        yield from content


def parsed(text: bytes) -> Line:
    head, _, record = text.rstrip().partition(RECORD)
    return orjson.loads(head + b"}"), orjson.loads(record[:-1])


def written(line: Line) -> bytes:
    head, record = line
    return orjson.dumps(head)[:-1] + RECORD + orjson.dumps(record) + b"}\n"


def packed(part: Iterable[bytes]) -> bytes:
    """A part of these lines; the same lines give the same bytes."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as content:
        content.writelines(part)
    return out.getvalue()
