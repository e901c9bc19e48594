"""Bronze → silver: one engine for every declared table.

New bronze rows are typed, checked, reduced to the last version of each key and merged. The last
writer is decided by the source's time of change, then by extraction, then by a hash of the record:
without the last tie-break two runs over the same rows could differ.
"""

from collections.abc import Mapping

from spark_jobs.lakehouse import Lakehouse, quoted
from spark_jobs.silver.table import Declared, Exploded, Joined, Table, meaning

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
        _replace(lake, table, f"SELECT * FROM {last}")
    else:
        lake.spark.sql(_merge_sql(table, lake.name("silver", table.name), last))


def checked_view(table: Table) -> str:
    return f"checked_{table.name}"


def empty_view(lake: Lakehouse, table: Table | Exploded, parents: dict[str, Table]) -> str:
    """A view without rows that has the table's columns, for a source that never came."""
    if isinstance(table, Exploded):
        parent = empty_view(lake, parents[table.parent], parents)
        return _view(lake, f"empty_{table.name}", child_sql(table, parent))
    no_rows = (
        "SELECT '' AS _id, '' AS record, false AS _deleted, current_timestamp() AS _extracted_at, "
        "'' AS _run_id, '' AS _file WHERE false"
    )
    return _view(lake, f"empty_{table.name}", current_sql(table, no_rows))


def current_sql(table: Table, bronze: str) -> str:
    """The table's rows that a query of bronze rows makes."""
    return _last_sql(table, f"({_checked_sql(table, bronze)})")


def explode(lake: Lakehouse, child: Exploded, runs: list[str] | None) -> None:
    """Replace the child rows of every parent that `runs` touched; None: of all parents."""
    parent = lake.name("silver", child.parent)
    if runs is None:
        living = _view(lake, f"living_{child.name}", f"SELECT * FROM {parent} WHERE NOT _deleted")
        _replace(lake, child, child_sql(child, living))
        return
    touched = f"SELECT * FROM {parent} WHERE _run_id IN ({quoted(runs)})"
    rows = child_sql(child, "touched")
    new = _view(lake, f"new_{child.name}", f"WITH touched AS ({touched} AND NOT _deleted) {rows}")
    _swap(lake, child.name, child.key, new, (touched, child.parent_key))


def join(
    lake: Lakehouse, table: Joined, sources: Mapping[str, str], runs: list[str] | None
) -> None:
    """Make the rows of the keys that `runs` touched anew; None: all. sources: SQL names."""
    names = {**sources, "self": lake.name("silver", table.name), "runs": quoted(runs or [])}
    keys = (table.every if runs is None else table.touched).format(**names)
    new = _view(lake, f"new_{table.name}", table.source.format(keys=keys, **names))
    if runs is None:
        _replace(lake, table, f"SELECT * FROM {new}")
    else:
        _swap(lake, table.name, (table.key,), new, (keys, table.key))


def _swap(
    lake: Lakehouse, name: str, key: tuple[str, ...], new: str, touched: tuple[str, str]
) -> None:
    """The rows of `new` in place of those that belong to `touched`: its SQL and its columns."""
    target = lake.name("silver", name)
    if lake.is_empty(target):  # a shop without refunds, say: spares the merge
        lake.spark.sql(f"INSERT INTO {target} SELECT * FROM {new}")
        return
    same = " AND ".join(f"old.{column} = new.{column}" for column in key)
    lake.spark.sql(
        f"""
        MERGE INTO {target} AS old
        USING (
          SELECT *, false AS _gone FROM {new}
          UNION ALL
          SELECT old.*, true AS _gone FROM {target} AS old
          LEFT SEMI JOIN ({touched[0]}) AS parent USING ({touched[1]})
          LEFT ANTI JOIN {new} AS new ON {same}
        ) AS new ON {same}
        WHEN MATCHED AND new._gone THEN DELETE
        WHEN MATCHED THEN UPDATE SET *
        WHEN NOT MATCHED AND NOT new._gone THEN INSERT *
        """
    )


def _replace(lake: Lakehouse, declared: Declared, query: str) -> None:
    """The whole table by its declaration, columns with their meanings."""
    described = {
        name: meaning(declared, name) + " (personal data)" * (name in declared.personal)
        for name in lake.spark.sql(query).columns
    }
    lake.replace(
        query,
        "silver",
        declared.name,
        declared.comment,
        described,
        declared.personal,
        declared.clustered,
    )


def child_sql(child: Exploded, parent: str) -> str:
    """The rows that a view of parent rows makes."""
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
    those of the last living version beside it, and NULL without one."""
    names = ", ".join(f"`{name}`" for name in table.columns)
    facts = ", ".join(
        f"coalesce(_alive.`{n}`, `{n}`) AS `{n}`" if n in table.key else f"_alive.`{n}`"
        for n in table.columns
    )
    # Refused rows are sorted last instead of filtered: Spark would push the filter below the typing
    # and parse and type every record twice.
    order = "ORDER BY _reason = '' DESC, _changed_at DESC, _extracted_at DESC, _hash DESC"
    same = f"PARTITION BY {', '.join(table.key)} {order}"
    alive = f"IF(_deleted OR _reason <> '', NULL, struct({names}))"
    return f"""
    SELECT {facts}, {META} FROM (
      SELECT *, row_number() OVER ({same}) AS _rank,
        first_value({alive}, true) OVER ({same}
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS _alive
      FROM {checked}
    ) WHERE _rank = 1 AND _reason = ''
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
    bare = " AND ".join(f"old.`{name}` IS NULL" for name in table.columns if name not in table.key)
    # The last but one: a tombstone that came before its record takes the record's facts.
    return f"""
    MERGE INTO {target} AS old USING {last} AS new ON {same}
    WHEN MATCHED AND new._deleted AND {newer} THEN UPDATE SET {tombstone}
    WHEN MATCHED AND {newer} THEN UPDATE SET *
    WHEN MATCHED AND old._deleted AND NOT new._deleted AND {bare} THEN UPDATE SET {", ".join(facts)}
    WHEN NOT MATCHED THEN INSERT *
    """


def quarantine(lake: Lakehouse, tables: list[Table], files: list[str]) -> dict[str, int]:
    """Keep the rows that `build` left out of the tables, with their reasons; rows by table.

    files: runs of `files_to_s3` that rejected rows or whole files before they could land.
    """
    columns = "_reason AS reason, _record AS record, _hash AS record_hash, _run_id, _file"
    checked = {table.name: checked_view(table) for table in tables}
    # Not a filter: Spark would push it below the typing and parse a record for each condition.
    counts = [
        f"SELECT '{name}' AS table, count_if(_reason <> '') AS n FROM {view}"
        for name, view in checked.items()
    ]
    rejected = [_rejected_files_sql(lake, files)] if files else []
    counts += [f"SELECT table, count(*) AS n FROM ({sql}) GROUP BY table" for sql in rejected]
    found = lake.rows(" UNION ALL ".join(counts)) if counts else []
    counted = {row.table: row.n for row in found if row.n}
    if counted:
        rejected += [
            f"SELECT '{name}' AS table, {columns} FROM {view} WHERE _reason <> ''"
            for name, view in checked.items()
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
