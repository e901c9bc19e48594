"""What a silver table is: a description; engine.py builds them all the same way."""

import hashlib
from dataclasses import dataclass, field

from spark_jobs.silver.meanings import COMMON


@dataclass(frozen=True)
class Table:
    """A typed, current table: one row a key, the last writer wins.

    streams: bronze tables it is made of.
    schema: DDL of the raw record; both Shopify shapes in one, since their keys do not collide.
    columns: name -> SQL over `r` (the parsed record) and the envelope's columns.
    key: columns that identify a row.
    changed_at: column with the source's own time of change, the first order of the last writer.
    expectations: reason -> SQL condition on the columns; a row that fails goes to quarantine.
    personal: columns with personal data.
    enums: columns with few values, of which a new one is told once.
    meanings: of columns that mean something else than in every table (meanings.py).
    clustered: columns by which readers of a big table choose rows; OPTIMIZE sorts files by them.
    """

    name: str
    streams: tuple[str, ...]
    schema: str
    columns: dict[str, str]
    key: tuple[str, ...]
    changed_at: str
    comment: str
    expectations: dict[str, str] = field(default_factory=dict)
    personal: tuple[str, ...] = ()
    enums: tuple[str, ...] = ()
    meanings: dict[str, str] = field(default_factory=dict[str, str])
    clustered: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exploded:
    """A flat table made from an array of a parent's current rows, replaced with its parent.

    source: SQL that selects the rows from `parent` (a view of parent rows); must keep `parent_key`,
        which may be several columns, comma-separated.
    personal, meanings, clustered: as a Table's.
    """

    name: str
    parent: str
    parent_key: str
    key: tuple[str, ...]
    source: str
    comment: str
    personal: tuple[str, ...] = ()
    meanings: dict[str, str] = field(default_factory=dict[str, str])
    clustered: tuple[str, ...] = ()


@dataclass(frozen=True)
class Joined:
    """A table out of several tables' current rows; a run makes the rows anew that it touched.

    sources: the tables; without the first one there is nothing to join. In SQL they are `{name}`.
    key: the column that identifies a row.
    every, touched: SQL of all keys, and of those that `{runs}` (a list of run ids) may have
        changed; `{self}` is this table.
    source: SQL of the rows for `{keys}`, a query of keys.
    """

    name: str
    sources: tuple[str, ...]
    key: str
    every: str
    touched: str
    source: str
    comment: str
    personal: tuple[str, ...] = ()
    meanings: dict[str, str] = field(default_factory=dict[str, str])
    clustered: tuple[str, ...] = ()


Declared = Table | Exploded | Joined


def meaning(declared: Declared, column: str) -> str:
    """What the column says. KeyError: nothing does."""
    return declared.meanings.get(column) or COMMON[column]


def fingerprint(declared: Declared) -> str:
    """Another one for another declaration: the table is then built anew from bronze."""
    return hashlib.sha256(repr(declared).encode()).hexdigest()[:16]
