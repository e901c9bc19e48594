"""What an earlier version of a corrected file had landed."""

import gzip
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from scripts.landing.store import Store
from scripts.landing.writer import RECORD, manifests

log = logging.getLogger(__name__)


def left_behind(store: Store, source: str, stream: str, last: str | None) -> dict[str, str]:
    """File → the run that landed it after `last`, the last run that the state knows: one that died
    before it could write its state, but after its manifest."""
    place = manifests(source, stream)
    found: dict[str, str] = {}
    for key in store.list(place, after=f"{place}{last}.json" if last else ""):
        manifest = orjson.loads(store.read(key))
        found |= {entry["file"]: manifest["run_id"] for entry in manifest.get("sources", [])}
    return found


def former_rows(
    store: Store, source: str, stream: str, run_id: str, name: str
) -> Iterator[tuple[str, str]]:
    """(id, JSON text) of the rows that `run_id` landed for the file; a warning and nothing when
    they have been removed from the landing area.

    The manifest says how many rows of the run each file gave, in the order they were written.
    """
    key = f"{manifests(source, stream)}{run_id}.json"
    manifest = orjson.loads(store.read(key)) if store.exists(key) else {"files": []}
    paths = [file["path"] for file in manifest["files"]]
    if not paths or not all(map(store.exists, paths)):
        log.warning("%s: its run %s is gone; rows it no longer holds stay", name, run_id)
        return
    start = 0
    for entry in manifest["sources"]:
        if entry["file"] == name:
            for head, record in _envelopes(store, paths, start, start + entry["rows"]):
                if not head["_deleted"]:
                    yield head["_id"], record
            return
        start += entry["rows"]


def _envelopes(
    store: Store, paths: list[str], start: int, end: int
) -> Iterator[tuple[dict[str, Any], str]]:
    number = 0
    with tempfile.TemporaryDirectory(prefix="ecomm-files-") as folder:
        for path in paths:
            part = Path(folder) / "part.jsonl.gz"
            store.download(path, part)
            with gzip.open(part) as lines:
                for line in lines:
                    if start <= number < end:
                        head, _, record = line.rstrip(b"\n").partition(RECORD)
                        yield orjson.loads(head + b"}"), record[:-1].decode()
                    number += 1
