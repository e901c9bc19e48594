"""The silver task: what bronze holds and silver has not seen yet, table by table."""

import logging
from concurrent.futures import ThreadPoolExecutor

from spark_jobs.lakehouse import Lakehouse
from spark_jobs.silver.engine import QUARANTINE, build, explode, quarantine
from spark_jobs.silver.table import Table
from spark_jobs.silver.tables import EXPLODED, TABLES

log = logging.getLogger(__name__)
PROGRESS = "source STRING, stream STRING, run_id STRING, processed_at TIMESTAMP"
PARALLEL = 3


def run(lake: Lakehouse) -> int:
    """Bring silver up to bronze; the number of landed runs taken in.

    Progress is written last: a run that dies repeats its merges, which change nothing twice.
    """
    progress = lake.create("silver", "progress", PROGRESS, "Landed runs that silver holds")
    lake.create("silver", "quarantine", QUARANTINE, "Rows that no table could take")
    pending = lake.rows(
        f"SELECT source, stream, run_id FROM {lake.name('bronze', 'manifests')} "
        f"LEFT ANTI JOIN {progress} USING (run_id)"
    )
    runs: dict[str, list[str]] = {}
    for row in pending:
        runs.setdefault(f"{row.source}_{row.stream}", []).append(row.run_id)
    if not runs:
        return 0
    touched = [table for table in TABLES if set(table.streams) & set(runs)]
    with ThreadPoolExecutor(PARALLEL) as pool:
        for _ in pool.map(lambda table: _build(lake, table, runs), touched):
            pass
        names = {table.name for table in touched}
        children = [child for child in EXPLODED if child.parent in names]
        everything = [run_id for ids in runs.values() for run_id in ids]
        for _ in pool.map(lambda child: explode(lake, child, everything), children):
            pass
    for name, rows in quarantine(lake, touched, runs.get("files_rejected", [])).items():
        log.warning("%s: %d rows quarantined, see silver.quarantine", name, rows)
    values = ", ".join(f"('{row.source}', '{row.stream}', '{row.run_id}')" for row in pending)
    lake.spark.sql(f"INSERT INTO {progress} SELECT *, current_timestamp() FROM VALUES {values}")
    return len(pending)


def _build(lake: Lakehouse, table: Table, runs: dict[str, list[str]]) -> None:
    present = tuple(stream for stream in table.streams if stream in runs)
    build(lake, table, present, [run_id for stream in present for run_id in runs[stream]])
    log.info("silver.%s: built", table.name)
