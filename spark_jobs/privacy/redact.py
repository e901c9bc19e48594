"""A deletion request carried through the lake.

Landing has been masked by `scripts.privacy`, which left `privacy/<request>.json` without anything
about the person: the runs that changed and the token that stands for them. Bronze takes those runs
again from landing; what silver makes of their streams, and gold, are built anew from bronze, as
they are whenever a declaration changes; then every version before is removed. Nothing here knows
who the person is, so nothing of them can reach a log, a query's text or Delta's history.
"""

import logging

from pyspark.sql.types import Row

from spark_jobs.bronze.ingest import LEDGER, MANIFEST, envelopes
from spark_jobs.gold.job import run as run_gold
from spark_jobs.gold.ledger import BUILT
from spark_jobs.gold.marts import MARTS
from spark_jobs.lakehouse import Lakehouse, quoted, rows_there
from spark_jobs.maintenance import tables
from spark_jobs.parallel import for_each
from spark_jobs.silver.job import DECLARATION
from spark_jobs.silver.job import run as run_silver
from spark_jobs.silver.quarantine import keep_refused
from spark_jobs.silver.tables import TABLES, database

log = logging.getLogger(__name__)
PARALLEL = 4
REQUEST = """
request STRING, kind STRING, token STRING, requested_at TIMESTAMP,
runs ARRAY<STRUCT<source: STRING, stream: STRING, run_id: STRING>>
"""
AUDIT = """
request STRING, kind STRING, requested_at TIMESTAMP, runs INT, done_at TIMESTAMP
"""


def run(lake: Lakehouse, default_timezone: str) -> int:
    """Carry out every request that gold.privacy_requests does not have; their number. A run that
    dies is repeated whole: each step leaves what it has done already as it is."""
    audit = lake.create(
        "gold", "privacy_requests", AUDIT, "Deletion requests that were carried out"
    )
    pending = _pending(lake, audit)
    for request in pending:
        runs = _held(lake, request)
        if runs:
            _bronze(lake, runs)
            _silver(lake, runs)
            lake.spark.sql(f"DELETE FROM {lake.create('gold', 'built', BUILT)}")
            run_gold(lake, default_timezone)
            _snapshots(lake, request)
            _forget_versions(lake)
        lake.spark.sql(
            f"INSERT INTO {audit} VALUES ('{request.request}', '{request.kind}', "
            f"TIMESTAMP '{request.requested_at}', {len(request.runs)}, current_timestamp())"
        )
        log.info("request %s: %d landed runs masked", request.request, len(request.runs))
    return len(pending)


def _pending(lake: Lakehouse, audit: str) -> list[Row]:
    def asked() -> list[Row]:
        requests = lake.spark.read.schema(REQUEST).json(f"{lake.landing}/privacy")
        known = lake.spark.sql(f"SELECT request FROM {audit}")
        return requests.join(known, "request", "left_anti").orderBy("requested_at").collect()

    return rows_there(asked)


def _held(lake: Lakehouse, request: Row) -> list[Row]:
    """Changed runs that bronze has taken in; it will take the others in masked."""
    ledger = lake.create("bronze", "manifests", LEDGER)
    known = {row.run_id for row in lake.rows(f"SELECT run_id FROM {ledger}")}
    return [landed for landed in request.runs if landed.run_id in known]


def _bronze(lake: Lakehouse, changed: list[Row]) -> None:
    """Each table's runs in one commit: a reader sees them as they were or masked."""
    by_table: dict[tuple[str, str], list[str]] = {}
    for landed in changed:
        by_table.setdefault((landed.source, landed.stream), []).append(landed.run_id)
    for (source, stream), runs in by_table.items():
        folder = f"{lake.landing}/landing/_manifests/{source}/{stream}"
        manifests = lake.spark.read.schema(MANIFEST).json([f"{folder}/{r}.json" for r in runs])
        paths = [f"{lake.landing}/{file.path}" for row in manifests.collect() for file in row.files]
        table = lake.name("bronze", f"{source}_{stream}")
        if not paths:  # of a shop that is gone nothing is left
            lake.spark.sql(f"DELETE FROM {table} WHERE _run_id IN ({quoted(runs)})")
            continue
        envelopes(lake.spark.read.text(paths)).createOrReplaceTempView("masked_runs")
        lake.spark.sql(
            f"INSERT INTO {table} REPLACE WHERE _run_id IN ({quoted(runs)}) "
            "SELECT * FROM masked_runs"
        )


def _silver(lake: Lakehouse, changed: list[Row]) -> None:
    """Without its declaration silver builds a table anew, and what is made of it; what files were
    refused for is in the quarantine only."""
    streams = {f"{landed.source}_{landed.stream}" for landed in changed}
    found = (*TABLES, *database.tables_of(streams))
    names = quoted([table.name for table in found if streams & set(table.streams)])
    progress, refused = lake.name("silver", "progress"), lake.name("silver", "quarantine")
    if names:
        lake.spark.sql(
            f"DELETE FROM {progress} WHERE source = '{DECLARATION}' AND stream IN ({names})"
        )
        lake.spark.sql(f"DELETE FROM {refused} WHERE table IN ({names})")
    run_silver(lake)
    rejected = [r.run_id for r in changed if (r.source, r.stream) == ("files", "rejected")]
    if rejected:
        lake.spark.sql(f"DELETE FROM {refused} WHERE _run_id IN ({quoted(rejected)})")
        keep_refused(lake, [], rejected)


def _snapshots(lake: Lakehouse, request: Row) -> None:
    """Older days of the marts that keep them: a customer whom silver does not know any more is the
    one who asked, or one whom the shop has merged into another: each becomes somebody of their own.
    Of a shop that is gone every day goes."""
    orders = lake.name("silver", "orders")
    for mart in MARTS:
        if not mart.snapshot:
            continue
        table = lake.name("gold", mart.name)
        if request.kind == "shop/redact":
            lake.spark.sql(f"DELETE FROM {table}")
        elif "customer_id" in mart.description.columns:
            lake.spark.sql(
                f"""
                MERGE INTO {table} AS old
                USING (
                  SELECT customer_id, row_number() OVER (ORDER BY customer_id) AS n
                  FROM (SELECT DISTINCT customer_id FROM {table}
                        LEFT ANTI JOIN {orders} USING (customer_id))
                  WHERE customer_id NOT LIKE 'redacted-%'
                ) AS gone
                ON old.customer_id = gone.customer_id
                WHEN MATCHED THEN UPDATE SET
                  customer_id = concat('{request.token}', IF(n = 1, '', concat('-', n)))
                """
            )


def _forget_versions(lake: Lakehouse) -> None:
    for_each(lambda table: _vacuum(lake, lake.name(*table)), tables(lake), PARALLEL)


def _vacuum(lake: Lakehouse, name: str) -> None:
    """With nothing retained, allowed by the table's own setting for as long as it takes."""
    kept = "'delta.deletedFileRetentionDuration'"
    lake.spark.sql(f"ALTER TABLE {name} SET TBLPROPERTIES ({kept} = 'interval 0 hours')")
    lake.spark.sql(f"VACUUM {name}")
    lake.spark.sql(f"ALTER TABLE {name} UNSET TBLPROPERTIES ({kept})")
