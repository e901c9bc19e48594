"""Stripe → landing: the window's new objects from the list, changed older ones through events.

Events reach 30 days back. After a longer pause the whole list is read again, and what landing holds
and the list does not is asked for by its id: it was deleted, and no event tells of that any more.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from scripts.landing.known import has_landed, not_landed_since
from scripts.landing.pull import Reader, Result
from scripts.landing.pull import pull as land
from scripts.landing.slices import Change, Target
from scripts.landing.state import check_never_pulled
from scripts.landing.store import Store
from scripts.landing.window import Request, Slice, Window
from scripts.landing.writer import now_utc
from scripts.stripe.changed import changed, fetched
from scripts.stripe.client import WORKERS, Client, PermissionMissingError
from scripts.stripe.listed import listed
from scripts.stripe.pending import settled
from scripts.stripe.plan import bounds, cut, days
from scripts.stripe.streams import Stream

log = logging.getLogger(__name__)
SOURCE = "stripe"
# Events reach back 30 days (docs: api/events); beyond that only the whole list is sure.
EVENTS_REACH = timedelta(days=29)
BEGINNING = "2010-01-01T00:00:00.000000Z"  # before Stripe's first account
# Kinds of slice.
LISTED, CHANGED, UNLISTED, PENDING = "listed", "changed", "unlisted", "pending"


def pull(client: Client, store: Store, stream: Stream, request: Request) -> Result:
    """Pull one stream of the account that the key belongs to.

    A restricted key that may not read it skips it with a warning: the other streams are worth
    having. One that was pulled before has lost the permission: FatalError.
    """
    target = Target(SOURCE, stream.name, client.version)
    reader = Reader(
        partial(_read, client, store, target, stream),
        plan=partial(_plan, client, store, target, stream, not request.asks_for_window),
        lookback=stream.lookback,
        beginning=BEGINNING,
        workers=WORKERS,
        readable=_readable,
        ahead=client.clock.ahead,
    )
    try:
        return land(store, target, request, reader)
    except PermissionMissingError as error:
        lacks = f"STRIPE_API_KEY lacks the permission {error.permission}"
        check_never_pulled(store, SOURCE, stream.name, lacks)
        log.warning("%s/%s is skipped: %s", SOURCE, stream.name, error)
        return Result(stream.name, 0, 0)


def _plan(
    client: Client, store: Store, target: Target, stream: Stream, moves_cursor: bool, window: Window
) -> list[Slice]:
    """What was created in the window, and what changed in it of what is older."""
    if stream.events and _events_reach(window.since):
        pieces = days(Slice(window.since, window.until, CHANGED))
        if stream.parent:
            return pieces  # all that comes or goes has its event, and the list knows no time
        return [*pieces, *cut(client, stream, Slice(window.since, window.until, LISTED))]
    sweeps = moves_cursor and bool(stream.events)
    since = None if sweeps or stream.timeless else window.since
    pieces = cut(client, stream, Slice(since, window.until, LISTED))
    if sweeps and stream.deletes and has_landed(store, target):
        pieces.append(Slice(None, window.until, UNLISTED, last=True))
    if moves_cursor and stream.settles:
        pieces.append(Slice(window.since, window.until, PENDING, last=True))
    return pieces


def _read(
    client: Client, store: Store, target: Target, stream: Stream, piece: Slice
) -> Iterator[Change]:
    if piece.kind == LISTED:
        return listed(client, stream, piece)
    if piece.kind == CHANGED:
        return changed(client, stream, piece)
    if piece.kind == PENDING:
        return settled(client, store, stream, piece)
    end = bounds(piece)["lte"]
    missing = not_landed_since(store, target, piece.until)
    return fetched(client, stream, {"gte": end + 1}, ((key, end) for key in missing))


def _readable(piece: Slice) -> bool:
    """Whether a slice that was planned long ago can still be read as planned."""
    return piece.kind != CHANGED or _events_reach(piece.since)


def _events_reach(since: str | None) -> bool:
    return since is not None and datetime.fromisoformat(since) > now_utc() - EVENTS_REACH
