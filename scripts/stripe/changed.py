"""Objects that something has named, as they are now: by events, or because the list lacks them.

Lists know only `created`, so a refund of last month's charge would never show. /v1/events names
what changed; a payload keeps the API version it was made with, so the object is fetched again.
"""

import logging
import math
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any

from scripts.errors import FatalError
from scripts.landing.slices import Change
from scripts.landing.window import Slice
from scripts.landing.writer import iso
from scripts.stripe.client import Client, MissingError, Record
from scripts.stripe.listed import children
from scripts.stripe.plan import bounds, created, instant
from scripts.stripe.streams import Stream

FETCHERS = 8  # of each slice
log = logging.getLogger(__name__)
# Days before a subscription renews: the invoice that it shows does not exist yet and has no id, or
# one that Stripe does not know.
UPCOMING = "invoice.upcoming"


def changed(client: Client, stream: Stream, piece: Slice) -> Iterator[Change]:
    """Older objects with an event in the window, as they are now; younger ones are listed."""
    span = bounds(piece)
    last: dict[str, int] = {}
    types = {"type": stream.events[0]} if len(stream.events) == 1 else {"types": stream.events}
    for event, _ in client.list("/v1/events", created=span, **types):
        for key in _touched(client, stream, event, span):
            last.setdefault(key, event["created"])  # newest first
    if stream.owner:
        yield from _of_owners(client, stream, last)
        return
    yield from fetched(client, stream, span, last.items())


def fetched(
    client: Client, stream: Stream, span: Mapping[str, int], named: Iterable[tuple[str, int]]
) -> Iterator[Change]:
    """The objects named (id, when in Unix seconds) as they are now, without those made in `span`,
    which a list holds. One that Stripe does not know any more is a tombstone."""
    fetch = partial(_fetched, client, stream, span)
    with ThreadPoolExecutor(FETCHERS) as pool:
        for batch in _batches(named, 10 * FETCHERS):
            yield from (change for change in pool.map(fetch, batch) if change)


def _of_owners(client: Client, stream: Stream, changed: Mapping[str, int]) -> Iterator[Change]:
    """The rows of changed parents (id → when). A list may be long: one after the other."""
    assert stream.parent
    for key, at in changed.items():
        try:
            parent = client.get(stream.parent, key)
        except MissingError:  # the parent's own stream has its tombstone
            continue
        for record, read_at in children(client, stream, parent):
            yield Change(record["id"], record, instant(at), read_at=read_at)


def _touched(
    client: Client, stream: Stream, event: Record, span: Mapping[str, int]
) -> Iterator[str]:
    """The ids of our objects that an event is about, without what the list is sure to hold."""
    thing = (event.get("data") or {}).get("object")
    if not isinstance(thing, dict):
        log.warning("stripe/%s: the event %s names no object", stream.name, event["id"])
        return
    of = event.get("account")
    if event["type"] == UPCOMING or (of and client.own and of != client.own):
        return  # what a connected account has is not ours, and Stripe would not know it
    kind = str(thing.get("object"))
    paths = (stream.named_by or {stream.object: ("id",)}).get(kind, ())
    if not paths:
        return
    if kind != stream.object:
        thing = _whole(client, thing)
    elif not event["type"].endswith(".deleted") and _surely_listed(stream, thing, span):
        return
    for path in paths:
        yield from _at(thing, path.split("."))


def _listed(stream: Stream, record: Record, span: Mapping[str, int]) -> bool:
    """Whether the window's list holds the object, if it is still there. What a test clock makes may
    be dated ahead of the window."""
    if stream.parent:
        return False
    return span["gte"] <= created(record) <= span.get("lte", math.inf)


def _surely_listed(stream: Stream, thing: Record, span: Mapping[str, int]) -> bool:
    try:
        return _listed(stream, thing, span)
    except FatalError:  # the event's copy does not say when it was made; the object does
        return False


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
    elif isinstance(node, dict):  # at the end of the path an object that was expanded
        yield from _at(node.get(steps[0] if steps else "id"), steps[1:])


def _fetched(
    client: Client, stream: Stream, span: Mapping[str, int], found: tuple[str, int]
) -> Change | None:
    """The object as it is now, a tombstone when Stripe does not know it any more, None when the
    window's list holds it."""
    key, at = found
    read_at = iso(client.clock.now())
    expand = {"expand": list(stream.expand)} if stream.expand else {}
    try:
        record = client.get(stream.path, key, **expand)
    except MissingError:
        record = {"id": key, "object": stream.object, "deleted": True}
    deleted = bool(record.get("deleted"))
    if not deleted and _listed(stream, record, span):
        return None
    return Change(key, record, instant(at), deleted=deleted, read_at=read_at)


def _batches(items: Iterable[tuple[str, int]], size: int) -> Iterator[list[tuple[str, int]]]:
    """So many at once: what is fetched ahead stays in memory."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
