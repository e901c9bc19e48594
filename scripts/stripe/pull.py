"""Stripe → landing: the window's new objects from the list, changed older ones through events.

Lists know only `created`, so a refund of last month's charge would never show. /v1/events names
what changed; a payload keeps the API version it was made with, so the object is fetched again.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from scripts.landing.pull import Reader, Result
from scripts.landing.pull import pull as land
from scripts.landing.slices import Change, Target
from scripts.landing.store import Store
from scripts.landing.window import Request, Slice, Window
from scripts.landing.writer import iso, now_utc
from scripts.stripe.client import Client, MissingError, PermissionMissingError, Record
from scripts.stripe.plan import bounds, created, cut, days
from scripts.stripe.streams import Stream

log = logging.getLogger(__name__)
SOURCE = "stripe"
# Events reach back 30 days (docs: api/events); beyond that only the whole list is sure.
EVENTS_REACH = timedelta(days=29)
BEGINNING = "2010-01-01T00:00:00.000000Z"  # before Stripe's first account
LISTED, CHANGED = "listed", "changed"  # kinds of slice
WORKERS = 8  # three times what 25 requests/s need at 100 ms an answer: answers differ


def pull(client: Client, store: Store, stream: Stream, request: Request) -> Result:
    """Pull one stream of the account that the key belongs to.

    A restricted key that may not read it skips it with a warning: the other streams are worth
    having, and the cursor stays.
    """
    reader = Reader(
        partial(_read, client, stream),
        plan=partial(_plan, client, stream, not request.asks_for_window),
        lookback=stream.lookback,
        beginning=BEGINNING,
        workers=WORKERS,
    )
    try:
        return land(store, Target(SOURCE, stream.name, client.version), request, reader)
    except PermissionMissingError as error:
        log.warning("%s/%s is skipped: %s", SOURCE, stream.name, error)
        return Result(stream.name, 0, 0)


def _plan(client: Client, stream: Stream, moves_cursor: bool, window: Window) -> list[Slice]:
    """What was created in the window, and what changed in it of what is older."""
    reach = _events_reach(window.since)
    changed = days(Slice(window.since, window.until, CHANGED)) if stream.events and reach else []
    if changed and stream.parent:
        return changed  # all that comes or goes has its event, and the list knows no time
    timeless = stream.parent and not stream.owner
    sweeps = timeless or (moves_cursor and stream.events and not reach)
    listed = Slice(None if sweeps else window.since, window.until, LISTED)
    return [*changed, *cut(client, stream, listed)]


def _read(client: Client, stream: Stream, piece: Slice) -> Iterator[Change]:
    if piece.kind == LISTED:
        return _listed(client, stream, piece)
    if piece.since and not _events_reach(piece.since):
        # Planned long ago and resumed now: what its events would name is what the list has before.
        return _listed(client, stream, Slice(None, piece.since, LISTED))
    return _changed(client, stream, piece)


def _listed(client: Client, stream: Stream, piece: Slice) -> Iterator[Change]:
    span = {"created": bounds(piece)}
    if stream.parent:
        parents = client.list(stream.parent, **span)
        lists = (_children(client, stream, parent) for parent, _ in parents)
    else:
        expand = {"expand": [f"data.{name}" for name in stream.expand]} if stream.expand else {}
        lists = (client.list(stream.path, **span, **chosen, **expand) for chosen in stream.filters)
    for records in lists:
        for record, read_at in records:
            yield Change(record["id"], record, _iso(created(record)), read_at=read_at)


def _children(client: Client, stream: Stream, parent: Record) -> Iterator[tuple[Record, str]]:
    if any(parent.get(name) != value for name, value in stream.having.items()):
        return
    url = urlsplit(stream.children.format(id=parent["id"]))
    named = {stream.owner: parent["id"]} if stream.owner else {}
    try:
        for record, read_at in client.list(url.path, **dict(parse_qsl(url.query))):
            yield record | named, read_at
    except MissingError:
        log.info("the owner of %s was deleted meanwhile", url.path)


def _changed(client: Client, stream: Stream, piece: Slice) -> Iterator[Change]:
    """Older objects with an event in the window, as they are now; younger ones are listed."""
    since = bounds(piece)["gte"]
    last: dict[str, int] = {}
    types = {"type": stream.events[0]} if len(stream.events) == 1 else {"types": stream.events}
    for event, _ in client.list("/v1/events", created=bounds(piece), **types):
        for key in _touched(client, stream, event, since):
            last.setdefault(key, event["created"])  # newest first
    if stream.owner:
        yield from _of_owners(client, stream, last)
        return
    fetch = partial(_fetched, client, stream, since)
    with ThreadPoolExecutor(WORKERS) as pool:
        for batch in _batches(last.items(), 10 * WORKERS):
            yield from (change for change in pool.map(fetch, batch) if change)


def _of_owners(client: Client, stream: Stream, changed: Mapping[str, int]) -> Iterator[Change]:
    """The rows of changed parents (id → when). A list may be long: one after the other."""
    assert stream.parent
    for key, at in changed.items():
        try:
            parent = client.get(stream.parent, key)
        except MissingError:  # the parent's own stream has its tombstone
            continue
        for record, read_at in _children(client, stream, parent):
            yield Change(record["id"], record, _iso(at), read_at=read_at)


def _touched(client: Client, stream: Stream, event: Record, since: int) -> Iterator[str]:
    """The ids of our objects that an event is about, without what the list is sure to hold."""
    thing = event["data"]["object"]
    paths = (stream.named_by or {stream.object: ("id",)}).get(thing["object"], ())
    if thing["object"] != stream.object:
        thing = _whole(client, thing)
    elif _listed_since(stream, thing, since) and not event["type"].endswith(".deleted"):
        return
    for path in paths:
        yield from _at(thing, path.split("."))


def _listed_since(stream: Stream, record: Record, since: int) -> bool:
    """Whether the window's list holds the object, if it is still there."""
    return not stream.parent and created(record) >= since


def _whole(client: Client, thing: Record) -> Record:
    try:
        return client.completed(thing)
    except MissingError:  # an invoice that was deleted since: its own event holds ten lines
        return thing


def _at(node: Any, steps: list[str]) -> Iterator[str]:
    """The ids at a path, through every row of the lists on the way."""
    if isinstance(node, list):
        for row in node:
            yield from _at(row, steps)
    elif isinstance(node, str):
        yield node
    elif isinstance(node, dict) and steps:
        yield from _at(node.get(steps[0]), steps[1:])


def _fetched(client: Client, stream: Stream, since: int, found: tuple[str, int]) -> Change | None:
    """The object as it is now, a tombstone when Stripe does not know it any more, None when the
    window's list holds it."""
    key, at = found
    read_at = iso(now_utc())
    expand = {"expand": list(stream.expand)} if stream.expand else {}
    try:
        record = client.get(stream.path, key, **expand)
    except MissingError:
        record = {"id": key, "object": stream.object, "deleted": True}
    deleted = bool(record.get("deleted"))
    if not deleted and _listed_since(stream, record, since):
        return None
    return Change(key, record, _iso(at), deleted=deleted, read_at=read_at)


def _batches(items: Iterable[tuple[str, int]], size: int) -> Iterator[list[tuple[str, int]]]:
    """So many at once: what is fetched ahead stays in memory."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _events_reach(since: str | None) -> bool:
    return since is not None and datetime.fromisoformat(since) > now_utc() - EVENTS_REACH


def _iso(seconds: int) -> str:
    return iso(datetime.fromtimestamp(seconds, UTC))
