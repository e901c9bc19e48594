"""`make query`: ClickHouse SQL over the lakehouse, with chDB reading the Delta tables from S3."""

import re
import sys

from docker.common.server import SetupError
from docker.embedded.processes import healthy
from docker.embedded.settings import Settings

# What stands in quotes or comments is passed over: only a bare `layer.table` is a table.
TABLE = re.compile(
    r"""'(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.)*" | `[^`]*` | --[^\n]* | /\*.*?\*/
    | (?<![\w.])(bronze|silver|gold)\.([A-Za-z_]\w*)""",
    re.VERBOSE | re.DOTALL,
)
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
FORMATS = {"table": "PrettyCompactMonoBlock", "json": "JSON", "csv": "CSVWithNames"}


def run(settings: Settings, sql: str, output: str) -> None:
    sys.stdout.write(fetch(settings, sql, FORMATS[output]))


def fetch(settings: Settings, sql: str, clickhouse_format: str) -> str:
    """The result as text; SetupError with ClickHouse's first sentence when it refuses."""
    found = located(settings, sql)
    endpoint = settings.values["S3_ENDPOINT_URL"]
    # ClickHouse asks one that does not answer for more than ten minutes, without a word.
    if found != sql and not healthy(endpoint):
        raise SetupError(f"S3 does not answer at {endpoint}: run `make up` first")
    import chdb  # half a gigabyte of library: loaded only by who asks

    try:
        return str(chdb.query(found, clickhouse_format))
    except Exception as error:
        raise SetupError(f"the query failed: {_sentence(settings, str(error))}") from error


def located(settings: Settings, sql: str) -> str:
    """The SQL with every `layer.table` replaced by its Delta table in the bucket."""
    values = settings.values
    keys = [_quoted(values[name]) for name in KEYS]
    base = f"{values['S3_ENDPOINT_URL']}/{values['S3_BUCKET']}/lakehouse"

    def replaced(found: re.Match[str]) -> str:
        layer, table = found.groups()
        if layer is None:
            return found.group()
        return f"deltaLake({', '.join([_quoted(f'{base}/{layer}/{table}/'), *keys])})"

    return TABLE.sub(replaced, sql)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _sentence(settings: Settings, message: str) -> str:
    for name in KEYS:
        message = message.replace(settings.values[name], "***")
    cleaned = re.sub(r"deltaLake\([^)]*\)", "the table", message)
    return cleaned.split("\n")[0][:400]
