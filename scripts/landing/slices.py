"""One slice: the records that changed, their files, their manifest."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson

from scripts.errors import RetriableError
from scripts.landing.state import Seen
from scripts.landing.store import Store
from scripts.landing.window import Slice
from scripts.landing.writer import LandingWriter, iso


class SliceTooBigError(RetriableError):
    """The source cannot give this slice whole: cut it in two and read the halves."""


@dataclass(frozen=True)
class Change:
    """A source record as it is now, or its JSON text as bytes without a line break. `at` is when it
    changed (ISO 8601 UTC), for the lookback.

    read_at: ISO 8601 UTC, before the request that brought it was sent; the later read wins where
    the source tells no time of change. None is the moment of writing.
    """

    id: str
    record: object
    at: str
    deleted: bool = False
    read_at: str | None = None


@dataclass(frozen=True)
class Target:
    """Where a stream lands: `landing/<source>/<stream>/`."""

    source: str
    stream: str
    api_version: str


@dataclass(frozen=True)
class Landed:
    """What a slice read and landed. `seen`: the records that the next window may meet again."""

    read: int
    landed: int
    seen: Seen
    run_id: str


def fingerprint(record: object) -> str:
    """Tells two versions of a record apart, also two within one second of `updated_at`. The record
    and its JSON text have the same."""
    read = orjson.loads(record) if isinstance(record, bytes) else record
    raw = orjson.dumps(read, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(raw, digest_size=8).hexdigest()


def land_slice(
    store: Store,
    target: Target,
    piece: Slice,
    changes: Iterable[Change],
    before: Seen,
    *,
    remember_from: str,
    full_refresh: bool = False,
    snapshot: bool = False,
    details: Mapping[str, object] | None = None,
) -> Landed:
    """Land what `before` does not hold already; the manifest is written last.

    `changes` must raise when the source's own counts disagree with what it yielded: then there is
    no manifest, so no data. Only records changed since `remember_from` are remembered: memory and
    state stay small however long the slice is. With `snapshot`, `changes` is the whole collection
    and what `before` holds beyond it is landed as deleted.
    """
    seen: Seen = {}
    read = 0
    with LandingWriter(store, target.source, target.stream, target.api_version) as writer:
        for change in changes:
            read += 1
            known = before.get(change.id)
            if known or snapshot or change.at >= remember_from:
                version = fingerprint(change.record)
                seen[change.id] = [version, change.at]
                if known and known[0] == version and not full_refresh:
                    continue
            writer.write(
                change.id, change.record, deleted=change.deleted, extracted_at=change.read_at
            )
        if snapshot:
            for gone in before.keys() - seen.keys():
                # As old as the reading that missed it: it may have come back since.
                writer.write(gone, {"id": gone}, deleted=True, extracted_at=iso(writer.started))
        landed = writer.rows
        said = {"full_refresh": full_refresh, "slice": piece.kind, **(details or {})}
        writer.finish(piece.since, piece.until, **said)
        return Landed(read, landed, seen, writer.run_id)
