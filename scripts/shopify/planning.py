"""How a window is read: its search, its slices, and pages or bulk by what the pages would cost."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from scripts.errors import FatalError
from scripts.landing.slices import SliceTooBigError
from scripts.landing.window import Slice, Window, normalize_time
from scripts.landing.writer import iso, now_utc
from scripts.shopify.client import Client
from scripts.shopify.documents import document
from scripts.shopify.pages import PAGED_LIMIT, changed_at
from scripts.shopify.streams import Stream

BEGINNING = "2006-01-01T00:00:00.000000Z"  # Shopify's first shop
HISTORY = timedelta(days=60)
SURELY_SHOWN = timedelta(days=59)
# A page's points before its document has been run.
UNKNOWN_POINTS = 100.0
# A slice is repeated whole when a pull is killed, and costs a bulk operation's start.
BULK_SLICE = 50_000
PAGES_A_SLICE = 10
MOST_SLICES = 200
# Six rounds of 16 parts tell seconds of many years apart.
BINS, ROUNDS, COUNTS_AT_ONCE = 16, 6, 8

log = logging.getLogger(__name__)


def time_bounds(clock: str, piece: Slice) -> str:
    """Times are quoted: an unquoted one ends at its first colon."""
    until = f"{clock}:<='{piece.until}'"
    begins = ">" if piece.after else ">="
    return f"{clock}:{begins}'{piece.since}' {until}" if piece.since else until


def search(stream: Stream, piece: Slice) -> str:
    """The search of a slice; of a stream that is not searched by time all records."""
    if stream.reads != "window":
        return ""
    return f"{time_bounds(stream.clock, piece)} {stream.filter}".rstrip()


def count(client: Client, stream: Stream, query: str) -> int | None:
    """How many records the shop counts; None where it does not tell. SliceTooBigError when it
    counts only up to some number: a part can be counted."""
    if not stream.count:
        return None
    found, exact = _count(client, stream, stream.count, query)
    if not exact:
        told = f"shopify/{stream.name}: the shop counts only up to {found}"
        raise SliceTooBigError(told) if stream.reads == "window" else FatalError(told)
    return found


def count_at_least(client: Client, stream: Stream, query: str) -> int | None:
    """The same where the number need not be exact."""
    return _count(client, stream, stream.count, query)[0] if stream.count else None


def _count(client: Client, stream: Stream, root: str, query: str) -> tuple[int, bool]:
    """The number, and whether it is exact or the shop stopped there."""
    found = client.execute(document("counts"), {"query": query, root: True})[root]
    if found is None:
        raise FatalError(f"shopify/{stream.name}: the token may not count {root}")
    return int(found["count"]), found["precision"] == "EXACT"


def by_bulk(client: Client, stream: Stream, piece: Slice, records: int | None) -> bool:
    """Whether a bulk operation is cheaper: it costs one call, pages may cost more points than the
    bucket holds, and then they wait; beyond some number there are none. `records` None: the shop
    does not count this window; then only a stream's beginning may be big, about as big as another
    whole list, which what the records hold may be as well."""
    if stream.bulk is None:
        return False
    records, burst = records or 0, client.limiter.burst  # 0: the shop tells of no bucket
    if piece.since is None and stream.size:
        records = max(records, _count(client, stream, stream.size, "")[0])
    return records > PAGED_LIMIT or 0 < burst < _page_points(client, stream, records)


def _page_points(client: Client, stream: Stream, records: int) -> float:
    each = client.points(document(stream.document), stream.page_size) or UNKNOWN_POINTS
    return each * (records / stream.page_size)


def plan(client: Client, stream: Stream, window: Window) -> list[Slice]:
    """Slices that are moderate pieces of work, however unevenly the records lie in time."""
    _check_history(client, stream, window)
    all_of_it = Slice(window.since, window.until)
    records = count_at_least(client, stream, search(stream, all_of_it))
    bulk = by_bulk(client, stream, all_of_it, records)
    all_of_it = replace(all_of_it, begins_work=bulk)
    size = BULK_SLICE if bulk else PAGES_A_SLICE * stream.page_size
    if stream.reads != "window" or records is None or records <= size:
        return [all_of_it]
    start = window.since or _oldest(client, stream)
    return _balanced(client, stream, all_of_it, start, max(size, records // MOST_SLICES), ROUNDS)


def _balanced(
    client: Client, stream: Stream, piece: Slice, start: str, size: int, rounds: int
) -> list[Slice]:
    """The slice in parts of about `size` records: parts of equal time are counted, small ones put
    together, large ones cut again."""

    def counted(part: Slice) -> int:
        return count_at_least(client, stream, search(stream, part)) or 0

    parts = cut(piece, start, BINS)
    with ThreadPoolExecutor(COUNTS_AT_ONCE) as pool:
        counts = list(pool.map(counted, parts))
    groups: list[tuple[Slice, int]] = []
    for part, records in zip(parts, counts, strict=True):
        if groups and groups[-1][1] + records <= size:
            before, held = groups.pop()
            part, records = replace(before, until=part.until), held + records
        groups.append((part, records))
    found: list[Slice] = []
    for part, records in groups:
        if records > size and rounds > 1 and len(parts) > 1:
            found += _balanced(client, stream, part, part.since or start, size, rounds - 1)
        else:
            found.append(part)
    return found


def _check_history(client: Client, stream: Stream, window: Window) -> None:
    """Shopify leaves out older records without a word."""
    horizon = iso(datetime.fromisoformat(window.until) - HISTORY)
    if stream.history is None or (window.since and window.since >= horizon):
        return
    if not shows_all(client, stream):
        log.warning(
            "shopify/%s: the token lacks `%s`, so Shopify leaves out what is older than 60 days",
            stream.name, stream.history,
        )  # fmt: skip


def shows_all(client: Client, stream: Stream) -> bool:
    """Whether the token has the scope without which older records are left out of lists. Counts
    hold them all the same (reported: Shopify/cli issue 2728)."""
    if stream.history is None:
        return True
    answer = client.execute(document("access_scopes"), {})["currentAppInstallation"]
    return stream.history in {scope["handle"] for scope in answer["accessScopes"]}


def count_shown(client: Client, stream: Stream, query: str) -> int:
    """How many of these records are so young that no token is refused them."""
    young = iso(now_utc() - SURELY_SHOWN)
    return count(client, stream, f"{query} created_at:>='{young}'") or 0


def _oldest(client: Client, stream: Stream) -> str:
    """No record changed before this: the first of the list changed first, or was made first."""
    page = client.execute(document(stream.document), {"first": 1, "query": ""})["page"]
    if not page["nodes"]:
        return BEGINNING
    first = page["nodes"][0]
    by_change = "sortKey: UPDATED_AT" in document(stream.document)
    at = changed_at(stream, first) if by_change else first.get("createdAt")
    return normalize_time(at, stream.changed) if at else BEGINNING


def cut(piece: Slice, start: str, pieces: int) -> list[Slice]:
    """The slice in so many parts (fewer when it is short): no moment in two or in none. Shopify
    shows whole seconds and keeps microseconds, as cursors of its lists tell."""
    begin, end = datetime.fromisoformat(start), datetime.fromisoformat(piece.until)
    step = max((end - begin) / pieces, timedelta(seconds=2))
    found: list[Slice] = []
    part = piece
    for number in range(1, pieces):
        last = (begin + step * number).replace(microsecond=0)
        if last + timedelta(seconds=2) >= end:
            break
        found.append(Slice(part.since, iso(last), after=part.after))
        part = Slice(iso(last), piece.until, after=True)
    return [*found, Slice(part.since, piece.until, after=part.after)]
