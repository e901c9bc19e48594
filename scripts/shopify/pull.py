"""Shopify → landing: pages of one window, children completed, counts checked."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from scripts.errors import FatalError, RetriableError
from scripts.landing.pull import Change, Request, Result, Window, land, normalize_time, plan_window
from scripts.landing.state import read_state
from scripts.landing.store import Store
from scripts.landing.writer import iso
from scripts.shopify.client import Client
from scripts.shopify.documents import document
from scripts.shopify.streams import LOOKBACK, STREAMS, Child, Stream

SOURCE = "shopify"
# Pagination ends at 25,000 objects (docs: usage/pagination-graphql); a larger window is cut in two.
PAGED_LIMIT = 25_000


def pull(client: Client, store: Store, stream: Stream, request: Request) -> Result:
    """Pull one stream; raise RetriableError when the shop's count disagrees with what was read."""
    state = read_state(store, SOURCE, stream.name)
    window = plan_window(state, request, LOOKBACK)
    changes = _windowed(client, stream, window) if stream.windowed else _whole(client, stream)
    return land(
        store,
        SOURCE,
        stream.name,
        client.version,
        window,
        state,
        changes,
        full_refresh=request.full_refresh,
        snapshot=not stream.windowed,
        lookback=LOOKBACK,
    )


def _whole(client: Client, stream: Stream) -> Iterator[Change]:
    if stream.name == "shop":
        yield _change(client.execute(document("shop"), {})["shop"])
        return
    for record in _pages(client, stream, {}):
        yield _change(record)


def _windowed(client: Client, stream: Stream, window: Window) -> Iterator[Change]:
    variables = {"query": _search(window)}
    if stream.parent:
        for parent in _parents(client, stream.parent):
            for record in _pages(client, stream, {**variables, "parent": parent}):
                yield _change(record)
        return
    before = _count(client, stream, variables["query"])
    if before > PAGED_LIMIT:
        for half in _halves(window, stream):
            yield from _windowed(client, stream, half)
        return
    read = set()
    for record in _pages(client, stream, variables):
        read.add(record["id"])
        yield _change(record)
    after = _count(client, stream, variables["query"])
    # A record that is edited meanwhile leaves the closed window, so the count can only fall.
    if not after <= len(read) <= max(before, after):
        raise RetriableError(
            f"shopify/{stream.name}: read {len(read)} records, but the shop counts {before} before "
            f"and {after} after in {variables['query']}; the cursor was left where it was"
        )


def _search(window: Window) -> str:
    bounds = [f"updated_at:<='{window.until}'"]
    if window.since:
        bounds.insert(0, f"updated_at:>='{window.since}'")
    return " ".join(bounds)


def _halves(window: Window, stream: Stream) -> tuple[Window, Window]:
    since = window.since or normalize_time("2006-01-01T00:00:00Z", "since")
    start, end = datetime.fromisoformat(since), datetime.fromisoformat(window.until)
    if end - start < timedelta(seconds=2):
        raise FatalError(
            f"shopify/{stream.name}: more than {PAGED_LIMIT} records changed within one second at "
            f"{since}; paging cannot read them"
        )
    middle = (start + (end - start) / 2).replace(microsecond=0)
    after = iso(middle + timedelta(seconds=1))
    return (
        Window(window.since, iso(middle), window.moves_cursor),
        Window(after, window.until, window.moves_cursor),
    )


def _parents(client: Client, name: str) -> list[str]:
    parent = next(stream for stream in STREAMS if stream.name == name)
    return [record["id"] for record in _pages(client, parent, {})]


def _count(client: Client, stream: Stream, query: str) -> int:
    if not stream.count:
        raise FatalError(f"shopify/{stream.name}: no count is declared for this stream")
    wanted = {name: name == stream.count for name in ("orders", "products", "customers")}
    answer = client.execute(document("counts"), {"query": query, **wanted})
    return int(answer[stream.count]["count"])


def _pages(client: Client, stream: Stream, variables: dict[str, Any]) -> Iterator[dict[str, Any]]:
    after: str | None = None
    while True:
        asked = {"first": stream.page_size, "after": after, **variables}
        data = client.execute(document(stream.document), asked)
        page = _page(data, stream.name)
        for record in page["nodes"]:
            for child in stream.children:
                _complete(client, record, child)
            yield record
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


def _change(record: dict[str, Any]) -> Change:
    return Change(record["id"], record, normalize_time(record["updatedAt"], "updatedAt"))
