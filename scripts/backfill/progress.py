"""What a backfill has landed so far, from the manifests."""

from collections.abc import Mapping

import orjson

from scripts.landing.store import Store
from scripts.landing.writer import manifests

Rows = dict[str, int]


def landed(
    store: Store, source: str, streams: list[str], window: Mapping[str, str], since_run: str
) -> Rows:
    """Rows by stream that runs since `since_run` (a run id) landed of the window. What they were
    asked for counts, not what they read: a stream without windows is read from the beginning."""
    rows: Rows = {}
    for stream in streams:
        prefix = manifests(source, stream)
        for key in store.list(prefix, after=f"{prefix}{since_run}"):
            manifest = orjson.loads(store.read(key))
            asked = manifest.get("asked")
            if (
                asked
                and window["since"] <= (asked["since"] or "")
                and asked["until"] <= window["until"]
            ):
                rows[stream] = rows.get(stream, 0) + manifest["rows"]
    return rows


def sentence(source: str, since: str, until: str, rows: Rows) -> str:
    """`shopify 2026-01-01 to 2026-02-01: 1,234 rows (orders 1,200, customers 34)`."""
    parts = ", ".join(f"{name} {count:,}" for name, count in rows.items() if count)
    total = f"{sum(rows.values()):,} rows" + (f" ({parts})" if parts else "")
    return f"{source} {since[:16]}Z to {until[:16]}Z: {total}"
