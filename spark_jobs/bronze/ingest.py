"""Landing → bronze: every manifest appended exactly once, the raw record kept as text.

The append carries the manifest's run id as Delta's transaction id, so a run that dies between the
append and the ledger repeats nothing. `bronze.manifests` is the ledger: what is in it has been
appended and counted.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame
from pyspark.sql.types import Row

from spark_jobs.bronze.arrivals import arrived
from spark_jobs.lakehouse import Lakehouse

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
# Commits wait on the object store more than on a core.
PARALLEL = 4


class IncompleteManifestError(Exception):
    """A manifest promises other rows than its files hold."""


@dataclass(frozen=True)
class Ingested:
    manifests: int
    rows: int


def ingest(lake: Lakehouse, discovery: str = "listing") -> Ingested:
    """Append every manifest that is not in the ledger; raise IncompleteManifestError, naming it,
    when rows are missing (the ledger then stays without it). discovery: how manifests are found,
    `listing` or, on Databricks only, `auto_loader`."""
    ledger = lake.create("bronze", "manifests", LEDGER, "One row a landed run that bronze holds")
    found = arrived(lake, MANIFEST) if discovery == "auto_loader" else _listed(lake)
    new = _new_manifests(lake, ledger, found)
    if not new:
        return Ingested(0, 0)
    with ThreadPoolExecutor(PARALLEL) as pool:
        for _ in pool.map(lambda table: _create(lake, table), {_table(row) for row in new}):
            pass
        for _ in pool.map(lambda row: _append(lake, row), new):
            pass
    _check_counts(lake, new)
    _record(lake, ledger, new)
    return Ingested(len(new), sum(row.rows for row in new))


def _table(manifest: Row) -> str:
    return f"{manifest.source}_{manifest.stream}"


def _create(lake: Lakehouse, table: str) -> str:
    return lake.create("bronze", table, COLUMNS, stats="_extracted_at,_run_id,_ingested_at")


def _listed(lake: Lakehouse) -> DataFrame:
    # recursiveFileLookup: one listing instead of a glob a level.
    return (
        lake.spark.read.schema(MANIFEST)
        .option("recursiveFileLookup", "true")
        .option("pathGlobFilter", "*.json")
        .option("mode", "FAILFAST")
        .json(f"{lake.landing}/landing/_manifests")
    )


def _new_manifests(lake: Lakehouse, ledger: str, manifests: DataFrame) -> list[Row]:
    known = lake.spark.sql(f"SELECT run_id FROM {ledger}")
    try:
        return manifests.join(known, "run_id", "left_anti").orderBy("run_id").collect()
    except AnalysisException as error:
        if error.getCondition() == "PATH_NOT_FOUND":
            return []  # nothing has been landed yet
        raise


def _append(lake: Lakehouse, manifest: Row) -> None:
    paths = [f"{lake.landing}/{file.path}" for file in manifest.files]
    lake.append(
        envelopes(lake.spark.read.text(paths)), "bronze", _table(manifest), (manifest.run_id, 1)
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


def _check_counts(lake: Lakehouse, manifests: list[Row]) -> None:
    ids = ", ".join(f"'{row.run_id}'" for row in manifests)
    held = " UNION ALL ".join(
        f"SELECT _run_id FROM {lake.name('bronze', table)} WHERE _run_id IN ({ids})"
        for table in sorted({_table(row) for row in manifests})
    )
    counted = lake.rows(f"SELECT _run_id, count(*) AS n FROM ({held}) GROUP BY _run_id")
    rows = {row["_run_id"]: row["n"] for row in counted}
    for manifest in manifests:
        if rows.get(manifest.run_id, 0) != manifest.rows:
            raise IncompleteManifestError(
                f"bronze.{_table(manifest)}: manifest {manifest.run_id} promises {manifest.rows} "
                f"rows, its files hold {rows.get(manifest.run_id, 0)}; pull that window again with "
                "full_refresh"
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
