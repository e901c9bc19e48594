"""Bronze → silver: one engine for every declared table.

New bronze rows are typed, checked, reduced to the last version of each key and merged. The last
writer is decided by the source's time of change, then by extraction, then by a hash of the record:
without the last tie-break two runs over the same rows could differ.
"""

from spark_jobs.lakehouse import Lakehouse, quoted
from spark_jobs.silver.table import Exploded, Table

META = "_deleted, _changed_at, _extracted_at, _hash, _run_id"
QUARANTINE = """
table STRING, reason STRING, record STRING, record_hash BIGINT, _run_id STRING, _file STRING,
quarantined_at TIMESTAMP
"""


def build(lake: Lakehouse, table: Table, streams: tuple[str, ...], runs: list[str] | None) -> None:
    """Merge the rows that `runs` brought from bronze `streams`; None: the table anew from all."""
    bronze = _bronze_sql(lake, streams, runs)
    checked = _view(lake, checked_view(table), _checked_sql(table, bronze))
    last = _view(lake, f"last_{table.name}", _last_sql(table, checked))
    if runs is None:
        lake.replace(
            f"SELECT * FROM {last}", "silver", table.name, table.comment, {}, table.personal
        )
    else:
        lake.spark.sql(_merge_sql(table, lake.name("silver", table.name), last))


def checked_view(table: Table) -> str:
    return f"checked_{table.name}"


def empty_view(lake: Lakehouse, table: Table | Exploded, parents: dict[str, Table]) -> str:
    """A view without rows that has the table's columns, for a source that never came."""
    if isinstance(table, Exploded):
        parent = empty_view(lake, parents[table.parent], parents)
        return _view(lake, f"empty_{table.name}", _child_sql(table, parent))
    no_rows = (
        "SELECT '' AS _id, '' AS record, false AS _deleted, current_timestamp() AS _extracted_at, "
        "'' AS _run_id, '' AS _file WHERE false"
    )
    return _view(lake, f"empty_{table.name}", _last_sql(table, f"({_checked_sql(table, no_rows)})"))


def explode(lake: Lakehouse, child: Exploded, runs: list[str] | None) -> None:
    """Replace the child rows of every parent that `runs` touched; None: of all parents."""
    parent = lake.name("silver", child.parent)
    if runs is None:
        living = _view(lake, f"living_{child.name}", f"SELECT * FROM {parent} WHERE NOT _deleted")
        lake.replace(_child_sql(child, living), "silver", child.name, child.comment, {})
        return
    touched = f"SELECT * FROM {parent} WHERE _run_id IN ({quoted(runs)})"
    rows = _child_sql(child, "touched")
    new = _view(lake, f"new_{child.name}", f"WITH touched AS ({touched} AND NOT _deleted) {rows}")
    target = lake.name("silver", child.name)
    if lake.is_empty(target):  # a shop without refunds, say: spares the merge
        lake.spark.sql(f"INSERT INTO {target} SELECT * FROM {new}")
        return
    same = " AND ".join(f"old.{key} = new.{key}" for key in child.key)
    lake.spark.sql(
        f"""
        MERGE INTO {target} AS old
        USING (
          SELECT *, false AS _gone FROM {new}
          UNION ALL
          SELECT old.*, true AS _gone FROM {target} AS old
          JOIN ({touched}) AS parent USING ({child.parent_key})
          LEFT ANTI JOIN {new} AS new ON {same}
        ) AS new ON {same}
        WHEN MATCHED AND new._gone THEN DELETE
        WHEN MATCHED THEN UPDATE SET *
        WHEN NOT MATCHED AND NOT new._gone THEN INSERT *
        """
    )


def _child_sql(child: Exploded, parent: str) -> str:
    return child.source.replace("FROM parent", f"FROM {parent}")


def _view(lake: Lakehouse, name: str, query: str) -> str:
    lake.spark.sql(query).createOrReplaceTempView(name)
    return name


def _bronze_sql(lake: Lakehouse, streams: tuple[str, ...], runs: list[str] | None) -> str:
    wanted = "true" if runs is None else f"_run_id IN ({quoted(runs)})"
    parts = [f"SELECT * FROM {lake.name('bronze', stream)} WHERE {wanted}" for stream in streams]
    return " UNION ALL ".join(parts)


