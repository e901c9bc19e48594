"""gold.built: what each mart was built from, so that a run knows what it is behind."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace

from spark_jobs.gold.mart import Mart, Sources
from spark_jobs.lakehouse import PROPERTIES, Lakehouse

# seen: state of silver.progress when the mart was last looked at. code: of its query and columns.
# state: a `Built` as JSON.
BUILT = "mart STRING, seen BIGINT, code STRING, state STRING, built_at TIMESTAMP"
NOWHERE = Sources(str, "UTC", "USD", "1970-01-01")


@dataclass(frozen=True)
class Seen:
    """A source as a mart has taken it in. declared, runs: of a silver table, the declaration that
    it is built by and how many landed runs each of its streams has; version: Delta's."""

    declared: str
    runs: list[int]
    version: int


@dataclass(frozen=True)
class Built:
    """code: of the query with the shop's facts in it. as_of: "" where the day does not matter.
    version: the mart's own, of one that others read."""

    code: str
    as_of: str
    version: int = -1
    sources: dict[str, Seen] = field(default_factory=dict[str, Seen])


@dataclass(frozen=True)
class Known:
    """The ledger. seen: what silver.progress is now. built: mart -> what it was built from.
    current: whether every mart was looked at in that state, by the code of today."""

    seen: int
    built: dict[str, Built]
    current: bool


def code(mart: Mart) -> str:
    """Another one for another query, other columns, or another way to write a table."""
    return _code(mart, NOWHERE)


def fresh(mart: Mart, sources: Sources) -> Built:
    """The mart built from nothing yet, by today's query and facts."""
    told = replace(sources, table=str)
    undated = replace(told, as_of=NOWHERE.as_of)
    ages = mart.query(undated) != mart.query(told)
    return Built(_code(mart, undated), sources.as_of if ages else "")


def _code(mart: Mart, facts: Sources) -> str:
    follow = mart.follow(facts) if mart.follow else None
    columns, personal = mart.description.columns, mart.description.personal
    written = (repr(PROPERTIES), *personal, *mart.clustered)
    return _hash(mart.query(facts), repr(columns), repr(follow), *written)


def read(lake: Lakehouse, marts: tuple[Mart, ...]) -> Known:
    """In one query: a run without work should cost nothing else."""
    table = lake.create("gold", "built", BUILT, "What each mart was built from")
    rows = lake.rows(
        f"SELECT mart, seen, code, state FROM {table} UNION ALL "
        "SELECT '', IF(count(*) = 0, 0, xxhash64(count(*), max(processed_at))), '', '' "
        f"FROM {lake.name('silver', 'progress')}"
    )
    known = {row.mart: row for row in rows}
    seen = int(known.pop("").seen)
    looked = {name: (row.seen, row.code) for name, row in known.items()}
    return Known(
        seen,
        {name: found for name, row in known.items() if (found := _parsed(row.state))},
        not seen or all(looked.get(mart.name) == (seen, code(mart)) for mart in marts),
    )


def record(
    lake: Lakehouse, marts: tuple[Mart, ...], seen: int, built: dict[str, Built], wrote: set[str]
) -> None:
    """All marts in one commit. wrote: those whose rows are new."""
    values = ", ".join(
        f"('{mart.name}', {seen}L, '{code(mart)}', '{json.dumps(asdict(built[mart.name]))}', "
        f"{mart.name in wrote})"
        for mart in marts
    )
    lake.spark.sql(
        f"""
        MERGE INTO {lake.name("gold", "built")} AS old
        USING (SELECT * FROM VALUES {values} AS new(mart, seen, code, state, wrote)) AS new
        ON old.mart = new.mart
        WHEN MATCHED THEN UPDATE SET seen = new.seen, code = new.code, state = new.state,
          built_at = IF(new.wrote, current_timestamp(), old.built_at)
        WHEN NOT MATCHED THEN INSERT (mart, seen, code, state, built_at)
          VALUES (new.mart, new.seen, new.code, new.state, current_timestamp())
        """
    )


def _parsed(state: str | None) -> Built | None:
    """None for what no run has written so: the mart is then built whole."""
    try:
        held = json.loads(state or "")
        sources = {name: Seen(**seen) for name, seen in held.pop("sources").items()}
        return Built(**held, sources=sources)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _hash(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
