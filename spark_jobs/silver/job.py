"""The silver task: what bronze holds and silver has not seen yet, table by table."""

import logging
from dataclasses import dataclass, replace
from functools import cached_property

from spark_jobs.lakehouse import Lakehouse
from spark_jobs.parallel import for_each
from spark_jobs.silver.drift import note
from spark_jobs.silver.engine import (
    META,
    build,
    empty_view,
    explode,
    join,
    last_view,
    touch,
)
from spark_jobs.silver.quarantine import QUARANTINE, keep_refused
from spark_jobs.silver.table import Declared, Exploded, Joined, Table, fingerprint
from spark_jobs.silver.tables import EXPLODED, JOINED, TABLES, database

log = logging.getLogger(__name__)
# Landed runs, and as source `declaration` the tables whose declaration silver is built by.
PROGRESS = "source STRING, stream STRING, run_id STRING, processed_at TIMESTAMP"
DECLARATION = "declaration"
PARALLEL = 3
# Of landed gzip: some 20 MB of JSON, whose typed rows a session may hold.
LIGHT_BYTES = 2 << 20
TABLE = {table.name: table for table in TABLES}


@dataclass(frozen=True)
class Work:
    """pending: (source, stream, run id) to take in, `pending_bytes` of gzip in all. landed: of the
    streams that bronze holds the number of runs. declared: (table, fingerprint) that silver holds.
    """

    pending: list[tuple[str, str, str]]
    pending_bytes: int
    landed: dict[str, int]
    declared: set[tuple[str, str]]

    @cached_property
    def runs(self) -> dict[str, list[str]]:
        """Pending run ids by bronze stream."""
        found: dict[str, list[str]] = {}
        for source, stream, run_id in self.pending:
            found.setdefault(f"{source}_{stream}", []).append(run_id)
        return found

    @property
    def held(self) -> set[str]:
        return {name for name, _ in self.declared}

    def anew(self, table: Declared) -> bool:
        """Never built, or built by another declaration."""
        return (table.name, fingerprint(table)) not in self.declared

    def light(self, tables: list[Table]) -> bool:
        """Whether what the tables are to take in is little, so that a session may hold it. Of one
        that is built anew that is all that bronze has, not only what is pending."""
        again = {stream for table in tables if self.anew(table) for stream in table.streams}
        return self.pending_bytes <= LIGHT_BYTES and all(
            self.landed.get(stream, 0) == len(self.runs.get(stream, [])) for stream in again
        )


@dataclass(frozen=True)
class Due:
    """What a run builds, in this order."""

    tables: list[Table]
    children: list[Exploded]
    joined: list[Joined]

    @property
    def every(self) -> list[Declared]:
        return [*self.tables, *self.children, *self.joined]


