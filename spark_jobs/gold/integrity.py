"""The integrity task: what the marts must agree on, measured on the real data.

Every mart's grain is checked, and every check of its TOML file. Results go to gold.data_quality,
those that passed too; a check that fails fails the task.
"""

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from spark_jobs.gold.description import Check, Description
from spark_jobs.gold.job import MART, PARALLEL, held_by, sources_of
from spark_jobs.gold.ledger import BUILT
from spark_jobs.gold.mart import Sources
from spark_jobs.lakehouse import Lakehouse, plain

log = logging.getLogger(__name__)
QUALITY = """
check STRING, table STRING, status STRING, measured DECIMAL(38,6), expected DECIMAL(38,6),
difference DECIMAL(38,6), says STRING, checked_at TIMESTAMP
"""
TABLE = re.compile(r"\b(?:silver|gold)\.\w+")


class IntegrityError(Exception):
    """Marts and their sources disagree; the message names the checks and their numbers."""


@dataclass(frozen=True)
class Result:
    table: str
    check: str
    says: str
    measured: Decimal
    expected: Decimal

    @property
    def holds(self) -> bool:
        return self.measured == self.expected


def run(lake: Lakehouse, default_timezone: str) -> int:
    """Check what was built since it last passed; the number of checks. Raises IntegrityError."""
    quality = lake.create("gold", "data_quality", QUALITY, "What each integrity check has measured")
    due = _due(lake, quality)
    if not due:
        return 0
    sources = sources_of(lake, held_by(lake), default_timezone)
    with ThreadPoolExecutor(PARALLEL) as pool:
        measured = pool.map(lambda name: measure(lake, MART[name].description, sources), due)
        results = [result for of_mart in measured for result in of_mart]
    _record(lake, quality, results)
    failed = [result for result in results if not result.holds]
    if failed:
        raise IntegrityError(
            f"{len(failed)} of {len(results)} integrity checks failed: "
            f"{'; '.join(_sentence(result) for result in failed)}; "
            "every result is in gold.data_quality"
        )
    return len(results)


def measure(lake: Lakehouse, mart: Description, sources: Sources) -> list[Result]:
    def number(sql: str) -> str:
        named = TABLE.sub(lambda found: sources.table(found.group()), sql)
        named = named.replace("AS_OF", f"DATE '{sources.as_of}'")
        return f"CAST(coalesce(({named}), 0) AS DECIMAL(38,6))"

    checks = (*_grain(mart), *mart.checks)
    if not checks:
        return []
    rows = lake.rows(
        " UNION ALL ".join(
            f"SELECT {place} AS place, {number(check.measured)} AS measured, "
            f"{number(check.expected)} AS expected"
            for place, check in enumerate(checks)
        )
    )
    return [
        Result(
            mart.name, checks[row.place].name, checks[row.place].says, row.measured, row.expected
        )
        for row in rows
    ]


def _due(lake: Lakehouse, quality: str) -> list[str]:
    """Marts that were never checked, built since, or found wrong the last time."""
    built = lake.create("gold", "built", BUILT, "What each mart was built from")
    rows = lake.rows(
        f"""
        SELECT mart FROM {built} LEFT JOIN (
          SELECT table AS mart, max(struct(checked_at, status = 'failed' AS failed)) AS last
          FROM {quality} GROUP BY table
        ) USING (mart)
        WHERE last IS NULL OR last.checked_at <= built_at OR last.failed
        """
    )
    due = {row.mart for row in rows}
    return [name for name in MART if name in due]


def _grain(mart: Description) -> tuple[Check, ...]:
    """Entries that may be alike have no grain, and no such check."""
    if not mart.grain:
        return ()
    keys = ", ".join(mart.grain)
    return (
        Check(
            "grain",
            f"{keys} identify a row and are never empty: the rows that have no key of their own",
            f"SELECT count(*) - count(DISTINCT {keys}) FROM gold.{mart.name}",
            "SELECT 0",
        ),
    )


def _record(lake: Lakehouse, quality: str, results: list[Result]) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    values = ", ".join(
        f"('{plain(result.check)}', '{result.table}', '{'passed' if result.holds else 'failed'}', "
        f"{result.measured:f}, {result.expected:f}, {result.measured - result.expected:f}, "
        f"'{plain(result.says)}', TIMESTAMP '{now}')"
        for result in results
    )
    lake.spark.sql(f"INSERT INTO {quality} VALUES {values}")


def _sentence(result: Result) -> str:
    return (
        f"gold.{result.table}, {result.check}: {result.measured.normalize():f} measured, "
        f"{result.expected.normalize():f} expected, "
        f"{(result.measured - result.expected).normalize():f} apart ({result.says})"
    )
