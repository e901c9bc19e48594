"""The document store: JSON documents in SQLite, all of them in memory for reading.

A document is a dict whose `id` is its gid; `gid://shopify/Order/1` makes it an `Order`. Parts
with an id of their own (line items, transactions, fulfilments ...) live inside their document and
are found through it. A write is acknowledged after SQLite has committed it.
"""

import sqlite3
from bisect import bisect_left, insort
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

Document = dict[str, Any]

SCHEMA = """
create table if not exists document (
    id text primary key, type text not null, created_at text, updated_at text, json blob not null
) without rowid;
create table if not exists counter (name text primary key, value integer not null) without rowid;
"""
# sort orders that are kept, not made on demand
ORDERS = ("id", "updatedAt", "createdAt", "processedAt")
# fields that documents are found by, without regard to case
LOOKUPS = {"Customer": ("email", "phone"), "Product": ("handle",)}
FIRST_ID = 5_000_000_000_000
Entry = tuple[str | int, int]


def gid_type(gid: str) -> str:
    """`gid://shopify/Order/1` -> `Order`; empty when it is no gid."""
    parts = gid.split("/")
    return parts[3] if len(parts) >= 5 and gid.startswith("gid://") else ""


def gid_number(gid: str) -> int:
    """`gid://shopify/InventoryLevel/7?inventory_item_id=9` -> 7."""
    number = gid.rpartition("/")[2].partition("?")[0]
    return int(number) if number.isdigit() else 0


