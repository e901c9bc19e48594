"""Bronze → silver: one engine for every declared table.

New bronze rows are typed, checked, reduced to the last version of each key and merged. The last
writer is decided by the source's time of change, then by extraction, then by a hash of the record:
without the last tie-break two runs over the same rows could differ.
"""

from collections.abc import Mapping

from pyspark.errors import PySparkException

from spark_jobs.lakehouse import Lakehouse, quoted
from spark_jobs.silver.table import Declared, Exploded, Joined, Table, meaning

META = "_deleted, _changed_at, _extracted_at, _hash, _run_id"
REFUSED = "a row that silver refuses"
# Of a tombstone, as Shopify's events tell it: the time of reading is another one whenever they are
# read again. A minute more, since the record may have changed in the same second or, by the clock
# of another of Shopify's machines, in the next: no id is ever used again.
DELETED_AT = """IF(_deleted, try_cast(get_json_object(_record, '$.deletedAt') AS TIMESTAMP)
+ INTERVAL 1 MINUTE, NULL)"""


def build(
    lake: Lakehouse, table: Table, streams: tuple[str, ...], runs: list[str] | None, light: bool
) -> bool:
    """Merge the rows that `runs` brought from bronze `streams`; None: the table anew from all.
    light: they are few enough to be held, so that they are typed once. Whether rows may have been
    refused: quarantine.py is to look for them."""
    bronze = _bronze_sql(lake, streams, runs)
    checked = lake.view(_checked_sql(table, bronze), checked_view(table.name))
    last, taken = last_view(table.name), f"taken_{table.name}"
    held = light and lake.hold(_taken_sql(table, checked), taken)
    if held:
        names = ", ".join(f"`{name}`" for name in table.columns)
        lake.view(f"SELECT {names}, {META} FROM {taken} WHERE _reason = ''", last)
        lake.view(f"SELECT * FROM {taken} WHERE _reason <> ''", checked)
    elif runs is None and _made_of_sound(lake, table, checked):
        return False
    else:
        lake.view(_last_sql(table, checked), last)
    if runs is None:
        few = "/*+ COALESCE(1) */" if held else ""  # else files whose times reach into each other
        _replace(lake, table, f"SELECT {few} * FROM {last}")
    else:
        lake.spark.sql(_merge_sql(table, lake.name("silver", table.name), last))
    return True


def _made_of_sound(lake: Lakehouse, table: Table, checked: str) -> bool:
    """Make the table anew if no row is refused, which the same statement finds out: looking for
    them afterwards types all of bronze again, a fifth of a first load. False, and nothing made,
    where one is."""
    try:
        _replace(lake, table, _last_sql(table, checked, sound=True))
    except PySparkException as error:
        if REFUSED not in str(error):
            raise
        return False
    return True


def last_view(table: str) -> str:
    return f"last_{table}"


def checked_view(table: str) -> str:
    return f"checked_{table}"


def empty_view(lake: Lakehouse, table: Table | Exploded, parents: dict[str, Table]) -> str:
    """A view without rows that has the table's columns, for a source that never came."""
    if isinstance(table, Exploded):
        parent = empty_view(lake, parents[table.parent], parents)
        return lake.view(child_sql(table, parent), f"empty_{table.name}")
    no_rows = (
        "SELECT '' AS _id, '' AS record, false AS _deleted, current_timestamp() AS _extracted_at, "
        "'' AS _run_id, '' AS _file WHERE false"
    )
    return lake.view(current_sql(table, no_rows), f"empty_{table.name}")


def current_sql(table: Table, bronze: str) -> str:
    """The table's rows that a query of bronze rows makes."""
    return _last_sql(table, f"({_checked_sql(table, bronze)})")


def touch(lake: Lakehouse, parent: str, runs: list[str], light: bool) -> str:
    """A view of the parent's rows that `runs` touched."""
    name = f"touched_{parent}"
    query = f"SELECT * FROM {lake.name('silver', parent)} WHERE _run_id IN ({quoted(runs)})"
    if light:
        lake.hold(query, name)
    else:
        lake.view(query, name)
    return name


