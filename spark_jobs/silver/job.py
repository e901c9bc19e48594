"""The silver task: what bronze holds and silver has not seen yet, table by table."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from spark_jobs.lakehouse import Lakehouse
from spark_jobs.silver.drift import note
from spark_jobs.silver.engine import QUARANTINE, build, explode, quarantine
from spark_jobs.silver.table import Exploded, Table, fingerprint
from spark_jobs.silver.tables import EXPLODED, TABLES

log = logging.getLogger(__name__)
# Landed runs, and as source `declaration` the tables whose declaration silver is built by.
PROGRESS = "source STRING, stream STRING, run_id STRING, processed_at TIMESTAMP"
DECLARATION = "declaration"
PARALLEL = 3


@dataclass(frozen=True)
class Work:
    """pending: (source, stream, run id) to take in. landed: streams that bronze holds.

    declared: (table, fingerprint) that silver holds.
    """

    pending: list[tuple[str, str, str]]
    landed: set[str]
    declared: set[tuple[str, str]]

    def anew(self, table: Table | Exploded) -> bool:
        """Never built, or built by another declaration."""
        return (table.name, fingerprint(table)) not in self.declared


def run(lake: Lakehouse) -> int:
    """Bring silver up to bronze; the number of landed runs taken in.

    A table whose declaration is new or has changed is built anew from all of bronze. Progress is
    written last: a run that dies repeats its merges, which change nothing twice.
    """
    progress = lake.create("silver", "progress", PROGRESS, "Landed runs that silver holds")
    refused = "Rows that no table could take"
    lake.create("silver", "quarantine", QUARANTINE, refused, stats="`table`,`_run_id`")
    work = _work(lake, progress)
    runs: dict[str, list[str]] = {}
    for source, stream, run_id in work.pending:
        runs.setdefault(f"{source}_{stream}", []).append(run_id)
    tables = [table for table in TABLES if _due(table, work, runs)]
    names = {table.name for table in tables}
    fresh = {table.name for table in tables if work.anew(table)}
    held = names | {name for name, _ in work.declared}
    children = [c for c in EXPLODED if c.parent in names or (work.anew(c) and c.parent in held)]
    if not tables and not children and not work.pending:
        return 0
    anew: list[Table | Exploded] = [t for t in tables if work.anew(t)]
    anew += [child for child in children if work.anew(child)]
    _forget(lake, progress, work, anew)
    with ThreadPoolExecutor(PARALLEL) as pool:
        for _ in pool.map(lambda table: _build(lake, table, work, runs), tables):
            pass
        every = [run_id for ids in runs.values() for run_id in ids]
        for _ in pool.map(
            lambda c: explode(lake, c, None if work.anew(c) or c.parent in fresh else every),
            children,
        ):
            pass
    note(lake, runs, tables)
    for name, rows in quarantine(lake, tables, runs.get("files_rejected", [])).items():
        log.warning("%s: %d rows quarantined, see silver.quarantine", name, rows)
    done = [(DECLARATION, table.name, fingerprint(table)) for table in anew]
    values = ", ".join(str(row) for row in (*work.pending, *done))
    lake.spark.sql(f"INSERT INTO {progress} SELECT *, current_timestamp() FROM VALUES {values}")
    return len(work.pending)


def _work(lake: Lakehouse, progress: str) -> Work:
    """In one query: a run without work should cost nothing else."""
    manifests = lake.name("bronze", "manifests")
    rows = lake.rows(
        f"""
        SELECT 'pending' AS kind, source, stream, run_id FROM {manifests}
          LEFT ANTI JOIN {progress} USING (run_id)
        UNION ALL SELECT DISTINCT 'landed', source, stream, '' FROM {manifests}
        UNION ALL SELECT 'declared', source, stream, run_id FROM {progress}
          WHERE source = '{DECLARATION}'
        """
    )
    return Work(
        [(row.source, row.stream, row.run_id) for row in rows if row.kind == "pending"],
        {f"{row.source}_{row.stream}" for row in rows if row.kind == "landed"},
        {(row.stream, row.run_id) for row in rows if row.kind == "declared"},
    )


def _due(table: Table, work: Work, runs: dict[str, list[str]]) -> bool:
    streams = set(table.streams)
    return bool(streams & (work.landed if work.anew(table) else set(runs)))


def _forget(lake: Lakehouse, progress: str, work: Work, anew: list[Table | Exploded]) -> None:
    """What silver says of tables that are built anew, so that a run that dies repeats them."""
    former = {name for name, _ in work.declared} & {table.name for table in anew}
    if former:
        names = ", ".join(f"'{name}'" for name in sorted(former))
        lake.spark.sql(
            f"DELETE FROM {progress} WHERE source = '{DECLARATION}' AND stream IN ({names})"
        )
        quarantined = lake.name("silver", "quarantine")
        lake.spark.sql(f"DELETE FROM {quarantined} WHERE table IN ({names})")


def _build(lake: Lakehouse, table: Table, work: Work, runs: dict[str, list[str]]) -> None:
    if work.anew(table):
        build(lake, table, tuple(s for s in table.streams if s in work.landed), None)
    else:
        present = tuple(stream for stream in table.streams if stream in runs)
        build(lake, table, present, [run_id for stream in present for run_id in runs[stream]])
    log.info("silver.%s: built", table.name)
