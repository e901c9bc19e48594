"""`make query`: ClickHouse SQL over the lakehouse, with chDB reading the Delta tables from S3."""

import re
import sys

from docker.common.server import SetupError
from docker.embedded.settings import Settings

TABLE = re.compile(r"\b(bronze|silver|gold)\.([A-Za-z_]\w*)")
FORMATS = {"table": "PrettyCompactMonoBlock", "json": "JSON", "csv": "CSVWithNames"}


def run(settings: Settings, sql: str, output: str) -> None:
    sys.stdout.write(fetch(settings, sql, FORMATS[output]))


def fetch(settings: Settings, sql: str, clickhouse_format: str) -> str:
    """The result as text; SetupError with ClickHouse's first sentence when it refuses."""
    import chdb  # half a gigabyte of library: loaded only by who asks

    try:
        return str(chdb.query(located(settings, sql), clickhouse_format))
    except Exception as error:
        raise SetupError(f"the query failed: {_sentence(str(error))}") from error


def located(settings: Settings, sql: str) -> str:
    """The SQL with every `layer.table` replaced by its Delta table in the bucket."""
    values = settings.values
    keys = f"'{values['AWS_ACCESS_KEY_ID']}', '{values['AWS_SECRET_ACCESS_KEY']}'"
    base = f"{values['S3_ENDPOINT_URL']}/{values['S3_BUCKET']}/lakehouse"
    return TABLE.sub(
        lambda found: f"deltaLake('{base}/{found.group(1)}/{found.group(2)}/', {keys})", sql
    )


def _sentence(message: str) -> str:
    cleaned = re.sub(r"deltaLake\([^)]*\)", "the table", message)
    return cleaned.split("\n")[0][:400]