def run(lake: Lakehouse) -> int:
    """Bring silver up to bronze; the number of landed runs taken in.

    A table whose declaration is new or has changed is built anew from all of bronze. Progress is
    written last: a run that dies repeats its merges, which change nothing twice.
    """
    progress = lake.create("silver", "progress", PROGRESS, "Landed runs that silver holds")
    kept = "Rows that no table could take"
    lake.create("silver", "quarantine", QUARANTINE, kept, stats="`table`,`_run_id`")
    work = _work(lake, progress)
    due = _due(work)
    if broken := _broken(lake, work, due):
        held = {(name, code) for name, code in work.declared if name not in broken}
        work = replace(work, declared=held)
        due = _due(work)
    if not due.every and not work.pending:
        return 0
    anew = [table for table in due.every if work.anew(table)]
    _forget(lake, progress, work, anew)
    light = work.light(due.tables)
    refusing = _build_all(lake, work, due, light)
    runs = work.runs
    note(lake, runs, due.tables, last_view if light else None)
    for name, rows in keep_refused(lake, refusing, runs.get("files_rejected", [])).items():
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
        SELECT 'pending' AS kind, source, stream, run_id, bytes AS n FROM {manifests}
          LEFT ANTI JOIN {progress} USING (run_id)
        UNION ALL SELECT 'landed', source, stream, '', count(*) FROM {manifests} GROUP BY ALL
        UNION ALL SELECT 'declared', source, stream, run_id, 0 FROM {progress}
          WHERE source = '{DECLARATION}'
        """
    )
    return Work(
        [(row.source, row.stream, row.run_id) for row in rows if row.kind == "pending"],
        sum(row.n for row in rows if row.kind == "pending"),
        {f"{row.source}_{row.stream}": row.n for row in rows if row.kind == "landed"},
        {(row.stream, row.run_id) for row in rows if row.kind == "declared"},
    )


def _due(work: Work) -> Due:
    """The declared tables, and one for each table of the database, as far as there is news."""
    tables = [
        table
        for table in (*TABLES, *database.tables_of(set(work.landed)))
        if (work.landed if work.anew(table) else work.runs).keys() & set(table.streams)
    ]
    names = {table.name for table in tables}
    held = work.held | names
    return Due(
        tables,
        [c for c in EXPLODED if c.parent in names or (work.anew(c) and c.parent in held)],
        [
            table
            for table in JOINED
            if table.sources[0] in held and (work.anew(table) or names & set(table.sources))
        ],
    )


def _broken(lake: Lakehouse, work: Work, due: Due) -> set[str]:
    """Tables that this run is to change and that somebody else has deleted or given other columns:
    they are built anew. A merge would fail, or leave columns out without a word."""
    broken: set[str] = set()

    def look(table: Declared) -> None:
        held = lake.columns("silver", table.name)
        meant = [*table.columns, *META.split(", ")] if isinstance(table, Table) else held
        if not held or held != meant:
            log.warning("silver.%s was deleted or altered: it is built anew", table.name)
            broken.add(table.name)

    for_each(look, [table for table in due.every if not work.anew(table)], PARALLEL)
    return broken


def _build_all(lake: Lakehouse, work: Work, due: Due, light: bool) -> list[str]:
    """Names of the tables whose rows may have been refused."""
    fresh = {table.name for table in due.tables if work.anew(table)}
    held = work.held | fresh
    every = [run_id for _, _, run_id in work.pending]
    refusing: list[str] = []

    def make(table: Table) -> None:
        if _build(lake, table, work, light):
            refusing.append(table.name)

    for_each(make, due.tables, PARALLEL)
    whole = {child.name for child in due.children if work.anew(child) or child.parent in fresh}
    parents = {child.parent for child in due.children if child.name not in whole}
    touched: dict[str, str] = {}
    for_each(lambda p: touched.update({p: touch(lake, p, every, light)}), parents, PARALLEL)
    for_each(
        lambda c: explode(lake, c, None if c.name in whole else touched[c.parent]),
        due.children,
        PARALLEL,
    )
    for table in due.joined:
        anew = work.anew(table) or fresh & set(table.sources)
        join(lake, table, _sources(lake, table, held), None if anew else every)
    return refusing


def _sources(lake: Lakehouse, table: Joined, held: set[str]) -> dict[str, str]:
    """SQL names of what it joins; a shop may lack a source, which is then empty."""
    return {
        name: lake.name("silver", name) if name in held else empty_view(lake, TABLE[name], TABLE)
        for name in table.sources
    }


def _forget(lake: Lakehouse, progress: str, work: Work, anew: list[Declared]) -> None:
    """What silver says of tables that are built anew, so that a run that dies repeats them."""
    former = {name for name, _ in work.declared} & {table.name for table in anew}
    if former:
        names = ", ".join(f"'{name}'" for name in sorted(former))
        lake.spark.sql(
            f"DELETE FROM {progress} WHERE source = '{DECLARATION}' AND stream IN ({names})"
        )
        quarantined = lake.name("silver", "quarantine")
        lake.spark.sql(f"DELETE FROM {quarantined} WHERE table IN ({names})")


def _build(lake: Lakehouse, table: Table, work: Work, light: bool) -> bool:
    if work.anew(table):
        streams, runs = tuple(s for s in table.streams if s in work.landed), None
    else:
        streams = tuple(stream for stream in table.streams if stream in work.runs)
        runs = [run_id for stream in streams for run_id in work.runs[stream]]
    refusing = build(lake, table, streams, runs, light)
    log.info("silver.%s: built", table.name)
    return refusing
