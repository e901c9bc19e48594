"""Shopify → landing: one stream, read by pages or in bulk, counted, with its deletions."""

import logging
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from scripts.errors import FatalError, RetriableError
from scripts.landing.pull import Reader, Result
from scripts.landing.pull import pull as land
from scripts.landing.slices import Change, SliceTooBigError, Target
from scripts.landing.state import check_never_pulled
from scripts.landing.store import Store
from scripts.landing.window import Request, Slice, halves, normalize_time
from scripts.landing.writer import iso
from scripts.shopify.begun import NO_NOTES, Notes, Task, notes_of
from scripts.shopify.bulk import read_bulk
from scripts.shopify.client import Client, MissingScopeError
from scripts.shopify.documents import document
from scripts.shopify.pages import PAGED_LIMIT, Record, changed_at, owners, pages
from scripts.shopify.planning import (
    BEGINNING,
    by_bulk,
    count,
    count_shown,
    plan,
    search,
    shows_all,
    time_bounds,
)
from scripts.shopify.streams import STREAMS, Stream

SOURCE = "shopify"
WORKERS = 6  # slices at once: each holds a page
DELETIONS = Stream("deletions", "deletions", clock="created_at")
# Subjects of one number: each has events of its own, and price rules are discounts by an old name.
DISCOUNTS = (
    "DISCOUNT_NODE",
    "DISCOUNT_CODE_NODE",
    "DISCOUNT_AUTOMATIC_NODE",
    "DISCOUNT_AUTOMATIC_BXGY",
    "PRICE_RULE",
)

log = logging.getLogger(__name__)


def pull(client: Client, store: Store, stream: Stream, request: Request) -> Result:
    """Pull one stream; RetriableError when the shop's count disagrees with what was read.

    A stream whose access scope the token lacks is skipped with a warning that names the scope. One
    that was pulled before has lost it: FatalError, or it would grow old in runs that end well.
    """
    reader = Reader(
        partial(read, client, stream, notes=notes_of(store, stream.name)),
        plan=partial(plan, client, stream),
        lookback=stream.lookback,
        snapshot=stream.reads == "whole",
        workers=WORKERS,
        beginning=BEGINNING,
        ahead=client.clock.ahead,
    )
    try:
        return land(store, Target(SOURCE, stream.name, client.version), request, reader)
    except MissingScopeError as error:
        lacks = error.scope.rstrip(".")
        check_never_pulled(store, SOURCE, stream.name, f"the token lacks {lacks}")
        log.warning(
            "shopify/%s is skipped: the token lacks %s (its document asks for %s)",
            stream.name, lacks, ", ".join(stream.scopes),
        )  # fmt: skip
        return Result(stream.name, 0, 0)


def read(client: Client, stream: Stream, piece: Slice, notes: Notes = NO_NOTES) -> Iterator[Change]:
    """The stream's records of a slice and its deletions in that time."""
    task = Task(stream, search(stream, piece), piece.until, notes)
    if stream.reads == "window":
        yield from _window(client, task, piece)
    elif stream.reads == "newest":
        yield from _newest(client, task, piece)
    else:
        yield from _whole(client, task, piece)
    if stream.deletes:
        subjects = DISCOUNTS if stream.deletes in DISCOUNTS else (stream.deletes,)
        for subject in subjects:
            yield from _deletions(client, stream, subject, piece)


def _whole(client: Client, task: Task, piece: Slice) -> Iterator[Change]:
    stream = task.stream
    if stream.name == "shop":
        read_at = iso(client.clock.now())
        yield from _changes(stream, client.execute(document("shop"), {})["shop"], read_at)
        return
    bulk, before = _counted_before(client, task, piece)
    changes = _bulk(client, task, before) if bulk else _paged(client, stream, {})
    yield from _counted(client, stream, "", before, changes)


def _window(client: Client, task: Task, piece: Slice) -> Iterator[Change]:
    stream, query = task.stream, task.query
    bulk, before = _counted_before(client, task, piece)
    if bulk:
        yield from _counted(client, stream, query, before, _bulk(client, task, before))
        return
    if before is not None and before > PAGED_LIMIT:
        raise SliceTooBigError(f"{before} records in {query}")
    try:
        yield from _counted(client, stream, query, before, _by_parent(client, stream, query))
    except SliceTooBigError as error:
        if stream.bulk is None or halves(piece, BEGINNING):
            raise
        log.info("%s, and too short to be cut; reading it in bulk", error)
        yield from _counted(client, stream, query, before, _bulk(client, task, before))


