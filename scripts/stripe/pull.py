"""Stripe → landing: the window's new objects from the list, changed older ones through events.

Lists know only `created`, so a refund of last month's charge would never show. /v1/events names
what changed; a payload keeps the API version it was made with, so the object is fetched again.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from scripts.landing.pull import Reader, Result
from scripts.landing.pull import pull as land
from scripts.landing.slices import Change, Target
from scripts.landing.store import Store
from scripts.landing.window import Request, Slice, Window
from scripts.landing.writer import iso, now_utc
from scripts.stripe.client import Client
from scripts.stripe.streams import Stream

SOURCE = "stripe"
# Events reach back 30 days (docs: api/events); beyond that only the whole list is sure.
EVENTS_REACH = timedelta(days=29)
BEGINNING = "2010-01-01T00:00:00.000000Z"  # before Stripe's first account
LISTED, CHANGED = "listed", "changed"  # kinds of slice


def pull(client: Client, store: Store, stream: Stream, request: Request) -> Result:
    """Pull one stream of the account that the key belongs to."""
    reader = Reader(
        partial(_read, client, stream),
        plan=partial(_plan, stream, not request.asks_for_window),
        lookback=stream.lookback,
        beginning=BEGINNING,
    )
    return land(store, Target(SOURCE, stream.name, client.version), request, reader)


def _plan(stream: Stream, moves_cursor: bool, window: Window) -> list[Slice]:
    """What was created in the window, and what changed in it of what is older."""
    reach = _events_reach(window.since)
    if moves_cursor and not reach:
        return [Slice(None, window.until, LISTED)]
    listed = Slice(window.since, window.until, LISTED)
    if not stream.events or not reach:
        return [listed]
    return [Slice(window.since, window.until, CHANGED), listed]


def _read(client: Client, stream: Stream, piece: Slice) -> Iterator[Change]:
    if piece.kind == CHANGED:
        return _changed(client, stream, piece)
    return _listed(client, stream, piece)


def _listed(client: Client, stream: Stream, piece: Slice) -> Iterator[Change]:
    for record, read_at in client.list(stream.path, created=_bounds(piece)):
        yield Change(record["id"], record, _iso(record["created"]), read_at=read_at)


def _changed(client: Client, stream: Stream, piece: Slice) -> Iterator[Change]:
    """Older objects with an event in the window, as they are now; younger ones are listed."""
    last: dict[str, tuple[int, bool]] = {}
    bounds = _bounds(piece)
    for event, _ in client.list("/v1/events", type=stream.events, created=bounds):
        thing = event["data"]["object"]
        deleted = event["type"].endswith(".deleted")
        if thing["object"] != stream.object or thing["id"] in last:  # newest first
            continue
        if deleted or thing["created"] < bounds["gte"]:
            last[thing["id"]] = (event["created"], deleted)
    for key, (at, deleted) in last.items():
        read_at = iso(now_utc())
        record = client.get(f"{stream.path}/{key}")
        gone = deleted or bool(record.get("deleted"))
        yield Change(key, record, _iso(at), deleted=gone, read_at=read_at)


def _events_reach(since: str | None) -> bool:
    return since is not None and datetime.fromisoformat(since) > now_utc() - EVENTS_REACH


def _bounds(window: Slice) -> dict[str, Any]:
    """Whole seconds, both inclusive; the lower one rounded down to have its second complete."""
    bounds = {"lte": int(datetime.fromisoformat(window.until).timestamp())}
    if window.since:
        bounds["gte"] = int(datetime.fromisoformat(window.since).timestamp())
    return bounds


def _iso(seconds: int) -> str:
    return iso(datetime.fromtimestamp(seconds, UTC))
