"""What a silver table is: a description; engine.py builds them all the same way."""

import hashlib
from dataclasses import dataclass, field


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


@dataclass(frozen=True)
class Exploded:
    """A flat table made from an array of a parent's current rows, replaced with its parent.

    source: SQL that selects the rows from `parent` (a view of parent rows); must keep `parent_key`.
    """

    name: str
    parent: str
    parent_key: str
    key: tuple[str, ...]
    source: str
    comment: str


def fingerprint(declared: Table | Exploded) -> str:
    """Another one for another declaration: the table is then built anew from bronze."""
    return hashlib.sha256(repr(declared).encode()).hexdigest()[:16]
