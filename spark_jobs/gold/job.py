"""The gold task: the marts whose sources have moved, and none of the others.

A mart that can follow its sources' changes rewrites only the rows that they touch (follow.py).
"""

import logging
import re
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache

from pyspark.errors import PySparkException

from spark_jobs.gold import ledger
from spark_jobs.gold.follow import Ageing, Head, Moved, bring_up, head
from spark_jobs.gold.ledger import Built, Seen
from spark_jobs.gold.mart import Mart, Sources
from spark_jobs.gold.marts import MARTS
from spark_jobs.lakehouse import Lakehouse
from spark_jobs.silver.engine import empty_view
from spark_jobs.silver.job import DECLARATION
from spark_jobs.silver.table import Exploded
from spark_jobs.silver.tables import EVERY, TABLES

log = logging.getLogger(__name__)
PARALLEL = 2
SILVER = {table.name: table for table in EVERY}
PARENTS = {table.name: table for table in TABLES}
# Conditions of reading a feed whose files somebody has vacuumed before their time.
UNREADABLE = re.compile("TIME_TRAVEL|FILE_NOT_|FAILED_READ_FILE")
MART = {mart.name: mart for mart in MARTS}
READ = {source for mart in MARTS for source in mart.description.sources}


@dataclass(frozen=True)
class Held:
    """What silver holds: by stream how many landed runs, and the tables that are built."""

    runs: dict[str, int]
    tables: dict[str, str]


@dataclass(frozen=True)
class Outcome:
    """What a mart is built from now, how it is to be read, and whether its rows were written."""

    built: Built
    head: Head
    wrote: bool


def run(lake: Lakehouse, default_timezone: str) -> int:
    """Bring the marts up to silver; the number of marts written. `default_timezone` (IANA) serves
    until the shop itself has been pulled."""
    known = ledger.read(lake, MARTS)
    if known.current:
        return 0
    held = held_by(lake)
    sources = sources_of(lake, held, default_timezone)
    silver = silver_now(lake, held, known.built)
    broken = _broken(lake, known.built)
    done: dict[str, Future[Outcome]] = {}
    with ThreadPoolExecutor(PARALLEL) as pool:
        for mart in MARTS:  # in an order in which what a mart reads has been submitted before it
            former = None if mart.name in broken else known.built.get(mart.name)
            done[f"gold.{mart.name}"] = pool.submit(
                _bring, lake, mart, sources, former, silver, dict(done)
            )
    outcomes = {mart.name: done[f"gold.{mart.name}"].result() for mart in MARTS}
    wrote = {name for name, outcome in outcomes.items() if outcome.wrote}
    built = {name: outcome.built for name, outcome in outcomes.items()}
    ledger.record(lake, MARTS, known.seen, built, wrote)
    return len(wrote)


def _broken(lake: Lakehouse, built: dict[str, Built]) -> set[str]:
    """Marts whose tables somebody else has deleted or given other columns, and the marts that read
    those: they are built whole."""

    def is_broken(mart: Mart) -> bool:
        return lake.columns("gold", mart.name) != list(mart.description.columns)

    known = [mart for mart in MARTS if mart.name in built]
    with ThreadPoolExecutor(PARALLEL) as pool:
        found = {
            f"gold.{m.name}" for m, b in zip(known, pool.map(is_broken, known), strict=True) if b
        }
    for mart in MARTS:
        if f"gold.{mart.name}" in found:
            log.warning("gold.%s was deleted or altered: it is built anew", mart.name)
        elif found & set(mart.description.sources):
            found.add(f"gold.{mart.name}")
    return {name.removeprefix("gold.") for name in found}


def silver_now(
    lake: Lakehouse, held: Held, built: dict[str, Built]
) -> dict[str, tuple[Seen, Head]]:
    """Each silver table that marts read. Only those that runs have moved are asked."""
    known = {name: seen for mart in built.values() for name, seen in mart.sources.items()}

    def now(source: str) -> tuple[Seen, Head]:
        name = source.split(".")[1]
        declared = SILVER[name]
        if name not in held.tables:
            return Seen("", [], -1), Head(-1, -1)
        parent = PARENTS[declared.parent] if isinstance(declared, Exploded) else declared
        runs = [held.runs.get(stream, 0) for stream in parent.streams]
        last = known.get(source)
        if last and (last.declared, last.runs) == (held.tables[name], runs):
            return last, Head(last.version, last.version)
        found = head(lake, source)
        return Seen(held.tables[name], runs, found.version), found

    names = sorted(source for source in READ if source.startswith("silver."))
    with ThreadPoolExecutor(PARALLEL) as pool:
        return dict(zip(names, pool.map(now, names), strict=True))


