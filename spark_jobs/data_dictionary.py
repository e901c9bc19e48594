"""Writes docs/data_dictionary.md from what every table says of itself.

`python -m spark_jobs.data_dictionary docs/data_dictionary.md`
"""

import sys
from pathlib import Path

from spark_jobs.anomalies.job import TITLE
from spark_jobs.anomalies.scene import COLUMNS
from spark_jobs.gold.description import Check, Description
from spark_jobs.gold.marts import MARTS
from spark_jobs.silver.table import Declared, Exploded, Joined
from spark_jobs.silver.tables import EVERY, JOINED

HEAD = """# Data dictionary

Generated from the tables' own descriptions by `python -m spark_jobs.data_dictionary`; a test
compares. Money is DECIMAL(18,2), a day is the shop's day, test orders do not count. What a number
means where that was a choice stands in [DECISIONS.md](../DECISIONS.md).
"""


def dictionary() -> str:
    gold = [_mart(mart.description) for mart in sorted(MARTS, key=lambda mart: mart.name)]
    silver = [_table(table) for table in sorted((*EVERY, *JOINED), key=lambda t: t.name)]
    return "\n".join(
        [HEAD, "## Gold", "", *gold, QUALITY, _anomalies(), "## Silver", "", SILVER, *silver]
    )


QUALITY = """### gold.data_quality

What each integrity check has measured, those that passed too: `check`, `table`, `status` (passed,
failed), `measured`, `expected`, `difference`, `says`, `checked_at`. The job's last task writes it.
"""
SILVER = """What a column means is its comment: `DESCRIBE TABLE` shows it. A table of the database
that lands is `silver.database_<table>`: `id`, and the row as JSON in `record`.

| table | is | key | from | personal columns | a row is refused when |
|---|---|---|---|---|---|"""


def _anomalies() -> str:
    """Its columns stand beside its code, not in a mart's file: it is no mart."""
    lines = [
        "### gold.anomalies",
        "",
        f"{TITLE}. Incidents that are new or over are told in Slack.",
        "",
        "| column | meaning |",
        "|---|---|",
        *(f"| `{name}` | {_cell(meaning)} |" for name, meaning in COLUMNS.items()),
    ]
    return "\n".join(lines) + "\n"


def _mart(mart: Description) -> str:
    lines = [
        f"### gold.{mart.name}",
        "",
        f"{mart.title}. Grain: {_code(mart.grain) or 'an entry'}. Owner: {mart.owner}. "
        f"From {_code(mart.sources)}. {mart.freshness}.",
        "",
        "| column | meaning |",
        "|---|---|",
        *(f"| `{name}` | {_cell(meaning)} |" for name, meaning in mart.columns.items()),
        "",
        *(_check(check) for check in mart.checks),
    ]
    return "\n".join(lines) + "\n"


def _check(check: Check) -> str:
    return f"- Checked ({check.name}): {check.says}."


def _table(table: Declared) -> str:
    key = (table.key,) if isinstance(table.key, str) else table.key
    if isinstance(table, Exploded | Joined):
        parents = (table.parent,) if isinstance(table, Exploded) else table.sources
        silver = _code(tuple(f"silver.{name}" for name in parents))
        cells = (silver, _code(table.personal), "")
    else:
        bronze = _code(tuple(f"bronze.{stream}" for stream in table.streams))
        cells = (bronze, _code(table.personal), _cell("; ".join(table.expectations)))
    named = f"| `silver.{table.name}` | {_cell(table.comment)} | {_code(key)} "
    return named + "".join(f"| {cell} " for cell in cells) + "|"


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(dictionary() + "\n", encoding="utf-8")
