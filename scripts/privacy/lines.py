"""The lines of a landed part, as redaction reads and writes them."""

import gzip
from collections.abc import Iterator
from typing import Any

import orjson

from scripts.landing.store import Store
from scripts.landing.writer import RECORD


def lines(store: Store, path: str) -> Iterator[tuple[dict[str, Any], Any]]:
    """(envelope without its record, record) of every line of a part."""
    for line in gzip.decompress(store.read(path)).splitlines():
        head, _, record = line.partition(RECORD)
        yield orjson.loads(head + b"}"), orjson.loads(record[:-1])
