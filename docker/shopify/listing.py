"""Root lists: a stored type searched, sorted and cut into pages.

Pages in the order of a kept index (id, created, updated, processed time) cost what they show, not
what is stored; other sort keys sort the matches.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from docker.shopify.errors import ApiError, invalid_id
from docker.shopify.execute import Context, resolves
from docker.shopify.pages import MAX_DEPTH, Page, decode_cursor, encode_cursor, window_size
from docker.shopify.search import Filter, Search, compile_search
from docker.shopify.store import Document, Entry, gid_number, gid_type

KEPT = {"ID": "id", "CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt"}
KEPT |= {"PROCESSED_AT": "processedAt", "RELEVANCE": "id"}
UTC = ZoneInfo("UTC")
BOUND_FIELDS = {"updatedAt": "updated_at", "createdAt": "created_at", "processedAt": "processed_at"}
Sorting = dict[str, Callable[[Document], Any]]


def by_id(*names: str) -> None:
    """Registers root fields that fetch one object; a gid of another type is an error."""
    for name in names:
        kind = name[0].upper() + name[1:]

        @resolves("QueryRoot", name)
        def fetch(
            context: Context, _: Any, arguments: dict[str, Any], kind: str = kind
        ) -> Document | None:
            if gid_type(arguments["id"]) != kind:
                raise invalid_id(arguments["id"])
            return context.store.get(arguments["id"])


def search_of(
    context: Context, text: str | None, filters: dict[str, Filter], zone: ZoneInfo
) -> Search | None:
    """The compiled `query` argument; its warnings go to the answer's extensions."""
    if not text or not text.strip():
        return None
    search = compile_search(text, filters, zone)
    if search.warnings:
        context.search.append(
            {
                "path": list(context.path),
                "query": text,
                "parsed": search.parsed,
                "warnings": search.warnings,
            }
        )
    return search


def list_documents(
    context: Context,
    kind: str,
    arguments: dict[str, Any],
    filters: dict[str, Filter],
    sorting: Sorting | None = None,
    default_sort: str = "ID",
    zone: ZoneInfo = UTC,
    keep: Callable[[Document], bool] | None = None,
) -> Page:
    """A page of all documents of `kind`."""
    search = search_of(context, arguments.get("query"), filters, zone)
    sort_key = arguments.get("sortKey") or default_sort
    extra = (sorting or {}).get(sort_key)
    if extra is None:
        order = KEPT.get(sort_key, "id")
        entries = _bounded(context.store.entries(kind, order), order, search)
    else:
        order = ""
        entries = sorted(
            (str(extra(d) or ""), gid_number(d["id"])) for d in context.store.all(kind)
        )
    matches = _matcher(search, order, keep)
    return _cut(context, kind, arguments, entries, matches)


def count_documents(
    context: Context,
    kind: str,
    text: str | None,
    filters: dict[str, Filter],
    zone: ZoneInfo = UTC,
) -> int:
    search = search_of(context, text, filters, zone)
    if search is None or search.matches is None:
        return context.store.count(kind)
    for order, field in BOUND_FIELDS.items():
        if field in search.bounds:
            entries = _bounded(context.store.entries(kind, order), order, search)
            if search.exact:
                return len(entries)
            found = (context.store.by_number(kind, number) for _, number in entries)
            return sum(1 for document in found if search.matches(document))
    return sum(1 for document in context.store.all(kind) if search.matches(document))


def _bounded(entries: list[Entry], order: str, search: Search | None) -> list[Entry]:
    bound = search.bounds.get(BOUND_FIELDS.get(order, "")) if search else None
    if bound is None:
        return entries
    low = bisect_left(entries, (bound[0], -1)) if bound[0] else 0
    high = bisect_left(entries, (bound[1], -1)) if bound[1] else len(entries)
    return entries[low:high]


def _matcher(
    search: Search | None, order: str, keep: Callable[[Document], bool] | None
) -> Callable[[Document], bool] | None:
    test = search.matches if search else None
    if search and search.exact and BOUND_FIELDS.get(order) in search.bounds:
        test = None
    if test is None or keep is None:
        return test or keep
    return lambda document: test(document) and keep(document)


def _cut(
    context: Context,
    kind: str,
    arguments: dict[str, Any],
    entries: list[Entry],
    matches: Callable[[Document], bool] | None,
) -> Page:
    reverse = bool(arguments.get("reverse"))
    store = context.store
    by_number: dict[int, Entry] = {}

    def cursor(document: Document) -> str:
        value, number = by_number[gid_number(document["id"])]
        return encode_cursor(number, value)

    def found(window: Iterator[Entry]) -> Iterator[Document]:
        for entry in window:
            document = store.by_number(kind, entry[1])
            if matches is None or matches(document):
                by_number[entry[1]] = entry
                yield document

    if context.unlimited:
        ordered = reversed(entries) if reverse else iter(entries)
        return Page(list(found(ordered)), cursor)
    size, from_end = window_size(arguments)
    low, high = _window(entries, arguments, reverse)
    backwards = reverse != from_end
    indexes = range(high - 1, low - 1, -1) if backwards else range(low, high)
    _check_depth(entries, indexes, backwards, size, matches, lambda e: store.by_number(kind, e[1]))
    window = found(entries[i] for i in indexes)
    items = list(islice(window, size))
    more = next(window, None) is not None
    if from_end:
        items.reverse()
    skipped = (high < len(entries)) if backwards else (low > 0)
    has_next, has_previous = (skipped, more) if from_end else (more, skipped)
    return Page(items, cursor, has_next, has_previous)


def _window(entries: list[Entry], arguments: dict[str, Any], reverse: bool) -> tuple[int, int]:
    low, high = 0, len(entries)
    after, before = arguments.get("after"), arguments.get("before")
    if reverse:
        after, before = before, after
    if after:
        low = bisect_right(entries, _entry(entries, after))
    if before:
        high = bisect_left(entries, _entry(entries, before))
    return low, max(low, high)


def _entry(entries: list[Entry], cursor: str) -> Entry:
    number, value = decode_cursor(cursor)
    numeric = bool(entries) and isinstance(entries[0][0], int)
    if numeric and not value.isdigit():
        raise ApiError("Invalid cursor for current pagination sort.", "BAD_REQUEST")
    return (int(value) if numeric else value, number)


def _check_depth(
    entries: list[Entry],
    indexes: range,
    backwards: bool,
    size: int,
    matches: Callable[[Document], bool] | None,
    document: Callable[[Entry], Document],
) -> None:
    """Shopify pages through the first 25,000 matches of a query, no further."""
    if not indexes:
        return
    passed = len(entries) - 1 - indexes[0] if backwards else indexes[0]
    if passed + size <= MAX_DEPTH:
        return
    if matches is not None:
        before = entries[indexes[0] + 1 :] if backwards else entries[: indexes[0]]
        passed = sum(1 for entry in before if matches(document(entry)))
    if passed + size > MAX_DEPTH:
        raise ApiError(
            f"Pagination is limited to the first {MAX_DEPTH:,} objects of a query: narrow it with "
            "`query`, or use a bulk operation.",
            "BAD_REQUEST",
        )
