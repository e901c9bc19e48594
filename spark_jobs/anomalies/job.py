"""The anomalies task: what is wrong now, as a table and as a file that the alerts read.

Scripts may not read the lake; they and Spark meet in S3 only. So each run leaves one line of JSON
below `alerts/anomalies/<run>/`, incidents or none: that nothing is wrong must be known as well.
"""

import logging
from datetime import UTC, datetime

from spark_jobs.anomalies import records, revenue, stale, stock
from spark_jobs.anomalies.reading import view
from spark_jobs.anomalies.scene import COLUMNS, Scene
from spark_jobs.gold.job import held_by, sources_of
from spark_jobs.gold.mart import Sources
from spark_jobs.lakehouse import Lakehouse

log = logging.getLogger(__name__)
DETECTORS = (
    stock.stock_outs,
    stock.stock_drops,
    revenue.last_day,
    stale.silent_pulls,
    stale.missing_files,
    records.quarantine_growth,
    records.unreconciled_payments,
)
TITLE = "What looked wrong in the last run: one row an incident; older runs are older versions"


def run(lake: Lakehouse, default_timezone: str, now: datetime | None = None) -> int:
    """Find incidents, replace gold.anomalies by them and write the alerts' file; their number."""
    held = held_by(lake)
    if not held.tables:
        return 0  # silver has never been built: there is nothing to look at
    at = now or datetime.now(UTC)
    scene = scene_of(lake, sources_of(lake, held, default_timezone), at)
    stale.signs(lake)
    found = " UNION ALL ".join(f"SELECT * FROM ({detect(scene)})" for detect in DETECTORS)
    lake.replace(f"SELECT * FROM ({found})", "gold", "anomalies", TITLE, COLUMNS)
    table = lake.name("gold", "anomalies")
    line = lake.spark.sql(
        f"""
        SELECT to_json(named_struct('run_at', '{at:%Y-%m-%dT%H:%M:%SZ}',
          'incidents', sort_array(collect_list(struct(*))))) AS value FROM {table}
        """
    )
    line.coalesce(1).write.text(f"{lake.landing}/alerts/anomalies/{at:%Y%m%dT%H%M%S%fZ}")
    (counted,) = lake.rows(f"SELECT count(*) AS n FROM {table}")
    return int(counted.n)


def scene_of(lake: Lakehouse, sources: Sources, now: datetime) -> Scene:
    landed = lake.name("bronze", "manifests")

    def until(source: str, stream: str) -> str:
        """The cursor moves also when nothing was new; what is only dropped has none."""
        return f"""coalesce((SELECT max(cursor) FROM {_cursors(lake, source, stream)}),
          (SELECT max(written_at) FROM {landed} WHERE source IN ('{source}', 'files')
           AND stream IN ('{stream}', '{source}_{stream}')), TIMESTAMP '1970-01-01')"""

    (row,) = lake.rows(
        f"""
        SELECT {sources.day(until("shopify", "orders"))} AS orders,
          {sources.day(until("stripe", "charges"))} AS charges
        """
    )
    at = f"{now.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    refused = lake.name("silver", "quarantine")
    return Scene(sources, landed, refused, at, str(row.orders), str(row.charges))


def _cursors(lake: Lakehouse, source: str, stream: str) -> str:
    path = f"{lake.landing}/state/{source}/{stream}"
    read = lake.spark.read.schema("cursor TIMESTAMP").json(path)
    none = "SELECT CAST(NULL AS TIMESTAMP) AS cursor"
    return view(lake, f"cursors_{source}_{stream}", read, none)
