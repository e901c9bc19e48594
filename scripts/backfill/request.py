"""What a backfill request may say, and the windows that it is cut into."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from scripts.errors import FatalError
from scripts.landing.window import normalize_time
from scripts.landing.writer import iso, now_utc

FIELDS = ("source", "streams", "since", "until")
# Between two windows the scheduled pulls have their turn.
WINDOWS = 30
SHORTEST = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
LONGEST = 40_000  # no request says so much
# Before all shops; Stripe knows no seconds before it.
EARLIEST = "1970-01-01T00:00:00.000000Z"
# A caller's clock may be ahead of ours.
SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Source:
    """What can be asked of a source. whole: streams that have no windows, read once at the end.
    uncut: streams of which a window costs as much however short it is: all of it is one."""

    streams: tuple[str, ...]
    whole: tuple[str, ...] = ()
    uncut: tuple[str, ...] = ()


@dataclass(frozen=True)
class Backfill:
    """since, until: ISO 8601 UTC, both inclusive; streams in their declared order."""

    source: str
    streams: tuple[str, ...]
    since: str
    until: str

    @property
    def id(self) -> str:
        """The same for the same request, however it was written."""
        text = orjson.dumps([self.source, self.streams, self.since, self.until])
        return hashlib.sha256(text).hexdigest()[:16]


def parse(text: str | bytes, sources: Mapping[str, Source]) -> Backfill:
    """The request of a JSON body; FatalError says what is wrong and what would be right."""
    if len(text) > LONGEST:
        raise FatalError(f"the body is longer than {LONGEST} bytes")
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise FatalError(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise FatalError(f"the body is not a JSON object with the fields {', '.join(FIELDS)}")
    unknown = sorted(set(body) - set(FIELDS))
    if unknown:
        raise FatalError(f"unknown fields {unknown}: the fields are {', '.join(FIELDS)}")
    name = body.get("source")
    if not isinstance(name, str) or name not in sources:
        raise FatalError(f"source is {name!r}: choose from {', '.join(sources)}")
    since = _time(body, "since")
    until = _time(body, "until")
    if since >= until:
        raise FatalError(f"since {since} is not before until {until}")
    if since < EARLIEST:
        raise FatalError(f"since {since} is before {EARLIEST}")
    if until > iso(now_utc() + SKEW):
        raise FatalError(f"until {until} is in the future")
    streams = _streams(body.get("streams"), sources[name])
    if len(json.loads(text, object_pairs_hook=list)) > len(body):
        raise FatalError("the body names a field twice, and only one of them can be meant")
    return Backfill(name, streams, since, until)


def _time(body: Mapping[str, object], field: str) -> str:
    value = body.get(field)
    if not isinstance(value, str) or not value.strip():
        raise FatalError(f"{field} is missing: give an ISO 8601 time such as 2026-01-31T00:00:00Z")
    return normalize_time(value.strip(), field)


def _streams(value: object, source: Source) -> tuple[str, ...]:
    """All when none are named; a list of names or a text with commas."""
    listed = [] if value is None else value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise FatalError("streams is not a list of names")
    names = [item.strip() for item in listed if item.strip()]
    unknown = sorted(set(names) - set(source.streams))
    if unknown:
        raise FatalError(f"unknown streams {unknown}: choose from {', '.join(source.streams)}")
    return tuple(name for name in source.streams if not names or name in names)


def windows(backfill: Backfill, source: Source) -> Sequence[dict[str, str]]:
    """`{"streams", "since", "until"}` of each ingest run, oldest first, without gap or overlap.

    Streams that have no windows are read in the last one only, those that are not cut after it.
    """
    start = datetime.fromisoformat(backfill.since)
    end = datetime.fromisoformat(backfill.until)
    step = max(SHORTEST, (end - start) / WINDOWS)
    uncut = [name for name in backfill.streams if name in source.uncut]
    others = [name for name in backfill.streams if name not in source.uncut]
    windowed = [name for name in others if name not in source.whole]
    found: list[dict[str, str]] = []
    while windowed and start <= end:
        # The last moment of a second: Stripe keeps whole seconds, Shopify microseconds.
        edge = (start + step).replace(microsecond=0) - INSTANT
        stop = end if start + step >= end else edge
        found.append({"streams": ",".join(windowed), "since": iso(start), "until": iso(stop)})
        start = stop + INSTANT
    span = {"since": backfill.since, "until": backfill.until}
    if found:
        found[-1] = {**found[-1], "streams": ",".join(others)}
    elif others:
        found = [{"streams": ",".join(others), **span}]
    return [*found, {"streams": ",".join(uncut), **span}] if uncut else found
