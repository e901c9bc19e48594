"""What a gold table is: a query over silver, and beside it a file that says what it means."""

from collections.abc import Callable
from dataclasses import dataclass

from spark_jobs.gold.description import Description, describe


@dataclass(frozen=True)
class Sources:
    """SQL names of the tables and the shop's facts that a mart's query needs.

    table: `silver.orders` -> SQL name. timezone: IANA name; a day is the shop's day. currency: the
    shop's. as_of: the shop's date of the last extraction.
    """

    table: Callable[[str], str]
    timezone: str
    currency: str
    as_of: str

    def silver(self, name: str) -> str:
        return self.table(f"silver.{name}")

    def gold(self, name: str) -> str:
        return self.table(f"gold.{name}")

    def day(self, moment: str) -> str:
        """The shop's calendar day of a UTC timestamp."""
        return f"to_date(from_utc_timestamp({moment}, '{self.timezone}'))"


@dataclass(frozen=True)
class Mart:
    """query: SQL of the whole table. Its file of the same name has grain, sources and columns."""

    name: str
    query: Callable[[Sources], str]
    snapshot: str | None = None  # column of the snapshot's date, where older snapshots are kept

    @property
    def description(self) -> Description:
        return describe(self.name)
