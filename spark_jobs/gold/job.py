"""The gold task: the marts whose sources have moved, and none of the others."""

import hashlib
import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from spark_jobs.gold.mart import Mart, Sources
from spark_jobs.gold.marts import MARTS
from spark_jobs.lakehouse import Lakehouse
from spark_jobs.silver.engine import empty_view
from spark_jobs.silver.job import DECLARATION
from spark_jobs.silver.table import Exploded
from spark_jobs.silver.tables import EVERY, TABLES

log = logging.getLogger(__name__)
# seen: state of silver.progress when the mart was last looked at. code: of its query and columns.
# state: of the code and of everything that the mart was built from.
BUILT = "mart STRING, seen BIGINT, code STRING, state STRING, built_at TIMESTAMP"
PARALLEL = 2
SILVER = {table.name: table for table in EVERY}
PARENTS = {table.name: table for table in TABLES}
MART = {mart.name: mart for mart in MARTS}
NOWHERE = Sources(str, "UTC", "USD", "1970-01-01")


@dataclass(frozen=True)
class Held:
    """What silver holds: by stream how many landed runs, and the tables that are built."""

    runs: dict[str, int]
    tables: dict[str, str]


def run(lake: Lakehouse, default_timezone: str) -> int:
    """Build what is behind silver; the number of marts built. `default_timezone` (IANA) serves
    until the shop itself has been pulled."""
    ledger = lake.create("gold", "built", BUILT, "What each mart was built from")
    rows = lake.rows(
        f"SELECT mart, seen, code, state FROM {ledger} UNION ALL "
        "SELECT '', IF(count(*) = 0, 0, xxhash64(count(*), max(processed_at))), '', '' "
        f"FROM {lake.name('silver', 'progress')}"
    )
    known = {row.mart: row for row in rows}
    seen = int(known[""].seen)
    if not seen or all(
        mart.name in known and (known[mart.name].seen, known[mart.name].code) == (seen, code(mart))
        for mart in MARTS
    ):
        return 0
    held = held_by(lake)
    sources = sources_of(lake, held, default_timezone)
    states = {mart.name: _state(mart, sources, held) for mart in MARTS}
    behind = [
        mart
        for mart in MARTS
        if mart.name not in known or known[mart.name].state != states[mart.name]
    ]
    build_all(lake, behind, sources)
    _record(lake, ledger, seen, states, {mart.name for mart in behind})
    return len(behind)


def code(mart: Mart) -> str:
    """Another one for another query or other columns."""
    return _hash(mart.query(NOWHERE), repr(mart.description.columns))


def sources_of(lake: Lakehouse, held: Held, default_timezone: str) -> Sources:
    def table(name: str) -> str:
        """A shop may lack a source (no warehouse counts, no Stripe): its table is then empty."""
        layer, short = name.split(".")
        if layer == "silver" and short not in held.tables:
            return empty_view(lake, SILVER[short], PARENTS)
        return lake.name(layer, short)

    (row,) = lake.rows(
        f"""
        SELECT timezone, currency, to_date(from_utc_timestamp(written_at, timezone)) AS day FROM (
          SELECT coalesce((SELECT max_by(timezone, updated_at) FROM {table("silver.shop")}
                           WHERE NOT _deleted), '{default_timezone}') AS timezone,
            coalesce((SELECT max_by(currency, updated_at) FROM {table("silver.shop")}
                      WHERE NOT _deleted),
                     (SELECT max_by(currency, struct(processed_at, order_id))
                      FROM {table("silver.orders")} WHERE NOT _deleted), 'USD') AS currency,
            (SELECT max(written_at) FROM {lake.name("bronze", "manifests")}) AS written_at)
        """
    )
    return Sources(table, row.timezone, row.currency, str(row.day))


def held_by(lake: Lakehouse) -> Held:
    progress = lake.name("silver", "progress")
    rows = lake.rows(
        f"SELECT source, stream, max(run_id) AS last, count(*) AS n FROM {progress} "
        "GROUP BY source, stream"
    )
    return Held(
        {f"{row.source}_{row.stream}": row.n for row in rows if row.source != DECLARATION},
        {row.stream: row.last for row in rows if row.source == DECLARATION},
    )


def _state(mart: Mart, sources: Sources, held: Held) -> str:
    """Changes when a query, the shop's facts in it, or the runs behind its sources change."""
    inputs = [mart.query(sources), repr(mart.description.columns)]
    for source in mart.description.sources:
        layer, name = source.split(".")
        if layer == "gold":
            inputs.append(_state(MART[name], sources, held))
        else:
            declared = SILVER[name]
            parent = PARENTS[declared.parent] if isinstance(declared, Exploded) else declared
            runs = [held.runs.get(stream, 0) for stream in parent.streams]
            inputs.append(f"{name} {held.tables.get(name)} {runs}")
    return _hash(*inputs)


def build_all(lake: Lakehouse, marts: list[Mart], sources: Sources) -> None:
    """Each once the marts that it reads are there; MARTS names them before their readers."""
    started: dict[str, Future[None]] = {}
    with ThreadPoolExecutor(PARALLEL) as pool:
        for mart in marts:
            before = [started[s] for s in mart.description.sources if s in started]
            started[f"gold.{mart.name}"] = pool.submit(_build, lake, mart, sources, before)
    for done in started.values():
        done.result()


def _build(lake: Lakehouse, mart: Mart, sources: Sources, before: list[Future[None]]) -> None:
    for done in before:
        done.result()
    query, meaning = mart.query(sources), mart.description
    if mart.snapshot:
        day = (mart.snapshot, sources.as_of)
        lake.replace_snapshot(query, "gold", mart.name, meaning.title, meaning.columns, day)
    else:
        lake.replace(query, "gold", mart.name, meaning.title, meaning.columns)
    log.info("gold.%s built", mart.name)


def _record(
    lake: Lakehouse, ledger: str, seen: int, states: dict[str, str], built: set[str]
) -> None:
    values = ", ".join(
        f"('{mart.name}', {seen}L, '{code(mart)}', '{states[mart.name]}', {mart.name in built})"
        for mart in MARTS
    )
    lake.spark.sql(
        f"""
        MERGE INTO {ledger} AS old
        USING (SELECT * FROM VALUES {values} AS new(mart, seen, code, state, built)) AS new
        ON old.mart = new.mart
        WHEN MATCHED THEN UPDATE SET seen = new.seen, code = new.code, state = new.state,
          built_at = IF(new.built, current_timestamp(), old.built_at)
        WHEN NOT MATCHED THEN INSERT (mart, seen, code, state, built_at)
          VALUES (new.mart, new.seen, new.code, new.state, current_timestamp())
        """
    )


def _hash(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
