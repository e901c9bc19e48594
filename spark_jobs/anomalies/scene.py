"""What every detector is given, and the shape of what it finds."""

from dataclasses import dataclass

from spark_jobs.gold.mart import Sources

# One row an incident. subject: what it is about, the same from run to run while it stays.
COLUMNS = {
    "kind": "stock_out, stock_drop, revenue, stale_source, quarantine or unreconciled_payment",
    "subject": "What it is about: a SKU, a currency, a source, a table or an order; never a person",
    "severity": "critical: money is being lost now. warning: somebody should look today",
    "measured": "The number that alarmed",
    "expected": "The number that would not have",
    "day": "Day that it is about, in the shop's time zone",
    "sentence": "What is wrong, for people",
}


@dataclass(frozen=True)
class Scene:
    """landed, refused: SQL names of bronze.manifests and silver.quarantine.

    now: UTC, as an SQL timestamp's text. orders_until, charges_until: ISO dates of the shop; up to
    the end of the day before, its orders and its charges have been read.
    """

    sources: Sources
    landed: str
    refused: str
    now: str
    orders_until: str
    charges_until: str

    @property
    def today(self) -> str:
        return self.sources.day(f"TIMESTAMP '{self.now}'")
