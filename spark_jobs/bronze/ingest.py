"""Landing → bronze: every manifest taken in exactly once, the raw record kept as text.

All waiting manifests of a table go into one commit, which leaves out the runs that the table holds:
one that dies before the ledger repeats nothing. That commit reads the table, so of two jobs that
add to it at once Delta fails the second (a blind append it would let pass).
`bronze.manifests` is the ledger: what is in it has been written and counted.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql.types import Row

from spark_jobs.bronze.arrivals import arrived
from spark_jobs.lakehouse import Lakehouse, quoted, rows_there
from spark_jobs.parallel import for_each

COLUMNS = """
_id STRING, _source STRING, _stream STRING, _api_version STRING, _extracted_at TIMESTAMP,
_run_id STRING, _deleted BOOLEAN, record STRING, _file STRING, _ingested_at TIMESTAMP
"""
LEDGER = """
source STRING, stream STRING, run_id STRING, rows BIGINT, bytes BIGINT, files INT,
cursor_from STRING, cursor_to STRING, written_at TIMESTAMP, ingested_at TIMESTAMP
"""
MANIFEST = """
source STRING, stream STRING, run_id STRING, rows BIGINT, bytes BIGINT,
files ARRAY<STRUCT<path: STRING, rows: BIGINT>>, cursor STRUCT<`from`: STRING, `to`: STRING>,
written_at TIMESTAMP
"""
HEAD = """
_id STRING, _source STRING, _stream STRING, _api_version STRING, _extracted_at TIMESTAMP,
_run_id STRING, _deleted BOOLEAN
"""
STATS = "_extracted_at,_run_id,_ingested_at"
# Commits wait on the object store more than on a core.
PARALLEL = 4
# What is taken in between two entries in the ledger: a backfill of terabytes becomes many plans of
# this size, and one that dies repeats no more. A manifest costs something however small it is.
BATCH_BYTES = 1 << 30
LEAST_BYTES = 1 << 20


class IncompleteManifestError(Exception):
    """A manifest promises other rows than its files hold."""


@dataclass(frozen=True)
class Ingested:
    manifests: int
    rows: int


def ingest(lake: Lakehouse, discovery: str = "listing") -> Ingested:
    """Take in every manifest that is not in the ledger; raise IncompleteManifestError, naming it,
    when rows are missing (the ledger then stays without its batch). discovery: how manifests are
    found, `listing` or, on Databricks only, `auto_loader`."""
    ledger = lake.create("bronze", "manifests", LEDGER, "One row a landed run that bronze holds")
    found = _arrived if discovery == "auto_loader" else _listed
    new = sorted(found(lake, ledger), key=lambda manifest: manifest.run_id)
    for batch in batches(new):
        _take_in(lake, ledger, batch)
    return Ingested(len(new), sum(row.rows for row in new))


def batches(manifests: Iterable[Row]) -> Iterator[list[Row]]:
    """Manifests in their order, as many at once as BATCH_BYTES hold, and at least one."""
    batch: list[Row] = []
    size = 0
    for manifest in manifests:
        weight = max(manifest.bytes, LEAST_BYTES)
        if batch and size + weight > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(manifest)
        size += weight
    if batch:
        yield batch


def _take_in(lake: Lakehouse, ledger: str, batch: list[Row]) -> None:
    by_table: dict[str, list[Row]] = {}
    for manifest in batch:
        by_table.setdefault(_table(manifest), []).append(manifest)
    known = {_table(row) for row in lake.rows(f"SELECT DISTINCT source, stream FROM {ledger}")}
    for_each(lambda t: _write(lake, t, by_table[t], t in known), by_table, PARALLEL)
    _check_counts(lake, by_table)
    _record(lake, ledger, batch)


def _table(manifest: Row) -> str:
    return f"{manifest.source}_{manifest.stream}"


def _arrived(lake: Lakehouse, ledger: str) -> list[Row]:
    return _unknown(arrived(lake, MANIFEST), lake, ledger)


def manifest_names(lake: Lakehouse, under: str = "") -> DataFrame:
    """path and run_id of the landed manifests, of all or `under` a folder such as /stripe/charges.
    PATH_NOT_FOUND, at once or when it is read, where nothing has landed."""
    # recursiveFileLookup: one listing instead of a glob a level.
    return (
        lake.spark.read.format("binaryFile")
        .option("recursiveFileLookup", "true")
        .option("pathGlobFilter", "*.json")
        .load(f"{lake.landing}/landing/_manifests{under}")
        .selectExpr("path", "regexp_extract(path, '([^/]+)[.]json$', 1) AS run_id")
    )


def _listed(lake: Lakehouse, ledger: str) -> list[Row]:
    """Only names are listed, by which runs are known: what was taken in is not read again."""
    unknown = rows_there(lambda: _unknown(manifest_names(lake), lake, ledger))
    new = [row.path for row in unknown]
    if not new:
        return []
    return lake.spark.read.schema(MANIFEST).option("mode", "FAILFAST").json(new).collect()


def _unknown(runs: DataFrame, lake: Lakehouse, ledger: str) -> list[Row]:
    known = lake.spark.sql(f"SELECT run_id FROM {ledger}")
    return runs.join(known, "run_id", "left_anti").collect()


def _write(lake: Lakehouse, table: str, manifests: list[Row], known: bool) -> None:
    """Add the runs that the table does not hold. known: the ledger has some of its runs; creating
    a table with its first rows costs half of creating and adding."""
    paths = [f"{lake.landing}/{file.path}" for row in manifests for file in row.files]
    view, runs = f"landed_{table}", quoted([row.run_id for row in manifests])
    # A line that names another run is none of theirs: the count will say that one is missing.
    lines = envelopes(lake.spark.read.text(paths)).where(f"_run_id IN ({runs})")
    lines.createOrReplaceTempView(view)
    if not known and lake.create_as(f"SELECT * FROM {view}", "bronze", table, STATS):
        return
    lake.spark.sql(
        f"""
        MERGE INTO {lake.name("bronze", table)} AS held USING {view} AS new
        ON held._run_id = new._run_id AND held._run_id IN ({runs})
        WHEN NOT MATCHED THEN INSERT *
        """
    )


def envelopes(lines: DataFrame) -> DataFrame:
    """Cut landed lines into envelope columns and the record's own text, which is not parsed here.

    `record` is the last key of an envelope and a quote inside a string is escaped, so the first
    `,"record":` is the right one.
    """
    mark = ',"record":'
    return (
        lines.selectExpr("value", "_metadata.file_path AS _file", f"instr(value, '{mark}') AS _at")
        .selectExpr(
            f"from_json(concat(substring(value, 1, _at - 1), '}}'), '{HEAD}') AS head",
            f"substring(value, _at + {len(mark)}, length(value) - _at - {len(mark)}) AS record",
            "_file",
        )
        .selectExpr("head.*", "record", "_file", "current_timestamp() AS _ingested_at")
    )


def _check_counts(lake: Lakehouse, by_table: dict[str, list[Row]]) -> None:
    held = " UNION ALL ".join(
        f"SELECT _run_id FROM {lake.name('bronze', table)} "
        f"WHERE _run_id IN ({quoted([row.run_id for row in manifests])})"
        for table, manifests in by_table.items()
    )
    counted = lake.rows(f"SELECT _run_id, count(*) AS n FROM ({held}) GROUP BY _run_id")
    rows = {row["_run_id"]: row["n"] for row in counted}
    for table, manifests in by_table.items():
        for manifest in manifests:
            if rows.get(manifest.run_id, 0) != manifest.rows:
                raise IncompleteManifestError(
                    f"bronze.{table}: manifest {manifest.run_id} promises {manifest.rows} "
                    f"rows, its files hold {rows.get(manifest.run_id, 0)}; pull that window again "
                    "with full_refresh"
                )


def _record(lake: Lakehouse, ledger: str, manifests: list[Row]) -> None:
    values = ", ".join(
        f"('{row.source}', '{row.stream}', '{row.run_id}', {row.rows}, {row.bytes}, "
        f"{len(row.files)}, {_text(row.cursor['from'])}, {_text(row.cursor['to'])}, "
        f"TIMESTAMP '{row.written_at}')"
        for row in manifests
    )
    lake.spark.sql(
        f"""
        MERGE INTO {ledger} AS known
        USING (SELECT *, current_timestamp() AS ingested_at FROM VALUES {values}
               AS new(source, stream, run_id, rows, bytes, files, cursor_from, cursor_to,
                      written_at)) AS new
        ON known.run_id = new.run_id
        WHEN NOT MATCHED THEN INSERT *
        """
    )


def _text(value: str | None) -> str:
    return "NULL" if value is None else f"'{value}'"
