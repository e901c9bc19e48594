"""`make query`: which names become tables, and chDB over a real Delta table."""

import json
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker.common.server import SetupError
from docker.embedded import query
from docker.embedded.settings import Settings

VALUES = {
    "S3_ENDPOINT_URL": "http://s3.test",
    "S3_BUCKET": "shop",
    "AWS_ACCESS_KEY_ID": "name",
    "AWS_SECRET_ACCESS_KEY": "word",
}
REVENUE = "deltaLake('http://s3.test/shop/lakehouse/gold/revenue/', 'name', 'word')"


def located(sql: str, **values: str) -> str:
    return query.located(Settings(Path(), VALUES | values, ()), sql)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select * from gold.revenue", f"select * from {REVENUE}"),
        ("select 1 from gold.revenue a, gold.revenue b", f"select 1 from {REVENUE} a, {REVENUE} b"),
        ("select (select 1 from(gold.revenue))", f"select (select 1 from({REVENUE}))"),
        ("select 'it''s' from gold.revenue", f"select 'it''s' from {REVENUE}"),
        (r"select '\'' from gold.revenue", rf"select '\'' from {REVENUE}"),
        ("select 1 -- gold.x's\nfrom gold.revenue", f"select 1 -- gold.x's\nfrom {REVENUE}"),
    ],
)  # fmt: skip
def test_a_bare_name_is_the_delta_table(sql: str, expected: str) -> None:
    assert located(sql) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "select 'from gold.revenue'",
        "select 'it''s gold.revenue'",
        'select 1 as "gold.revenue"',
        "select 1 as `gold.revenue`",
        "select 1 /* gold.revenue */",
        "select t.gold.revenue from t",
        "select marigold.revenue from marigold",
        "select gold from t",
    ],
)
def test_what_is_no_table_stays(sql: str) -> None:
    assert located(sql) == sql


@given(st.text(st.characters(exclude_characters="'\\")))
def test_no_text_in_quotes_is_changed(text: str) -> None:
    sql = f"select '{text} gold.revenue', '{text}'"
    assert located(sql) == sql


def test_quotes_in_keys_do_not_end_the_literal() -> None:
    sql = located("select * from gold.revenue", AWS_SECRET_ACCESS_KEY="a'b\\")
    assert sql.endswith("'name', 'a\\'b\\\\')")


@pytest.fixture
def lakehouse(s3_environment: dict[str, str]) -> Settings:
    """gold.small of three rows, written as Delta's protocol says, without Spark."""
    import boto3
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"day": ["a", "b", "c"], "orders": [1, 2, 3]}), sink)
    rows = sink.getvalue().to_pybytes()
    fields = [
        {"name": "day", "type": "string", "nullable": True, "metadata": {}},
        {"name": "orders", "type": "long", "nullable": True, "metadata": {}},
    ]
    schema = json.dumps({"type": "struct", "fields": fields})
    actions = [
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        {
            "metaData": {
                "id": "0",
                "format": {"provider": "parquet", "options": {}},
                "schemaString": schema,
                "partitionColumns": [],
                "configuration": {},
            }
        },
        {
            "add": {
                "path": "rows.parquet",
                "partitionValues": {},
                "size": len(rows),
                "modificationTime": 0,
                "dataChange": True,
            }
        },
    ]
    log = "\n".join(json.dumps(action) for action in actions)
    bucket, table = s3_environment["S3_BUCKET"], "lakehouse/gold/small"
    client = boto3.client("s3", endpoint_url=s3_environment["S3_ENDPOINT_URL"])
    client.put_object(Bucket=bucket, Key=f"{table}/rows.parquet", Body=rows)
    client.put_object(Bucket=bucket, Key=f"{table}/_delta_log/{0:020}.json", Body=log)
    return Settings(Path(), s3_environment, ())


def test_the_three_formats(lakehouse: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    sql = "select day, orders, 'gold.small' as said from gold.small where orders > 1 order by day"
    query.run(lakehouse, sql, "csv")
    assert (
        capsys.readouterr().out == '"day","orders","said"\n"b",2,"gold.small"\n"c",3,"gold.small"\n'
    )
    query.run(lakehouse, sql, "json")
    found = json.loads(capsys.readouterr().out)["data"]
    assert [row["day"] for row in found] == ["b", "c"]
    query.run(lakehouse, sql, "table")
    assert "│ b   │      2 │ gold.small │" in capsys.readouterr().out


def test_a_refused_query_is_one_sentence_without_keys(lakehouse: Settings) -> None:
    for sql in ("select nothing from gold.small", "select * from gold.absent", "selct 1"):
        with pytest.raises(SetupError, match=r"^the query failed: ") as error:
            query.fetch(lakehouse, sql, "CSV")
        assert "\n" not in str(error.value)
        assert lakehouse.values["AWS_SECRET_ACCESS_KEY"] not in str(error.value)


def test_without_the_stack_it_says_so_at_once() -> None:
    """ClickHouse tried for more than ten minutes: `make query` after `make down` just hung."""
    with socket.socket() as held:  # bound, but nobody listens
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        settings = Settings(Path(), VALUES | {"S3_ENDPOINT_URL": url}, ())
        with pytest.raises(SetupError, match="make up"):
            query.fetch(settings, "select * from gold.revenue", "CSV")