class Store:
    """Documents by id and by type, kept in the order of each of `ORDERS`."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=normal")
        self._db.executescript(SCHEMA)
        self._clear_memory()
        counters = self._db.execute("select name, value from counter")
        self._counters: dict[str, int] = dict(counters.fetchall())
        for (raw,) in self._db.execute("select json from document order by id"):
            self._remember(orjson.loads(raw))
        for by_order in self._sorted.values():
            for entries in by_order.values():
                entries.sort()
        self._bulk_loading = False

    def _clear_memory(self) -> None:
        self._bulk_loading = True
        self._documents: dict[str, Document] = {}
        self._types: dict[str, dict[int, str]] = {}
        self._sorted: dict[str, dict[str, list[Entry]]] = {}
        self._keys: dict[str, dict[str, Entry]] = {}
        self._inside: dict[str, str] = {}
        self._found: dict[tuple[str, str, str], str] = {}
        self._known: dict[str, list[tuple[str, str, str]]] = {}
        self._pending: dict[str, Document | None] = {}

    def get(self, gid: str) -> Document | None:
        """A document, or a part inside one."""
        found = self._documents.get(gid)
        if found is not None:
            return found
        owner = self._inside.get(gid)
        return find_part(self._documents[owner], gid) if owner else None

    def of_kind(self, kind: str, gid: str) -> Document | None:
        """The document; None also where the id is of another type."""
        return self.get(gid) if gid_type(gid) == kind else None

    def owner(self, gid: str) -> Document | None:
        """The document that holds the part `gid`."""
        owner = self._inside.get(gid)
        return self._documents[owner] if owner else None

    def all(self, kind: str) -> Iterator[Document]:
        """Every document of a type, by ascending id."""
        for _, number in self.entries(kind, "id"):
            yield self.by_number(kind, number)

    def count(self, kind: str) -> int:
        return len(self._types.get(kind, {}))

    def entries(self, kind: str, order: str) -> list[Entry]:
        """(value, number) pairs of a type in one of `ORDERS`, ascending; not to be changed."""
        return self._sorted.get(kind, {}).get(order, [])

    def by_number(self, kind: str, number: int) -> Document:
        return self._documents[self._types[kind][number]]

    def find(self, kind: str, field: str, value: str) -> Document | None:
        """The document of a type with this value in one of its `LOOKUPS`."""
        gid = self._found.get((kind, field, value.strip().lower()))
        return self._documents[gid] if gid else None

    def next_id(self, kind: str) -> str:
        """A new gid; numbers only grow, over all types."""
        number = self._counters.get("id", FIRST_ID) + 1
        self._counters["id"] = number
        return f"gid://shopify/{kind}/{number}"

    def next_number(self, name: str, first: int) -> int:
        self._counters[name] = self._counters.get(name, first - 1) + 1
        return self._counters[name]

    def put(self, document: Document) -> None:
        """Keep a new or changed document; it is durable after `commit`."""
        self._remember(document)
        self._pending[document["id"]] = document

    def delete(self, gid: str) -> None:
        document = self._documents.pop(gid)
        kind = gid_type(gid)
        del self._types[kind][gid_number(gid)]
        for order, entry in self._keys.pop(gid).items():
            entries = self._sorted[kind][order]
            del entries[bisect_left(entries, entry)]
        for part in parts(document):
            self._inside.pop(part["id"], None)
        for key in self._known.pop(gid, ()):
            self._found.pop(key, None)
        self._pending[gid] = None

    def commit(self) -> None:
        """Write what was put or deleted since the last commit, in one transaction.

        Raises sqlite3.Error when the disk does not take it.
        """
        if not self._pending:
            return
        rows = [
            (gid, gid_type(gid), d.get("createdAt"), d.get("updatedAt"), orjson.dumps(d))
            for gid, d in self._pending.items()
            if d is not None
        ]
        gone = [(gid,) for gid, d in self._pending.items() if d is None]
        counters = list(self._counters.items())
        try:
            self._db.execute("begin")
            self._db.executemany("insert or replace into document values (?, ?, ?, ?, ?)", rows)
            self._db.executemany("delete from document where id = ?", gone)
            self._db.executemany("insert or replace into counter values (?, ?)", counters)
            self._db.execute("commit")
        except sqlite3.Error:
            # what could not be written stays pending for the next commit
            if self._db.in_transaction:
                self._db.execute("rollback")
            raise
        self._pending.clear()

    def reset(self) -> None:
        self._db.executescript("delete from document; delete from counter;")
        self._clear_memory()
        self._bulk_loading = False
        self._counters = {}

    def close(self) -> None:
        self.commit()
        self._db.close()

    def _remember(self, document: Document) -> None:
        gid = document["id"]
        kind, number = gid_type(gid), gid_number(gid)
        self._documents[gid] = document
        self._types.setdefault(kind, {})[number] = gid
        orders = self._sorted.setdefault(kind, {order: [] for order in ORDERS})
        known = self._keys.setdefault(gid, {})
        for order in ORDERS:
            value = number if order == "id" else document.get(order)
            entry = (value if value is not None else "", number)
            if known.get(order) == entry:
                continue
            entries = orders[order]
            if order in known:
                del entries[bisect_left(entries, known[order])]
            known[order] = entry
            entries.append(entry) if self._bulk_loading else insort(entries, entry)
        for part in parts(document):
            self._inside[part["id"]] = gid
        if kind in LOOKUPS:
            self._remember_lookups(kind, document)

    def _remember_lookups(self, kind: str, document: Document) -> None:
        gid = document["id"]
        for key in self._known.get(gid, ()):
            self._found.pop(key, None)
        fields = [(field, document.get(field)) for field in LOOKUPS[kind]]
        keys = [(kind, field, str(value).lower()) for field, value in fields if value]
        self._known[gid] = keys
        for key in keys:
            self._found[key] = gid


def parts(document: Document) -> Iterator[Document]:
    """Every dict inside a document that has a gid of its own."""
    for value in document.values():
        if type(value) is dict:
            value = [value]
        if type(value) is list:
            for item in value:
                if type(item) is dict:
                    if "id" in item:
                        yield item
                    yield from parts(item)


def find_part(document: Document, gid: str) -> Document | None:
    return next((part for part in parts(document) if part["id"] == gid), None)
