"""What a gold table is: a query over silver, and beside it a file that says what it means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from spark_jobs.gold.description import Description, describe


@dataclass(frozen=True)
class Sources:
    """SQL names of the tables and the shop's facts that a mart's query needs.

    table: `silver.orders` -> SQL name. timezone: IANA name; a day is the shop's day. currency: the
    shop's. as_of: the shop's date of the last extraction. kept: SQL of the mart's own rows that a
    rewrite of some keys builds on; keys: SQL list of those keys; first: ISO date before which no
    day is asked for. All three are "" when the table is built whole.
    """

    table: Callable[[str], str]
    timezone: str
    currency: str
    as_of: str
    kept: str = ""
    keys: str = ""
    first: str = ""

    def silver(self, name: str) -> str:
        return self.table(f"silver.{name}")

    def gold(self, name: str) -> str:
        return self.table(f"gold.{name}")

    def day(self, moment: str) -> str:
        """The shop's calendar day of a UTC timestamp."""
        return f"to_date(from_utc_timestamp({moment}, '{self.timezone}'))"


# Of a source in Follow.needed: its changed rows and no others.
CHANGED = "changed"


@dataclass(frozen=True)
class Touch:
    """columns: all that the mart reads of a row of a source; a change in others touches nothing.
    keys: query of the touched keys, a column `key`, over CHANGES, those columns of changed rows as
    they were and as they became."""

    columns: str
    keys: str = "SELECT key FROM CHANGES"


# Of a source of which a mart reads only facts that stand in its query's text.
FACTS = Touch("1 AS fact", "SELECT NULL AS key FROM CHANGES WHERE false")


@dataclass(frozen=True)
class Follow:
    """How changed rows of sources become changed rows of a mart. In SQL, tables are named as
    `gold.sales`, and KEYS is the list of touched keys, for IN.

    key: the mart's column, or expression, whose touched values are rewritten, all rows of each.
    touched: by source. Of one that is not here a change builds the mart whole.
    spread: queries, one after the other, of what else is rewritten with the KEYS found by then.
    A key may name no row of the mart and only lead the next query to some.
    needed: source -> condition on its rows that evaluating those keys needs, or CHANGED. Without
    one all rows are read.
    kept: query of the mart's own rows that the evaluation builds on.
    rest: what is kept is all the rest of the table, which is then written as one; the query itself
    leaves out rows of other keys that the needed rows make.
    onward: the key is a day, and all days from the first touched one on are rewritten; the query
    leaves out what is before `sources.first`.
    costly: evaluating some keys takes so many queries that a mart of few rows is built whole.
    aged: query of the keys that the day alone touches, from DATE 'BEFORE' to DATE 'AFTER'; without
    one another day builds a mart whole that depends on it.
    """

    key: str
    touched: Mapping[str, Touch]
    needed: Mapping[str, str]
    spread: tuple[str, ...] = ()
    kept: str = ""
    rest: bool = False
    onward: bool = False
    costly: bool = False
    aged: str = ""


@dataclass(frozen=True)
class Mart:
    """query: SQL of the whole table. Its file of the same name has grain, sources and columns.

    follow: how it is brought up to date; without it, and when it cannot be, it is built whole.
    clustered: columns by which the rows are sorted into files, for a mart of many rows.
    """

    name: str
    query: Callable[[Sources], str]
    follow: Callable[[Sources], Follow] | None = None
    snapshot: str | None = None  # column of the snapshot's date, where older snapshots are kept
    clustered: tuple[str, ...] = ()

    @property
    def description(self) -> Description:
        return describe(self.name)
