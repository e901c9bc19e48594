"""A mart brought up to date by what its sources' change feeds say, instead of built whole.

Changes name keys; the mart's own query is evaluated over the rows that those keys need, and
replaces the mart's rows of those keys in one commit. Nothing is added to what was there: a run that
dies before the ledger knows of it is repeated and gives the same.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from pyspark.sql import Row

from spark_jobs.gold.mart import CHANGED, Follow, Mart, Sources, Touch
from spark_jobs.lakehouse import Lakehouse

# Delta keeps a feed's files for 7 days; one is for the run.
YOUNG = "timestamp > current_timestamp() - INTERVAL 6 DAYS"
# These replace rows in bulk or change what a row is.
BREAKS = "operation RLIKE '^(CREATE|REPLACE|RESTORE|CLONE|TRUNCATE|CHANGE COLUMN|ADD COLUMN)'"
COMMITS = 20  # more between two runs than that: build whole
MOST = 200_000  # keys, or rows of a mart, that are sent to the server as a list
FEW = 100  # keys; they are seldom much of a mart, and counting its keys costs a query
PART = 3  # building a mart whole costs less than bringing up a part of it that is greater
MANY_ROWS = 150_000  # from that on a mart whose following is `costly` is dearer to build whole
FEED = ("_change_type", "_commit_version", "_commit_timestamp")
TABLE = re.compile(r"\b(?:silver|gold)\.\w+")


@dataclass(frozen=True)
class Head:
    """version: a table's last. told_since: from which version on its feed tells every change."""

    version: int
    told_since: int


@dataclass(frozen=True)
class Moved:
    """Versions of a source that a mart has not seen: after `since`, up to `until`."""

    since: int
    until: int


@dataclass(frozen=True)
class Ageing:
    """The days on which the mart was last brought up to date and is now."""

    before: str
    after: str


def head(lake: Lakehouse, source: str) -> Head:
    layer, table = source.split(".")
    history = lake.spark.sql(f"DESCRIBE HISTORY {lake.name(layer, table)} LIMIT {COMMITS}")
    told = f"({YOUNG} AND NOT {BREAKS}) AS told"
    rows = history.selectExpr("version", told).orderBy("version", ascending=False).collect()
    untold = [row.version for row in rows if not row.told]
    return Head(rows[0].version, untold[0] if untold else rows[-1].version - 1)


def bring_up(
    lake: Lakehouse, mart: Mart, sources: Sources, moved: dict[str, Moved], ageing: Ageing | None
) -> bool | None:
    """Rewrite the mart's rows of the keys that the changes touch; whether any were. None where the
    mart must be built whole: a source that it does not follow, too many keys, or because that is
    cheaper: of a mart whose following is costly and that has few rows, or when much of it is
    touched."""
    follow = mart.follow(sources) if mart.follow else None
    if not follow or not moved.keys() <= follow.touched.keys() or not _ages(follow, ageing):
        return None
    if follow.costly and _rows(lake, mart) < MANY_ROWS:
        return None
    feeds = {source: _feed(lake, source, moved[source]) for source in moved}
    selects = [_keys_sql(follow.touched[source], feed) for source, feed in feeds.items()]
    if ageing:
        days = follow.aged.replace("BEFORE", ageing.before).replace("AFTER", ageing.after)
        selects.append(f"SELECT key FROM ({days})")
    found = _distinct(lake, mart, selects, sources)
    for query in follow.spread if found else ():
        more = [f"TABLE {_touched(mart)}", query.replace("KEYS", _listed(mart))]
        found = _distinct(lake, mart, more, sources)
    first = str(min(row.key for row in found)) if found and follow.onward else ""
    if len(found) > MOST or _is_much(lake, mart, follow, len(found), first):
        return None
    if found:
        query = _query(mart, follow, replace(sources, first=first), feeds)
        _write(lake, mart, follow, query, first)
    return bool(found)


def _is_much(lake: Lakehouse, mart: Mart, follow: Follow, keys: int, first: str) -> bool:
    """Whether more of the mart is touched than is worth following: rows from the first touched day
    on, or keys."""
    if first:
        onward = _rows(lake, mart, f"{follow.key} >= DATE '{first}'")
        return onward > MOST and onward * PART > _rows(lake, mart)
    return keys > FEW and keys * PART > _rows(lake, mart, counted=f"DISTINCT {follow.key}")


def _rows(lake: Lakehouse, mart: Mart, where: str = "true", counted: str = "*") -> int:
    table = lake.name("gold", mart.name)
    (row,) = lake.rows(f"SELECT count({counted}) AS n FROM {table} WHERE {where}")
    return int(row.n)


