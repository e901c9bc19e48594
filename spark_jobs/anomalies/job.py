"""The anomalies task: what is wrong now, as a table and as a file that the alerts read.

Scripts may not read the lake; they and Spark meet in S3 only. So each run leaves one line of JSON
below `alerts/anomalies/<run>/`, incidents or none: that nothing is wrong must be known as well.
"""

import logging
from datetime import UTC, datetime, timedelta

from spark_jobs.anomalies import records, revenue, stale, stock
from spark_jobs.anomalies.reading import view
from spark_jobs.anomalies.scene import COLUMNS, Scene
from spark_jobs.bronze.ingest import manifest_names
from spark_jobs.gold.job import Held, held_by, sources_of
from spark_jobs.gold.ledger import BUILT
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
NAME = "anomalies"
STANDS = timedelta(hours=1)  # for so long a look stands when no data has moved: sources grow stale
TITLE = "What looked wrong in the last run: one row an incident; older runs are older versions"


def run(lake: Lakehouse, default_timezone: str, now: datetime | None = None) -> int:
    """Find incidents, replace gold.anomalies by them and write the alerts' file; their number.

    What was found stands while nothing has moved since and the look is younger than STANDS.
    """
    held = held_by(lake)
    if not held.tables:
        return 0  # silver has never been built: there is nothing to look at
    at = now or datetime.now(UTC)
    table = lake.name("gold", NAME)
    if not _stands(lake, at):
        _look(lake, held, default_timezone, at, table)
        _remember(lake, at)
    (counted,) = lake.rows(f"SELECT count(*) AS n FROM {table}")
    return int(counted.n)


def _look(lake: Lakehouse, held: Held, default_timezone: str, at: datetime, table: str) -> None:
    scene = scene_of(lake, sources_of(lake, held, default_timezone), at)
    stale.signs(lake)
    found = " UNION ALL ".join(f"SELECT * FROM ({detect(scene)})" for detect in DETECTORS)
    lake.replace(f"SELECT * FROM ({found})", "gold", NAME, TITLE, COLUMNS)
    line = lake.spark.sql(
        f"""
        SELECT to_json(named_struct('run_at', '{at:%Y-%m-%dT%H:%M:%SZ}',
          'incidents', sort_array(collect_list(struct(*))))) AS value FROM {table}
        """
    )
    line.coalesce(1).write.text(f"{lake.landing}/alerts/anomalies/{at:%Y%m%dT%H%M%S%fZ}")


def _stands(lake: Lakehouse, at: datetime) -> bool:
    ledger = lake.create("gold", "built", BUILT)
    (row,) = lake.rows(
        f"""
        SELECT looked > greatest(built, processed)
          AND looked BETWEEN {_moment(at - STANDS)} AND {_moment(at)} AS stands
        FROM (
          SELECT max(IF(mart = '{NAME}', built_at, NULL)) AS looked,
            max(IF(mart = '{NAME}', NULL, built_at)) AS built FROM {ledger}
        ) CROSS JOIN (
          SELECT max(processed_at) AS processed FROM {lake.name("silver", "progress")}
        )
        """
    )
    return bool(row.stands)


def _remember(lake: Lakehouse, at: datetime) -> None:
    """After the alerts' file: a look that died before it is taken again."""
    lake.spark.sql(
        f"""
        MERGE INTO {lake.name("gold", "built")} AS old
        USING (SELECT '{NAME}' AS mart, '' AS state, {_moment(at)} AS built_at) AS new
        ON old.mart = new.mart
        WHEN MATCHED THEN UPDATE SET built_at = new.built_at
        WHEN NOT MATCHED THEN INSERT (mart, state, built_at)
          VALUES (new.mart, new.state, new.built_at)
        """
    )


def _moment(at: datetime) -> str:
    return f"TIMESTAMP '{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}Z'"


def scene_of(lake: Lakehouse, sources: Sources, now: datetime) -> Scene:
    landed = lake.name("bronze", "manifests")

    def until(source: str, stream: str) -> str:
        """The cursor moves also when nothing was new; what is only dropped has none. A pull that
        ended since bronze looked has moved it past what the tables hold."""
        waits = f"(SELECT count(*) FROM {_waiting(lake, source, stream, landed)}) > 0"
        held = f"""(SELECT max(try_cast(cursor_to AS TIMESTAMP)) FROM {landed}
          WHERE source = '{source}' AND stream = '{stream}')"""
        return f"""coalesce(
          IF({waits}, {held}, (SELECT max(cursor) FROM {_cursors(lake, source, stream)})),
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


def _waiting(lake: Lakehouse, source: str, stream: str, landed: str) -> str:
    """Landed runs of a stream that bronze does not hold: listed, not read."""
    none = "SELECT '' AS run_id WHERE false"
    runs = manifest_names(lake, f"/{source}/{stream}")
    listed = view(lake, f"listed_{source}_{stream}", runs, none)
    return f"{listed} WHERE run_id NOT IN (SELECT run_id FROM {landed})"


def _cursors(lake: Lakehouse, source: str, stream: str) -> str:
    path = f"{lake.landing}/state/{source}/{stream}"
    read = lake.spark.read.schema("cursor TIMESTAMP").json(path)
    none = "SELECT CAST(NULL AS TIMESTAMP) AS cursor"
    return view(lake, f"cursors_{source}_{stream}", read, none)
