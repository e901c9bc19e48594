"""What a stream has landed so far, from its landed files: no state has to remember it."""

import errno
import gzip
import logging
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from scripts.landing.slices import Target
from scripts.landing.store import MissingObjectError, Store
from scripts.landing.writer import RECORD, manifests

log = logging.getLogger(__name__)
# The later line of an id wins; slices land in any order.
KEEP = """
insert into known values (?, ?, ?) on conflict (id) do update
set at = excluded.at, deleted = excluded.deleted where excluded.at >= at
"""


def has_landed(store: Store, target: Target) -> bool:
    return next(iter(store.list(manifests(target.source, target.stream))), None) is not None


def not_landed_since(store: Store, target: Target, moment: str) -> Iterator[str]:
    """Ids of the living records that were last read before `moment` (ISO 8601 UTC).

    Reads every landed file of the stream; of one that a lifecycle rule has taken away nothing is
    known. The ids are kept on disk: memory stays small.
    """
    with tempfile.TemporaryDirectory(prefix="ecomm-known-") as folder:
        known = sqlite3.connect(Path(folder) / "known")
        try:
            known.executescript(
                "pragma journal_mode=off; pragma synchronous=off;"
                "create table known (id text primary key, at text, deleted integer);"
            )
            for key in store.list(manifests(target.source, target.stream)):
                known.executemany(KEEP, _heads(store, key, Path(folder) / "part"))
            alive = known.execute("select id from known where not deleted and at < ?", (moment,))
            yield from (row[0] for row in alive)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
            raise
        finally:
            known.close()


def landed_after(store: Store, target: Target, run_id: str | None) -> set[str]:
    """Ids that were landed after the run `run_id`, the last one that the state knows: by a run that
    died between its manifest and its state, or by a window that was asked for."""
    place = manifests(target.source, target.stream)
    with tempfile.TemporaryDirectory(prefix="ecomm-known-") as folder:
        return {
            id_
            for key in store.list(place, after=f"{place}{run_id}.json" if run_id else "")
            for id_, _, _ in _heads(store, key, Path(folder) / "part")
        }


def _heads(store: Store, manifest: str, part: Path) -> Iterator[tuple[str, str, bool]]:
    for file in orjson.loads(store.read(manifest))["files"]:
        try:
            store.download(file["path"], part)
        except MissingObjectError as error:
            log.warning("%s, so deletions of what it held are not looked for", error)
            continue
        with gzip.open(part) as lines:
            for line in lines:
                head: dict[str, Any] = orjson.loads(line.partition(RECORD)[0] + b"}")
                yield head["_id"], head["_extracted_at"], head["_deleted"]
