"""A bulk result's lines joined to records, in the shape of paged ones, in bounded memory.

A line is an object; one of a nested connection names its parent in `__parentId`. Children may come
anywhere in the file, so an index on disk (id, parent, place in the file) finds them.
"""

import sqlite3
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any

import orjson

from scripts.shopify.streams import Bulk

Record = dict[str, Any]
ROWS_AT_ONCE = 1_000
CACHE_KIB = 16 * 1024


class CountError(Exception):
    """The file is not what Shopify says that it wrote."""


def joined(path: Path, bulk: Bulk, objects: int, roots: int) -> Iterator[Record]:
    """Each root object with its connections as `{"nodes": [...]}`, or where `bulk.records` names a
    type each object of that type. CountError before the first record when the lines are not
    `objects`, the root objects not `roots`, or a parent is missing.
    """
    index = sqlite3.connect(path.with_suffix(".index"))
    try:
        index.execute(f"pragma cache_size=-{CACHE_KIB}")
        index.executescript(
            "pragma journal_mode=off; pragma synchronous=off;"
            "create table line (id text, parent text, place integer, size integer);"
        )
        with path.open("rb") as file:
            rows = _rows(file)
            while batch := list(islice(rows, ROWS_AT_ONCE)):
                index.executemany("insert into line values (?, ?, ?, ?)", batch)
            index.execute("create index by_parent on line (parent, place)")
            _check(index, objects, roots)
            yield from _records(index, file, bulk)
    finally:
        index.close()


def _rows(file: IO[bytes]) -> Iterator[tuple[str, str | None, int, int]]:
    place = 0
    for number, line in enumerate(file, 1):
        place += len(line)
        if line.isspace():
            continue
        try:
            record = orjson.loads(line)
            yield record["id"], record.get("__parentId"), place - len(line), len(line)
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise CountError(f"line {number} of the bulk result is damaged") from error


def _check(index: sqlite3.Connection, objects: int, roots: int) -> None:
    (found,) = index.execute("select count(*) from line").fetchone()
    (found_roots,) = index.execute("select count(*) from line where parent is null").fetchone()
    if (found, found_roots) != (objects, roots):
        raise CountError(
            f"the bulk result has {found} objects, {found_roots} of them root objects, but Shopify "
            f"counted {objects} and {roots}"
        )
    (different,) = index.execute(
        "select count(distinct id) from line where parent is null"
    ).fetchone()
    if different != roots:
        raise CountError(
            f"the bulk result holds {roots - different} root objects twice, so others are missing"
        )
    orphan = index.execute(
        "select parent from (select distinct parent from line where parent is not null) "
        "where parent not in (select id from line) limit 1"
    ).fetchone()
    if orphan:
        raise CountError(f"the bulk result lacks {orphan[0]}, the parent of other lines")


def _records(index: sqlite3.Connection, file: IO[bytes], bulk: Bulk) -> Iterator[Record]:
    nested = {(n.parent, n.kind): n.field for n in bulk.nested}
    if bulk.records:
        where, wanted = "id like ?", (f"gid://shopify/{bulk.records}/%",)
        lines = index.execute(f"select place, size from line where {where} order by place", wanted)
    else:
        lines = index.execute("select place, size from line where parent is null order by place")
    for place, size in lines:
        record = _read(file, place, size)
        record.pop("__parentId", None)
        yield _with_children(index, file, nested, record)


def _with_children(
    index: sqlite3.Connection,
    file: IO[bytes],
    nested: dict[tuple[str, str], str],
    record: Record,
) -> Record:
    kind = _kind(record["id"])
    fields = {child: field for (parent, child), field in nested.items() if parent == kind}
    if not fields:
        return record
    record |= {field: {"nodes": []} for field in fields.values()}
    asked = "select place, size from line where parent = ? order by place"
    for place, size in index.execute(asked, (record["id"],)):
        child = _read(file, place, size)
        field = fields.get(_kind(child["id"]))
        if field is None:
            raise CountError(f"{child['id']} belongs to no connection of {record['id']}")
        del child["__parentId"]
        record[field]["nodes"].append(_with_children(index, file, nested, child))
    return record


def _read(file: IO[bytes], place: int, size: int) -> Record:
    file.seek(place)
    record: Record = orjson.loads(file.read(size))
    return record


def _kind(gid: str) -> str:
    """`gid://shopify/Order/1` → `Order`."""
    return gid.split("/", 4)[3]