def _ages(follow: Follow, ageing: Ageing | None) -> bool:
    """Whether the mart can follow the day, which does not go back."""
    return not ageing or (bool(follow.aged) and ageing.before < ageing.after)


def _distinct(lake: Lakehouse, mart: Mart, selects: list[str], sources: Sources) -> list[Row]:
    """The keys that the queries give, which the view of the mart's touched keys holds then."""
    keys = f"SELECT DISTINCT key FROM ({' UNION ALL '.join(selects)}) WHERE key IS NOT NULL"
    frame = lake.spark.sql(f"{_named(keys, sources.table)} LIMIT {MOST + 1}")
    found = frame.collect()
    held = lake.spark.createDataFrame(found, frame.schema)
    held.createOrReplaceTempView(_touched(mart))
    return found


def _touched(mart: Mart) -> str:
    """View of the keys that have been found so far."""
    return f"touched_{mart.name}"


def _listed(mart: Mart) -> str:
    return f"(TABLE {_touched(mart)})"


def _write(lake: Lakehouse, mart: Mart, follow: Follow, query: str, first: str) -> None:
    """In one commit, and so that the mart's own feed tells what changed. What replaces a part of a
    table is evaluated twice, by a MERGE and for the feed, unless it is held."""
    columns = ", ".join(mart.description.columns)
    if follow.rest:
        lake.overwrite(f"SELECT {columns} FROM ({query})", "gold", mart.name)
        return
    rows = f"new_{mart.name}"
    onward = f"{follow.key} >= DATE '{first}'"
    asked = onward if first else f"{follow.key} IN {_listed(mart)}"
    lake.hold(f"SELECT {columns} FROM ({query}) WHERE {asked}", rows, MOST)
    if first:
        lake.overwrite(f"SELECT * FROM {rows}", "gold", mart.name, onward, mart.clustered)
    else:
        lake.replace_keys(rows, "gold", mart.name, follow.key, _touched(mart))


def _query(mart: Mart, follow: Follow, sources: Sources, feeds: dict[str, str]) -> str:
    """The mart's query over what the touched keys need; it may give other keys' rows as well."""
    keys = _listed(mart)

    def table(source: str) -> str:
        whole = sources.table(source)
        needed = follow.needed.get(source)
        if needed == CHANGED:
            return _now_sql(feeds[source]) if source in feeds else _part(whole, "false")
        if needed is None:
            return whole
        return _part(whole, _named(needed.replace("KEYS", keys), sources.table))

    kept = _named(follow.kept.replace("KEYS", keys), table)
    return mart.query(replace(sources, table=table, kept=kept, keys=keys))


def _feed(lake: Lakehouse, source: str, moved: Moved) -> str:
    """View of the feed with `_at`, the commit, and `_sign`: 1 for a row as it became, -1 as it
    was."""
    layer, table = source.split(".")
    frame = lake.changes(layer, table, moved.since + 1, moved.until)
    sign = "IF(_change_type IN ('insert', 'update_postimage'), 1, -1) AS _sign"
    name = f"feed_{layer}_{table}_{moved.since}_{moved.until}"
    frame.selectExpr("*", sign, "_commit_version AS _at").drop(*FEED).createOrReplaceTempView(name)
    return name


def _keys_sql(touch: Touch, feed: str) -> str:
    """Keys whose rows, in the columns that the mart reads, a commit has changed. A later commit
    that changes them back does not undo that: a run that died may have built on the first."""
    changes = f"""(
    SELECT * EXCEPT (_at, _net) FROM (
      SELECT * EXCEPT (_sign), sum(_sign) AS _net
      FROM (SELECT {touch.columns}, _at, _sign FROM {feed}) GROUP BY ALL
    ) WHERE _net <> 0)"""
    return f"SELECT key FROM ({touch.keys.replace('CHANGES', changes)})"


def _now_sql(feed: str) -> str:
    """The changed rows as they are now: not taken away by the last commit that names them."""
    return f"""(
    SELECT * EXCEPT (_last) FROM (
      SELECT * EXCEPT (_at, _net), max_by(_net, _at) AS _last FROM (
        SELECT * EXCEPT (_sign), sum(_sign) AS _net FROM {feed} GROUP BY ALL
      ) GROUP BY ALL
    ) WHERE _last >= 0)"""


def _part(table: str, condition: str) -> str:
    return f"(SELECT * FROM {table} WHERE {condition})"


def _named(sql: str, table: Callable[[str], str]) -> str:
    return TABLE.sub(lambda found: table(found.group()), sql)
