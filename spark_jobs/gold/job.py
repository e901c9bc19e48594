"""The gold task: every mart anew when silver has moved, nothing when it has not."""

import logging
from concurrent.futures import ThreadPoolExecutor

from spark_jobs.gold import customer_segments, daily_revenue, inventory_daily
from spark_jobs.gold.mart import Mart, Sources
from spark_jobs.lakehouse import Lakehouse
from spark_jobs.silver.engine import ensure_table
from spark_jobs.silver.tables import TABLES

log = logging.getLogger(__name__)
MARTS = (daily_revenue.MART, inventory_daily.MART, customer_segments.MART)
PROGRESS = "mart STRING, silver_runs BIGINT, built_at TIMESTAMP"
PARALLEL = 2


def run(lake: Lakehouse, default_timezone: str) -> int:
    """Build what is behind silver; the number of marts built. `default_timezone` (IANA) serves
    until the shop itself has been pulled."""
    progress = lake.create("gold", "progress", PROGRESS, "What of silver each mart has taken in")
    held = int(lake.rows(f"SELECT count(*) AS n FROM {lake.name('silver', 'progress')}")[0].n)
    built = {row.mart: row.silver_runs for row in lake.rows(f"SELECT * FROM {progress}")}
    behind = [mart for mart in MARTS if built.get(mart.name) != held]
    if not behind or not held:
        return 0
    _ensure_sources(lake, behind)
    sources = _sources(lake, default_timezone)
    with ThreadPoolExecutor(PARALLEL) as pool:
        for _ in pool.map(lambda mart: _build(lake, mart, sources), behind):
            pass
    values = ", ".join(f"('{mart.name}', {held})" for mart in behind)
    lake.spark.sql(
        f"""
        MERGE INTO {progress} AS old
        USING (SELECT *, current_timestamp() AS built_at
               FROM VALUES {values} AS new(mart, silver_runs)) AS new
        ON old.mart = new.mart
        WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *
        """
    )
    return len(behind)


def _build(lake: Lakehouse, mart: Mart, sources: Sources) -> None:
    query = mart.query(sources)
    if mart.snapshot:
        lake.replace_snapshot(query, "gold", mart.name, mart.comment, mart.snapshot)
    else:
        lake.replace(query, "gold", mart.name, mart.comment)
    log.info("gold.%s built", mart.name)


def _ensure_sources(lake: Lakehouse, marts: list[Mart]) -> None:
    """A shop may lack a source (no warehouse counts, no Shopify yet): its table is then empty."""
    needed = {name for mart in marts for name in mart.needs} | {"shop"}
    for table in TABLES:
        if table.name in needed:
            ensure_table(lake, table)


def _sources(lake: Lakehouse, default_timezone: str) -> Sources:
    shop = lake.rows(
        f"SELECT timezone FROM {lake.name('silver', 'shop')} WHERE NOT _deleted LIMIT 1"
    )
    timezone = shop[0].timezone if shop else default_timezone
    last = lake.rows(
        f"SELECT to_date(from_utc_timestamp(max(written_at), '{timezone}')) AS day "
        f"FROM {lake.name('bronze', 'manifests')}"
    )
    return Sources(lambda name: lake.name("silver", name), timezone, str(last[0].day))