def explode(lake: Lakehouse, child: Exploded, touched: str | None) -> None:
    """Replace the child rows of every parent in the view `touched`; None: of all parents."""
    parents = touched or lake.name("silver", child.parent)
    living = lake.view(f"SELECT * FROM {parents} WHERE NOT _deleted", f"living_{child.name}")
    rows = child_sql(child, living)
    if touched is None:
        _replace(lake, child, rows)
        return
    key = f"struct({child.parent_key})" if "," in child.parent_key else child.parent_key
    new = lake.view(rows, f"new_{child.name}")
    keys = lake.view(f"SELECT {key} AS key FROM {touched}", f"keys_{child.name}")
    lake.replace_keys(new, "silver", child.name, key, keys)


def join(
    lake: Lakehouse, table: Joined, sources: Mapping[str, str], runs: list[str] | None
) -> None:
    """Make the rows of the keys that `runs` touched anew; None: all. sources: SQL names."""
    names = {**sources, "self": lake.name("silver", table.name), "runs": quoted(runs or [])}
    if runs is None:
        _replace(lake, table, table.source.format(keys=table.every.format(**names), **names))
        return
    touched, new = f"touched_{table.name}", f"new_{table.name}"
    lake.hold(f"SELECT {table.key} AS key FROM ({table.touched.format(**names)})", touched)
    keys = f"SELECT key AS {table.key} FROM {touched}"
    lake.hold(table.source.format(keys=keys, **names), new)
    lake.replace_keys(new, "silver", table.name, table.key, touched)


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
    parsed = f"from_json(record, '{table.schema}')"
    # Columns are made by a function of the parsed record, not beside it: Spark would copy the
    # record into a row of its own, whose nested fields it reads at three times the cost.
    return f"""
    WITH typed AS (
      SELECT made.*, coalesce(landed._deleted, false) AS _deleted, landed._extracted_at,
             xxhash64(landed.record) AS _hash, landed._run_id, landed.record AS _record,
             landed._file
      FROM ({bronze}) AS landed
      LATERAL VIEW inline(transform(array({parsed}), r -> struct({columns}))) made
    )
    SELECT *, coalesce({table.changed_at}, {DELETED_AT}, _extracted_at) AS _changed_at,
           IF(_deleted, '', concat_ws('; ', array({broken}))) AS _reason
    FROM typed
    """


def _last_sql(table: Table, checked: str, sound: bool = False) -> str:
    """The last version of each key. sound: an error that says REFUSED for a row that is refused."""
    names = ", ".join(f"`{name}`" for name in table.columns)
    ranked = _ranked_sql(table, checked)
    wanted = "_rank = 1 AND _reason = ''"
    if sound:
        wanted = f"IF(_reason = '', _rank = 1, raise_error('{REFUSED}'))"
    return f"SELECT {names}, {META} FROM ({ranked}) WHERE {wanted}"


def _taken_sql(table: Table, checked: str) -> str:
    """The last version of each key, and every row that is refused, with its record."""
    names = ", ".join(f"`{name}`" for name in table.columns)
    return f"""
    SELECT {names}, {META}, _reason, IF(_reason = '', NULL, _record) AS _record, _file
    FROM ({_ranked_sql(table, checked)}) WHERE _rank = 1 OR _reason <> ''
    """


def _ranked_sql(table: Table, checked: str) -> str:
    """Versions of each key, the last first. A tombstone says only that the record is gone: its
    facts are those of the last living version beside it, and NULL without one."""
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
    SELECT {facts}, {META}, _reason, _record, _file, _rank FROM (
      SELECT *, row_number() OVER ({same}) AS _rank,
        first_value({alive}, true) OVER ({same}
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS _alive
      FROM {checked}
    )
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
