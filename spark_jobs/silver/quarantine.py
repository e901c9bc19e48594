"""silver.quarantine: the rows that no table could take, each with its reason and its record."""

from spark_jobs.lakehouse import Lakehouse, quoted
from spark_jobs.silver.engine import checked_view

QUARANTINE = """
table STRING, reason STRING, record STRING, record_hash BIGINT, _run_id STRING, _file STRING,
quarantined_at TIMESTAMP
"""


def keep_refused(lake: Lakehouse, tables: list[str], files: list[str]) -> dict[str, int]:
    """Keep the rows that the engine left out of the tables, with their reasons; rows by table.

    files: runs of `files_to_s3` that rejected rows or whole files before they could land.
    """
    columns = "_reason AS reason, _record AS record, _hash AS record_hash, _run_id, _file"
    # Not a filter: Spark would push it below the typing and parse a record for each condition.
    counts = [
        f"SELECT '{name}' AS table, count_if(_reason <> '') AS n FROM {checked_view(name)}"
        for name in tables
    ]
    rejected = [_rejected_files_sql(lake, files)] if files else []
    counts += [f"SELECT table, count(*) AS n FROM ({sql}) GROUP BY table" for sql in rejected]
    found = lake.rows(" UNION ALL ".join(counts)) if counts else []
    counted = {row.table: row.n for row in found if row.n}
    if counted:
        rejected += [
            f"SELECT '{name}' AS table, {columns} FROM {checked_view(name)} WHERE _reason <> ''"
            for name in tables
            if name in counted
        ]
        lake.spark.sql(
            f"""
            MERGE INTO {lake.name("silver", "quarantine")} AS old
            USING (
              SELECT DISTINCT *, current_timestamp() AS quarantined_at
              FROM ({" UNION ALL ".join(rejected)})
            ) AS new
            ON old.table = new.table AND old.record_hash = new.record_hash
               AND old._run_id = new._run_id
            WHEN NOT MATCHED THEN INSERT *
            """
        )
    return counted


def _rejected_files_sql(lake: Lakehouse, runs: list[str]) -> str:
    field = "get_json_object(record, '$.{}')".format
    place = f"concat_ws(':', {field('file')}, {field('line')})"
    return f"""
    SELECT concat('files.', {field("dataset")}) AS table,
           concat({place}, ': ', {field("reason")}) AS reason, record,
           xxhash64(record) AS record_hash, _run_id, _file
    FROM {lake.name("bronze", "files_rejected")} WHERE _run_id IN ({quoted(runs)})
    """