def _bring(
    lake: Lakehouse,
    mart: Mart,
    sources: Sources,
    former: Built | None,
    silver: dict[str, tuple[Seen, Head]],
    gold: dict[str, Future[Outcome]],
) -> Outcome:
    """Follow what moved since `former`, else build the mart whole."""
    now: dict[str, tuple[Seen, Head]] = {}
    for source in mart.description.sources:
        if source in silver:
            now[source] = silver[source]
        else:
            read = gold[source].result()
            now[source] = Seen("", [], read.head.version), read.head
    built = replace(
        ledger.fresh(mart, sources), sources={name: seen for name, (seen, _) in now.items()}
    )
    if former and built == replace(former, version=built.version):
        return _unwritten(former)
    wrote = _followed(lake, mart, sources, former, built, now)
    if former and wrote is False:
        return _unwritten(replace(built, version=former.version))
    if wrote is None and former and former.code == built.code and not mart.snapshot:
        columns = ", ".join(mart.description.columns)  # what reads it can follow this
        query = f"SELECT {columns} FROM ({mart.query(sources)})"
        lake.overwrite(query, "gold", mart.name, clustered=mart.clustered)
    elif wrote is None:
        build(lake, mart, sources)
    log.info("gold.%s %s", mart.name, "built" if wrote is None else "brought up to date")
    name = f"gold.{mart.name}"
    found = head(lake, name) if name in READ else Head(-1, -1)
    return Outcome(replace(built, version=found.version), found, True)


def _unwritten(built: Built) -> Outcome:
    return Outcome(built, Head(built.version, built.version), False)


def _followed(
    lake: Lakehouse,
    mart: Mart,
    sources: Sources,
    former: Built | None,
    built: Built,
    now: dict[str, tuple[Seen, Head]],
) -> bool | None:
    """Whether rows were rewritten; None where the mart must be built whole."""
    moved = moved_since(former, now) if former and former.code == built.code else None
    if former is None or moved is None:
        return None
    ageing = Ageing(former.as_of, built.as_of) if former.as_of != built.as_of else None
    try:
        return bring_up(lake, mart, sources, moved, ageing)
    except PySparkException as error:
        if not UNREADABLE.search(error.getCondition() or ""):
            raise
        log.warning("gold.%s: its sources' changes are gone: it is built whole", mart.name)
        return None


def moved_since(former: Built, now: dict[str, tuple[Seen, Head]]) -> dict[str, Moved] | None:
    """Versions to follow; None where a source was replaced or its feed does not reach back."""
    moved: dict[str, Moved] = {}
    for source, (seen, found) in now.items():
        last = former.sources.get(source)
        if last is None or last.declared != seen.declared or last.version > seen.version:
            return None
        if last.version != seen.version:
            if last.version < found.told_since:
                return None
            moved[source] = Moved(last.version, seen.version)
    return moved


def sources_of(lake: Lakehouse, held: Held, default_timezone: str) -> Sources:
    @cache
    def table(name: str) -> str:
        """A shop may lack a source (no warehouse counts, no Stripe): its table is then empty."""
        layer, short = name.split(".")
        if layer == "silver" and short not in held.tables:
            return empty_view(lake, SILVER[short], PARENTS)
        return lake.name(layer, short)

    (row,) = lake.rows(
        f"""
        SELECT timezone, currency, to_date(from_utc_timestamp(written_at, timezone)) AS day FROM (
          SELECT coalesce(max_by(timezone, updated_at), '{default_timezone}') AS timezone,
            max_by(currency, updated_at) AS currency,
            (SELECT max(written_at) FROM {lake.name("bronze", "manifests")}) AS written_at
          FROM {table("silver.shop")} WHERE NOT _deleted)
        """
    )
    currency = row.currency or _currency_of(lake, table("silver.orders"))
    return Sources(table, row.timezone, currency, str(row.day))


def _currency_of(lake: Lakehouse, orders: str) -> str:
    """The last order's: what serves until the shop itself has been pulled."""
    last = "max_by(currency, struct(processed_at, order_id))"
    (row,) = lake.rows(f"SELECT {last} AS currency FROM {orders} WHERE NOT _deleted")
    return row.currency or "USD"


def held_by(lake: Lakehouse) -> Held:
    progress = lake.name("silver", "progress")
    rows = lake.rows(
        f"SELECT source, stream, max(run_id) AS last, count(*) AS n FROM {progress} "
        "GROUP BY source, stream"
    )
    return Held(
        {f"{row.source}_{row.stream}": row.n for row in rows if row.source != DECLARATION},
        # A table that silver had to build anew is declared twice.
        {
            row.stream: row.last if row.n == 1 else f"{row.last} {row.n}"
            for row in rows
            if row.source == DECLARATION
        },
    )


def build_all(lake: Lakehouse, marts: list[Mart], sources: Sources) -> None:
    """Each whole, once the marts that it reads are there; MARTS names them before their readers."""
    started: dict[str, Future[None]] = {}

    def after(mart: Mart, before: list[Future[None]]) -> None:
        for done in before:
            done.result()
        build(lake, mart, sources)

    with ThreadPoolExecutor(PARALLEL) as pool:
        for mart in marts:
            before = [started[s] for s in mart.description.sources if s in started]
            started[f"gold.{mart.name}"] = pool.submit(after, mart, before)
    for done in started.values():
        done.result()


def build(lake: Lakehouse, mart: Mart, sources: Sources) -> None:
    """The mart whole, from all rows of its sources."""
    query, meaning = mart.query(sources), mart.description
    if mart.snapshot:
        day = (mart.snapshot, sources.as_of)
        lake.replace_snapshot(
            query, "gold", mart.name, meaning.title, meaning.columns, day, meaning.personal
        )
    else:
        lake.replace(
            query,
            "gold",
            mart.name,
            meaning.title,
            meaning.columns,
            meaning.personal,
            mart.clustered,
        )
