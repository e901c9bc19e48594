"""Tables that are read and changed by time lie in files by time: a MERGE of young rows writes few
files anew."""

from itertools import pairwise

import pytest
from shopify_records import rest_line, rest_order

# Neither the ids, as numbers or as text, nor their hashes rise with the days.
DAYS = {1: 9, 2: 3, 3: 12, 4: 6, 5: 1, 6: 11, 7: 4, 8: 8, 9: 2, 10: 10, 11: 5, 12: 7}


@pytest.mark.parametrize(
    ("table", "time"), [("orders", "processed_at"), ("order_lines", "order_processed_at")]
)
def test_no_file_reaches_into_the_time_of_another(built, table, time):
    name = built.lake.name("silver", table)
    files = built.lake.rows(
        f"SELECT min({time}) AS first, max({time}) AS last, count(*) AS rows FROM {name} "
        "GROUP BY _metadata.file_path ORDER BY first"
    )
    assert [file.rows for file in files] == [3, 3, 3, 3]
    assert all(before.last < after.first for before, after in pairwise(files))


@pytest.fixture(scope="module")
def built(new_lab):
    lab = new_lab()
    orders = [
        rest_order(number, f"2026-03-{day:02d}T17:00:00Z", [rest_line(number, "10.00", 1)])
        for number, day in DAYS.items()
    ]
    lab.land("files", "shopify_orders", orders)
    spark = lab.lake.spark
    rows = spark.conf.get("spark.sql.files.maxRecordsPerFile")
    spark.conf.set("spark.sql.files.maxRecordsPerFile", "3")
    lab.build()
    spark.conf.set("spark.sql.files.maxRecordsPerFile", rows)
    return lab
