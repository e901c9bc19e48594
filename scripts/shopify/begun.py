"""Bulk operations that were begun and not read to their end.

A pull that is killed leaves its operation running on the shop. A note of it stands in the bucket
from its start until its result has been read or has turned out to be of no use. The next pull goes
on with the same window, finds the note and waits for that operation instead of starting another
beside it. What has no note is somebody else's.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import orjson

from scripts.landing.store import MissingObjectError, Store
from scripts.landing.writer import now_utc
from scripts.shopify.documents import document
from scripts.shopify.streams import Stream

WINDOW = '"WINDOW"'
RESULTS_LIVE = timedelta(days=6)  # a day less than Shopify keeps them


@dataclass(frozen=True)
class Begun:
    """operation: its gid. read_at: ISO 8601 UTC, before it was started. records: how many the shop
    counted then; None where it does not tell."""

    operation: str
    read_at: str
    records: int | None


@dataclass(frozen=True)
class Notes:
    """A stream's notes. left: by what was asked for, as found when the pull began."""

    store: Store | None
    place: str
    left: Mapping[str, Begun]

    def write(self, asked: str, begun: Begun) -> None:
        if self.store:
            self.store.create(self._key(asked, begun), asdict(begun))

    def drop(self, asked: str, begun: Begun) -> None:
        if self.store:
            self.store.delete([self._key(asked, begun)])

    def _key(self, asked: str, begun: Begun) -> str:
        """Two pulls that begin the same do not meet."""
        return f"{self.place}{asked}-{begun.operation.rpartition('/')[2]}.json"


NO_NOTES = Notes(None, "", {})


@dataclass(frozen=True)
class Task:
    """What one slice is read in bulk for. until: the slice's end. notes: of the stream's operations
    that were begun."""

    stream: Stream
    query: str
    until: str = ""
    notes: Notes = NO_NOTES

    @property
    def text(self) -> str:
        bulk_document = document(f"{self.stream.document}_bulk")
        return bulk_document.replace(WINDOW, json.dumps(self.query))

    @property
    def asked(self) -> str:
        """Not every query holds the end of its slice: an operation that was begun before that would
        lack what came between."""
        return sha256(f"{self.until}\n{self.text}".encode()).hexdigest()[:16]

    @property
    def left(self) -> Begun | None:
        """The operation that a killed pull has begun for the same."""
        return self.notes.left.get(self.asked) if self.stream.bulk else None


def notes_of(store: Store, stream: str) -> Notes:
    """The stream's notes; those whose results Shopify no longer keeps are taken away."""
    place = f"state/shopify/_bulk/{stream}/"
    left: dict[str, Begun] = {}
    for key in store.list(place):
        try:
            begun = Begun(**orjson.loads(store.read(key)))
        except MissingObjectError:  # read to its end this moment, by another pull
            continue
        if datetime.fromisoformat(begun.read_at) < now_utc() - RESULTS_LIVE:
            store.delete([key])
        else:
            left[key.removeprefix(place).partition("-")[0]] = begun
    return Notes(store, place, left)
