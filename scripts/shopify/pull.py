"""Shopify → landing: pages of one window, children completed, counts checked."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from scripts.errors import FatalError, RetriableError
from scripts.landing.pull import Reader, Result
from scripts.landing.pull import pull as land
from scripts.landing.slices import Change, SliceTooBigError, Target
from scripts.landing.store import Store
from scripts.landing.window import Request, Slice, normalize_time
from scripts.landing.writer import iso, now_utc
from scripts.shopify.client import Client
from scripts.shopify.documents import document
from scripts.shopify.streams import LOOKBACK, STREAMS, Child, Stream

SOURCE = "shopify"
# Pagination ends at 25,000 objects (docs: usage/pagination-graphql).
PAGED_LIMIT = 25_000
BEGINNING = "2006-01-01T00:00:00.000000Z"  # Shopify's first shop


def pull(client: Client, store: Store, stream: Stream, request: Request) -> Result:
    """Pull one stream; raise RetriableError when the shop's count disagrees with what was read."""
    read = (
        partial(_windowed, client, stream) if stream.windowed else partial(_whole, client, stream)
    )
    reader = Reader(
        read, lookback=LOOKBACK, snapshot=not stream.windowed, workers=1, beginning=BEGINNING
    )
    return land(store, Target(SOURCE, stream.name, client.version), request, reader)


def _whole(client: Client, stream: Stream, _: Slice) -> Iterator[Change]:
    if stream.name == "shop":
        yield _change(client.execute(document("shop"), {})["shop"])
        return
    yield from _pages(client, stream, {})


def _windowed(client: Client, stream: Stream, piece: Slice) -> Iterator[Change]:
    variables = {"query": _search(piece)}
    if stream.parent:
        for parent in _parents(client, stream.parent):
            yield from _pages(client, stream, {**variables, "parent": parent})
        return
    before = _count(client, stream, variables["query"])
    if before > PAGED_LIMIT:
        raise SliceTooBigError(f"{before} records in {variables['query']}")
    read = set()
    for change in _pages(client, stream, variables):
        read.add(change.id)
        yield change
    after = _count(client, stream, variables["query"])
    # A record that is edited meanwhile leaves the closed window, so the count can only fall.
    if not after <= len(read) <= max(before, after):
        raise RetriableError(
            f"shopify/{stream.name}: read {len(read)} records, but the shop counts {before} before "
            f"and {after} after in {variables['query']}; the cursor was left where it was"
        )


def _search(window: Slice) -> str:
    bounds = [f"updated_at:<='{window.until}'"]
    if window.since:
        bounds.insert(0, f"updated_at:>='{window.since}'")
    return " ".join(bounds)


def _parents(client: Client, name: str) -> list[str]:
    parent = next(stream for stream in STREAMS if stream.name == name)
    return [change.id for change in _pages(client, parent, {})]


def _count(client: Client, stream: Stream, query: str) -> int:
    if not stream.count:
        raise FatalError(f"shopify/{stream.name}: no count is declared for this stream")
    wanted = {name: name == stream.count for name in ("orders", "products", "customers")}
    answer = client.execute(document("counts"), {"query": query, **wanted})
    return int(answer[stream.count]["count"])


def _pages(client: Client, stream: Stream, variables: dict[str, Any]) -> Iterator[Change]:
    after: str | None = None
    while True:
        read_at = iso(now_utc())
        asked = {"first": stream.page_size, "after": after, **variables}
        data = client.execute(document(stream.document), asked)
        page = _page(data, stream.name)
        for record in page["nodes"]:
            for child in stream.children:
                _complete(client, record, child)
            yield _change(record, read_at)
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def _page(data: dict[str, Any], name: str) -> dict[str, Any]:
    owner = data.get("parent", data)
    if owner is None:
        return {"nodes": [], "pageInfo": {"hasNextPage": False}}  # the parent was deleted meanwhile
    page: dict[str, Any] | None = owner.get("page")
    if page is None:
        raise FatalError(f"shopify/{name}: the token may not read it (the answer is null)")
    return page


def _complete(client: Client, record: dict[str, Any], child: Child) -> None:
    """Page a nested connection to its end and leave it whole in the record."""
    for owner in _owners(record, child.path[:-1]):
        connection = owner[child.path[-1]]
        info = connection["pageInfo"]
        while info["hasNextPage"]:
            variables = {"parent": owner["id"], "first": 250, "after": info["endCursor"]}
            page = _page(client.execute(document(child.document), variables), child.document)
            connection["nodes"] += page["nodes"]
            info = page["pageInfo"]
        connection["pageInfo"] = {"hasNextPage": False, "endCursor": info.get("endCursor")}


def _owners(record: dict[str, Any], path: tuple[str, ...]) -> list[dict[str, Any]]:
    owners = [record]
    for key in path:
        owners = [item for owner in owners for item in owner[key]]
    return owners


def _change(record: dict[str, Any], read_at: str | None = None) -> Change:
    at = normalize_time(record["updatedAt"], "updatedAt")
    return Change(record["id"], record, at, read_at=read_at)