def _counted_before(client: Client, task: Task, piece: Slice) -> tuple[bool, int | None]:
    """Whether the slice is read in bulk, and how many records the shop counts before; of an
    operation that a killed pull has left, before that was started."""
    if task.left:
        return True, task.left.records
    before = count(client, task.stream, task.query)
    return by_bulk(client, task.stream, piece, before), before


def _counted(
    client: Client, stream: Stream, query: str, before: int | None, changes: Iterable[Change]
) -> Iterator[Change]:
    """The changes; an error at their end when the shop counts others."""
    read = 0
    for read, change in enumerate(changes, 1):  # noqa: B007 - the last number counts
        yield change
    if before is None or read == before:
        return
    least = after = count(client, stream, query) or 0
    if read < after and not shows_all(client, stream):
        least = count_shown(client, stream, query)
    # A record that is edited meanwhile leaves the closed window: then the count falls.
    if not least <= read <= max(before, after):
        raise RetriableError(
            f"shopify/{stream.name}: read {read} records, but the shop counts {before} before "
            f"and {after} after in {query}; the cursor was left where it was"
        )


def _by_parent(client: Client, stream: Stream, query: str) -> Iterator[Change]:
    if not stream.parent:
        yield from _paged(client, stream, {"query": query})
        return
    for parent in _parents(client, stream.parent):
        yield from _paged(client, stream, {"query": query, "parent": parent})


def _parents(client: Client, name: str) -> list[str]:
    parent = next(stream for stream in STREAMS if stream.name == name)
    return [record["id"] for record, _ in pages(client, parent, {})]


def _paged(client: Client, stream: Stream, variables: dict[str, Any]) -> Iterator[Change]:
    for record, read_at in pages(client, stream, variables):
        yield from _changes(stream, record, read_at)


def _bulk(client: Client, task: Task, records: int | None) -> Iterator[Change]:
    for record, read_at in read_bulk(client, task, records):
        yield from _changes(task.stream, record, read_at)


def _newest(client: Client, task: Task, piece: Slice) -> Iterator[Change]:
    """Newest first, back to the slice's beginning; what is newer than its end comes next time."""
    since = piece.since or ""
    bulk = piece.since is None and _counted_before(client, task, piece)[0]
    try:
        for change in () if bulk else _paged(client, task.stream, {}):
            if change.at < since:
                return
            if change.at <= piece.until:
                yield change
    except SliceTooBigError as error:  # its halves would begin at the newest as well
        log.info("%s; reading it in bulk", error)
        bulk = True
    if bulk:
        yield from (c for c in _bulk(client, task, None) if since <= c.at <= piece.until)


def _changes(stream: Stream, record: Record, read_at: str) -> Iterator[Change]:
    at = changed_at(stream, record)
    moment = normalize_time(at, stream.changed) if at else read_at
    for part in owners(record, [stream.inside]) if stream.inside else [record]:
        yield Change(part["id"], part, moment, read_at=read_at)


def _deletions(client: Client, stream: Stream, subject: str, piece: Slice) -> Iterator[Change]:
    """Tombstones: Shopify keeps events for a year."""
    wanted = f"action:destroy subject_type:{subject} {time_bounds('created_at', piece)}"
    for event, read_at in pages(client, DELETIONS, {"query": wanted}):
        if event["action"].lower() != "destroy":
            raise FatalError(
                f"shopify/{stream.name}: Shopify gave an event {event['action']!r} where deletions "
                f"were asked for ({wanted}): the search has to be corrected"
            )
        if "subjectId" not in event:  # a comment's
            continue
        gid = _record_id(stream, event["subjectId"])
        at = normalize_time(event["createdAt"], "createdAt")
        record = {"id": gid, "deletedAt": event["createdAt"]}
        yield Change(gid, record, at, deleted=True, read_at=read_at)


def _record_id(stream: Stream, subject: str) -> str:
    """Events name a discount by its own type, records by its node."""
    if stream.deletes != "DISCOUNT_NODE":
        return subject
    return f"gid://shopify/DiscountNode/{subject.rpartition('/')[2]}"
