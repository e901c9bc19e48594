"""Rows that a session holds between two statements: none, few, or more than it may."""

import pytest

from spark_jobs.lakehouse import Lakehouse


@pytest.mark.parametrize(("rows", "held"), [(0, True), (2, True), (3, False)])
def test_as_many_as_there_are(spark, rows: int, held: bool) -> None:
    """None are left of a mart's keys when the only order of a day is deleted."""
    lake = Lakehouse(spark, "/nowhere", "/nowhere")
    query = f"SELECT id, CAST(id AS DECIMAL(18,2)) AS total, array(id) AS ids FROM range({rows})"
    assert lake.hold(query, "held_rows", most=2) is held
    found = spark.table("held_rows")
    assert found.count() == rows
    assert [f.dataType for f in found.schema] == [f.dataType for f in spark.sql(query).schema]
