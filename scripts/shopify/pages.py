"""Paged reading: a connection to its end, nested connections too, and what a record is then."""

import logging
from collections.abc import Iterable, Iterator
from typing import Any

from scripts.errors import FatalError, RetriableError
from scripts.landing.slices import SliceTooBigError
from scripts.landing.writer import iso
from scripts.shopify.client import Client, TooCostlyError
from scripts.shopify.documents import document
from scripts.shopify.passing import FailedInsideError
from scripts.shopify.streams import Child, Stream

Record = dict[str, Any]
# Objects fetched at once by `nodes(ids:)`, whose own connections have small first pages.
PARTS_AT_ONCE = 50
CHILD_PAGE = 250
SMALLER = 8
# Pagination ends at 25,000 objects (docs: usage/pagination-graphql): a page beyond is refused.
PAGED_LIMIT = 25_000

log = logging.getLogger(__name__)


def pages(
    client: Client, stream: Stream, variables: dict[str, Any]
) -> Iterator[tuple[Record, str]]:
    """Each whole record, with the time (ISO 8601 UTC) before the request that brought it. Raises
    SliceTooBigError when paging does not reach the end."""
    after: str | None = None
    passed: set[str] = set()
    read, size = 0, stream.page_size
    while True:
        if read + size > PAGED_LIMIT:
            raise _too_many(stream, variables)
        read_at = iso(client.clock.now())
        data, size = _as_much(client, stream.document, size, {"after": after, **variables})
        page = _page(data, stream.name)
        read += len(page["nodes"])
        for node in page["nodes"]:
            if record := whole(client, stream, node):
                yield record, read_at
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = _next(page["pageInfo"], passed, stream.name)


def _as_much(client: Client, name: str, size: int, variables: dict[str, Any]) -> tuple[Record, int]:
    """The data of a page, and how many records it may hold: one at which Shopify fails each time,
    or that costs more than it allows, is asked for smaller."""
    while True:
        try:
            return client.execute(document(name), {"first": size, **variables}), size
        except (FailedInsideError, TooCostlyError) as error:
            if size == 1:
                raise
            size = max(1, size // SMALLER)
            log.warning("shopify: %s; going on in pages of %d %s", error, size, name)


def _too_many(stream: Stream, variables: dict[str, Any]) -> Exception:
    where = variables.get("query") or "the shop"
    what = f"shopify/{stream.name}: more than {PAGED_LIMIT} records in {where}"
    if stream.reads == "whole":
        return FatalError(f"{what}: paging ends there")
    return SliceTooBigError(what)


def whole(client: Client, stream: Stream, record: Record) -> Record | None:
    """The record with its nested connections complete, each as `{"nodes": [...]}`: how it was read
    must not show in what is landed. None when it was deleted meanwhile."""
    complete = all(_complete(client, record, child) for child in stream.children)
    return record if complete else None


def add_parts(
    client: Client, records: list[Record], field: str, parts_document: str
) -> list[Record]:
    """Fills the objects in the records' list `field` with what the document reads of them. A record
    whose objects are gone was deleted meanwhile: it is left out."""
    missing = {part["id"]: part for record in records for part in record[field]}
    ids = list(missing)
    for start in range(0, len(ids), PARTS_AT_ONCE):
        asked = {"ids": ids[start : start + PARTS_AT_ONCE]}
        for found in client.execute(document(parts_document), asked)["parts"]:
            if found:
                missing.pop(found["id"]).update(found)
    return [r for r in records if not any(part["id"] in missing for part in r[field])]


def owners(record: Record, path: Iterable[str]) -> list[Record]:
    """The objects at the path: through lists, connections and plain objects."""
    found: list[Record] = [record]
    for key in path:
        found = [item for owner in found for item in _items(owner.get(key))]
    return found


def changed_at(stream: Stream, record: Record) -> str | None:
    """The record's time of change as Shopify gives it; None for records that have none."""
    value: Any = record
    for key in stream.changed.split("."):
        value = value.get(key) if value else None
    return str(value) if value else None


def _items(value: Any) -> list[Record]:
    if value is None:
        return []
    if isinstance(value, list):
        return value
    nodes: list[Record] = value.get("nodes", [value])
    return nodes


def _complete(client: Client, record: Record, child: Child) -> bool:
    """Whether the connection's owner is still there."""
    for owner in owners(record, child.path[:-1]):
        connection = owner.get(child.path[-1])
        if connection is None:
            continue
        info, passed = connection.pop("pageInfo", None), set[str]()
        size = CHILD_PAGE
        while info and info["hasNextPage"]:
            parent = owner.get("id") or record["id"]
            after = _next(info, passed, child.document)
            asked = {"parent": parent, "after": after}
            data, size = _as_much(client, child.document, size, asked)
            if data.get("parent") is None:
                return False
            page = _page(data, child.document)
            connection["nodes"] += page["nodes"]
            info = page["pageInfo"]
    return True


def _next(info: Record, passed: set[str], name: str) -> str:
    """Where the next page begins: elsewhere than all before, else reading would never end."""
    after: str | None = info["endCursor"]
    if not after or after in passed:
        raise RetriableError(f"shopify/{name}: there is more, but a page does not say where")
    passed.add(after)
    return after


def _page(data: Record, name: str) -> Record:
    owner = data.get("parent", data)
    owner = owner and owner.get("inner", owner)
    if owner is None:  # the parent was deleted meanwhile, or the shop has no Shopify Payments
        return {"nodes": [], "pageInfo": {"hasNextPage": False}}
    page: Record | None = owner.get("page")
    if page is None:
        raise FatalError(f"shopify/{name}: the token may not read it (the answer is null)")
    nodes = page.get("nodes")
    if not isinstance(nodes, list) or None in nodes or not isinstance(page.get("pageInfo"), dict):
        raise RetriableError(f"shopify/{name}: a page is not whole; run it again")
    return page
