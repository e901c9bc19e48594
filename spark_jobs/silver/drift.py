"""What is new in a source's records: fields that appear, types that change, values that are added.

Silver goes on (bronze keeps the record as it came); each is told once and kept in `silver.fields`.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from spark_jobs.lakehouse import Lakehouse, quoted
from spark_jobs.silver.table import Table

log = logging.getLogger(__name__)
Kinds = dict[str, set[str]]  # path → types
Known = dict[str, Kinds]  # by stream
FIELDS = "stream STRING, field STRING, type STRING, first_seen TIMESTAMP"
# Their keys are the shop's own words, not the source's.
FREE = ("metadata", "additional_properties", "columns")
NUMBERS = ("BIGINT", "DOUBLE", "FLOAT", "DECIMAL")
TOKEN = re.compile(
    r"\s*(?:(?P<name>`(?:[^`]|``)*`|[^\s:,<>()]+)\s*:|(?P<word>\w+(?:\([^)]*\))?)|(?P<mark>[<>,]))"
)


def note(
    lake: Lakehouse,
    runs: Mapping[str, Sequence[str]],
    tables: Sequence[Table],
    brought: Callable[[str], str] | None,
) -> list[str]:
    """Compare what `runs` (bronze stream → run ids) brought with what was seen before; the
    sentences that were logged. A stream's first runs are only remembered. brought: table → view of
    its rows of these runs, where there is one."""
    if not runs:
        return []
    known = _known(lake)
    found = {**_fields(lake, runs), **_values(lake, runs, tables, brought)}
    new = {
        stream: {key: kind for key, kind in kinds.items() if _is_new(known.get(stream), key, kind)}
        for stream, kinds in found.items()
    }
    said = [
        _sentence(stream, key, kind, known[stream])
        for stream, kinds in new.items()
        if stream in known
        for key, kind in kinds.items()
        if _is_news(known[stream], key)
    ]
    for sentence in said:
        log.warning("%s", sentence)
    _remember(lake, new)
    return said


def flat(schema: str) -> dict[str, str]:
    """Field path → type of a schema as `schema_of_variant_agg` writes it; items of an array are
    `path[]`. Numbers are one type, since a source's 1 and 1.5 are no change."""
    tokens = [match.groupdict() for match in TOKEN.finditer(schema)]
    return dict(_walk(iter(tokens), ""))


def _walk(tokens: Iterator[dict[str, str | None]], path: str) -> Iterator[tuple[str, str]]:
    """The type at `path` and what lies inside; ends after it."""
    kind = (next(tokens)["word"] or "").partition("(")[0]
    yield path, "NUMBER" if kind in NUMBERS else kind
    if kind == "ARRAY":
        next(tokens)  # <
        yield from _walk(tokens, f"{path}[]")
        next(tokens)  # >
    elif kind == "OBJECT":
        next(tokens)  # <
        for token in tokens:
            if token["mark"] == ">":
                return
            if token["name"]:
                name = token["name"].strip("`").replace("``", "`")
                yield from _walk(tokens, f"{path}.{name}" if path else name)


def _fields(lake: Lakehouse, runs: Mapping[str, Sequence[str]]) -> dict[str, dict[str, str]]:
    records = " UNION ALL ".join(
        f"SELECT '{stream}' AS stream, record FROM {lake.name('bronze', stream)} "
        f"WHERE _run_id IN ({quoted(ids)}) AND NOT _deleted"
        for stream, ids in runs.items()
    )
    rows = lake.rows(
        "SELECT stream, schema_of_variant_agg(try_parse_json(record)) AS schema "
        f"FROM ({records}) GROUP BY stream"
    )
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        kinds = flat(row.schema) if row.schema else {}
        found[row.stream] = {path: kind for path, kind in kinds.items() if path and not _free(path)}
    return found


def _values(
    lake: Lakehouse,
    runs: Mapping[str, Sequence[str]],
    tables: Sequence[Table],
    brought: Callable[[str], str] | None,
) -> dict[str, dict[str, str]]:
    """`field = value` → VALUE, of the columns that have few values."""

    def rows(table: Table) -> str:
        if brought:
            return brought(table.name)
        ids = quoted([run for stream in table.streams for run in runs.get(stream, ())])
        return f"(SELECT * FROM {lake.name('silver', table.name)} WHERE _run_id IN ({ids}))"

    parts = [
        f"SELECT '{table.name}' AS name, '{column}' AS field, {column} AS value "
        f"FROM {rows(table)} WHERE {column} IS NOT NULL GROUP BY {column}"
        for table in tables
        if set(table.streams) & set(runs)
        for column in table.enums
    ]
    found: dict[str, dict[str, str]] = {}
    for row in lake.rows(" UNION ALL ".join(parts)) if parts else []:
        found.setdefault(f"silver.{row.name}", {})[f"{row.field} = {row.value}"] = "VALUE"
    return found


def _known(lake: Lakehouse) -> Known:
    table = lake.create("silver", "fields", FIELDS, "Fields, types and values that sources sent")
    known: Known = {}
    for row in lake.rows(f"SELECT stream, field, type FROM {table}"):
        known.setdefault(row.stream, {}).setdefault(row.field, set()).add(row.type)
    return known


def _is_new(known: Kinds | None, path: str, kind: str) -> bool:
    """VOID is a field that was always null: it is kept, and says nothing of the type."""
    before = (known or {}).get(path)
    return not before or not ({kind, "VARIANT"} & before or kind == "VOID")


def _is_news(known: Kinds, path: str) -> bool:
    """Inside an object that was always null everything is new, and nothing is news."""
    if path in known or " = " in path:
        return known.get(path) != {"VOID"}
    parent = path.removesuffix("[]") if path.endswith("[]") else path.rpartition(".")[0]
    return not parent or bool(known.get(parent, set()) & {"OBJECT", "ARRAY"})


def _sentence(stream: str, path: str, kind: str, known: Kinds) -> str:
    if kind == "VALUE":
        return f"{stream}: new value {path}"
    if path in known:
        before = " or ".join(sorted(known[path] - {"VOID"}))
        return f"{stream}: field {path} was {before} and is {kind}; bronze holds it as it came"
    return f"{stream}: new field {path} ({kind}); bronze holds it, silver does not take it"


def _remember(lake: Lakehouse, new: Mapping[str, Mapping[str, str]]) -> None:
    rows = ", ".join(
        f"({_text(stream)}, {_text(path)}, {_text(kind)})"
        for stream, kinds in new.items()
        for path, kind in kinds.items()
    )
    if rows:
        lake.spark.sql(
            f"INSERT INTO {lake.name('silver', 'fields')} "
            f"SELECT *, current_timestamp() FROM VALUES {rows}"
        )


def _free(path: str) -> bool:
    parts = path.replace("[]", "").split(".")
    return any(part in FREE for part in parts[:-1])


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
