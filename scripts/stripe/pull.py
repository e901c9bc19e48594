"""Stripe → landing: the window's new objects from the list, changed older ones through events.

Lists know only `created`, so a refund of last month's charge would never show. /v1/events names
what changed; a payload keeps the API version it was made with, so the object is fetched again.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from scripts.landing.pull import Change, Request, Result, Window, land, plan_window
from scripts.landing.state import read_state
from scripts.landing.store import Store
from scripts.landing.writer import iso, now_utc
from scripts.stripe.client import Client
from scripts.stripe.streams import Stream

SOURCE = "stripe"
# Events reach back 30 days (docs: api/events); beyond that only the whole list is sure.
EVENTS_REACH = timedelta(days=29)


def pull(client: Client, store: Store, stream: Stream, request: Request) -> Result:
    """Pull one stream of the account that the key belongs to."""
    state = read_state(store, SOURCE, stream.name)
    window = plan_window(state, request, stream.lookback)
    if window.moves_cursor and not _events_reach(window.since):
        window = Window(None, window.until, moves_cursor=True)
    return land(
        store,
        SOURCE,
        stream.name,
        client.version,
        window,
        state,
        _changes(client, stream, window),
        full_refresh=request.full_refresh,
        lookback=stream.lookback,
    )


def _changes(client: Client, stream: Stream, window: Window) -> Iterator[Change]:
    # The events are read before the list: what changes in between is in the list already.
    changed = _changed(client, stream, window)
    listed = set()
    for record in client.list(stream.path, created=_bounds(window)):
        listed.add(record["id"])
        at = changed.get(record["id"], (record["created"], False))[0]
        yield Change(record["id"], record, _iso(max(at, record["created"])))
    for key, (at, deleted) in changed.items():
        if key in listed:
            continue
        record = client.get(f"{stream.path}/{key}")
        gone = deleted or bool(record.get("deleted"))
        yield Change(key, record, _iso(at), deleted=gone)


def _changed(client: Client, stream: Stream, window: Window) -> dict[str, tuple[int, bool]]:
    """id → (time of its last event, deleted) for objects with an event in the window."""
    if not stream.events or window.since is None or not _events_reach(window.since):
        return {}
    changed: dict[str, tuple[int, bool]] = {}
    for event in client.list("/v1/events", type=stream.events, created=_bounds(window)):
        thing = event["data"]["object"]
        if thing["object"] == stream.object and thing["id"] not in changed:  # newest first
            changed[thing["id"]] = (event["created"], event["type"].endswith(".deleted"))
    return changed


def _events_reach(since: str | None) -> bool:
    return since is not None and datetime.fromisoformat(since) > now_utc() - EVENTS_REACH


def _bounds(window: Window) -> dict[str, Any]:
    """Whole seconds, both inclusive; the lower one rounded down to have its second complete."""
    bounds = {"lte": int(datetime.fromisoformat(window.until).timestamp())}
    if window.since:
        bounds["gte"] = int(datetime.fromisoformat(window.since).timestamp())
    return bounds


def _iso(seconds: int) -> str:
    return iso(datetime.fromtimestamp(seconds, UTC))
