"""What an earlier version of a corrected file had landed."""

import gzip
import logging
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import compress
from pathlib import Path

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
    they have been removed from the landing area."""
    found = _landed(store, source, stream, run_id, {name})
    if found is None:
        log.warning("%s: its run %s is gone; rows it no longer holds stay", name, run_id)
    yield from found or ()


def held_by_others(
    store: Store, source: str, stream: str, others: Mapping[str, str], ids: Collection[str]
) -> set[str]:
    """Those of the ids that the other files hold as well. others: file → the run that landed it.

    Reads all that they have landed: only who takes a row away has to know.
    """
    files: dict[str, set[str]] = {}
    for name, run_id in others.items():
        files.setdefault(run_id, set()).add(name)
    return {
        key
        for run_id, names in files.items()
        for key, _ in _landed(store, source, stream, run_id, names) or ()
        if key in ids
    }


def _landed(
    store: Store, source: str, stream: str, run_id: str, names: Collection[str]
) -> Iterator[tuple[str, str]] | None:
    """(id, JSON text) of the rows that a run landed for the files; None when they are gone.

    The manifest says how many rows of the run each file gave, in the order they were written.
    """
    key = f"{manifests(source, stream)}{run_id}.json"
    manifest = orjson.loads(store.read(key)) if store.exists(key) else {"files": []}
    paths = [file["path"] for file in manifest["files"]]
    if not paths or not all(map(store.exists, paths)):
        return None
    wanted = (entry["file"] in names for entry in manifest["sources"] for _ in range(entry["rows"]))
    return _living(compress(_envelopes(store, paths), wanted))


def _living(lines: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    for line in lines:
        head, _, record = line.rstrip(b"\n").partition(RECORD)
        envelope = orjson.loads(head + b"}")
        if not envelope["_deleted"]:
            yield envelope["_id"], record[:-1].decode()


def _envelopes(store: Store, paths: list[str]) -> Iterator[bytes]:
    with tempfile.TemporaryDirectory(prefix="ecomm-files-") as folder:
        for path in paths:
            part = Path(folder) / "part.jsonl.gz"
            store.download(path, part)
            with gzip.open(part) as lines:
                yield from lines
