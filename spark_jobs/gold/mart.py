"""What a gold table is: a query over silver, its grain and its meaning."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Sources:
    """SQL names of the silver tables and the shop's facts that a mart's query needs.

    timezone: IANA name; a day is the shop's day. as_of: the shop's date of the last extraction.
    """

    silver: Callable[[str], str]
    timezone: str
    as_of: str

    def day(self, moment: str) -> str:
        """The shop's calendar day of a UTC timestamp."""
        return f"to_date(from_utc_timestamp({moment}, '{self.timezone}'))"


@dataclass(frozen=True)
class Mart:
    """query: SQL of the whole table; needs: silver tables that it reads."""

    name: str
    comment: str
    needs: tuple[str, ...]
    query: Callable[[Sources], str]
    snapshot: str | None = None  # column of the snapshot's date, where older snapshots are kept