def _checked_sql(table: Table, bronze: str) -> str:
    columns = ", ".join(f"{sql} AS `{name}`" for name, sql in table.columns.items())
    broken = ", ".join(
        f"IF(coalesce({condition}, false), NULL, '{reason.replace(chr(39), chr(8217))}')"
        for reason, condition in table.expectations.items()
    )
    return f"""
    WITH parsed AS (SELECT *, from_json(record, '{table.schema}') AS r FROM ({bronze})),
    typed AS (
      SELECT {columns}, coalesce(_deleted, false) AS _deleted, _extracted_at,
             xxhash64(record) AS _hash, _run_id, record AS _record, _file
      FROM parsed
    )
    SELECT *, coalesce({table.changed_at}, _extracted_at)
                AS _changed_at,
           IF(_deleted, '', concat_ws('; ', array({broken}))) AS _reason
    FROM typed
    """


def _last_sql(table: Table, checked: str) -> str:
    """The last version of each key. A tombstone says only that the record is gone: its facts are
    those of the last living version beside it."""
    names = ", ".join(f"`{name}`" for name in table.columns)
    facts = ", ".join(f"coalesce(_alive.`{n}`, `{n}`) AS `{n}`" for n in table.columns)
    order = "ORDER BY _changed_at DESC, _extracted_at DESC, _hash DESC"
    same = f"PARTITION BY {', '.join(table.key)} {order}"
    return f"""
    SELECT {facts}, {META} FROM (
      SELECT *, row_number() OVER ({same}) AS _rank,
        first_value(IF(_deleted, NULL, struct({names})), true) OVER ({same}
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS _alive
      FROM {checked} WHERE _reason = ''
    ) WHERE _rank = 1
    """


def _merge_sql(table: Table, target: str, last: str) -> str:
    same = " AND ".join(f"old.`{key}` = new.`{key}`" for key in table.key)
    order = ("_changed_at", "_extracted_at", "_hash")
    newer = (
        f"struct({', '.join(f'new.{name}' for name in order)}) > "
        f"struct({', '.join(f'old.{name}' for name in order)})"
    )
    gone = [f"{name} = new.{name}" for name in META.split(", ")]
    facts = [f"`{name}` = coalesce(new.`{name}`, old.`{name}`)" for name in table.columns]
    tombstone = ", ".join(gone + facts)
    return f"""
    MERGE INTO {target} AS old USING {last} AS new ON {same}
    WHEN MATCHED AND new._deleted AND {newer} THEN UPDATE SET {tombstone}
    WHEN MATCHED AND {newer} THEN UPDATE SET *
    WHEN NOT MATCHED THEN INSERT *
    """


def quarantine(lake: Lakehouse, tables: list[Table], files: list[str]) -> dict[str, int]:
    """Keep the rows that `build` left out of the tables, with their reasons; rows by table.

    files: runs of `files_to_s3` that rejected rows or whole files before they could land.
    """
    columns = "_reason AS reason, _record AS record, _hash AS record_hash, _run_id, _file"
    rejected = " UNION ALL ".join(
        f"SELECT '{table.name}' AS table, {columns} FROM {checked_view(table)} WHERE _reason <> ''"
        for table in tables
    )
    if files:
        rejected += " UNION ALL " * bool(tables) + _rejected_files_sql(lake, files)
    counted = lake.rows(f"SELECT table, count(*) AS n FROM ({rejected}) GROUP BY table")
    if counted:
        lake.spark.sql(
            f"""
            MERGE INTO {lake.name("silver", "quarantine")} AS old
            USING (
              SELECT DISTINCT *, current_timestamp() AS quarantined_at FROM ({rejected})
            ) AS new
            ON old.table = new.table AND old.record_hash = new.record_hash
               AND old._run_id = new._run_id
            WHEN NOT MATCHED THEN INSERT *
            """
        )
    return {row.table: row.n for row in counted}


def _rejected_files_sql(lake: Lakehouse, runs: list[str]) -> str:
    field = "get_json_object(record, '$.{}')".format
    place = f"concat_ws(':', {field('file')}, {field('line')})"
    return f"""
    SELECT concat('files.', {field("dataset")}) AS table,
           concat({place}, ': ', {field("reason")}) AS reason, record,
           xxhash64(record) AS record_hash, _run_id, _file
    FROM {lake.name("bronze", "files_rejected")} WHERE _run_id IN ({quoted(runs)})
    """
