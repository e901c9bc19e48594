"""A rehearsal of Delta's code paths at start, so that the first job finds a warm pool."""

import logging
import shutil
import uuid
from pathlib import Path

from docker.databricks import tasks
from docker.databricks.spark import SparkError, SparkServer

log = logging.getLogger(__name__)
RECORD = '{"id": "1", "at": "2026-01-01T00:00:00Z", "lines": [{"price": "1.00", "quantity": 2}]}'
STEPS = (
    "CREATE TABLE IF NOT EXISTS {table} (id STRING, at TIMESTAMP, total DECIMAL(18,2)) USING DELTA",
    """CREATE OR REPLACE TEMP VIEW typed AS SELECT r.id, try_cast(r.at AS TIMESTAMP) AS at,
       aggregate(r.lines, CAST(0 AS DECIMAL(18,2)), (sum, x) -> CAST(sum +
         try_cast(x.price AS DECIMAL(18,2)) * x.quantity AS DECIMAL(18,2))) AS total
       FROM (SELECT from_json('{record}', 'id STRING, at STRING,
         lines ARRAY<STRUCT<price: STRING, quantity: BIGINT>>') AS r)""",
    "INSERT INTO {table} SELECT * FROM typed",
    """MERGE INTO {table} AS old USING (SELECT * FROM (SELECT *, row_number() OVER
       (PARTITION BY id ORDER BY at DESC) AS n FROM typed) WHERE n = 1) AS new ON old.id = new.id
       WHEN MATCHED AND new.at > old.at THEN UPDATE SET *
       WHEN NOT MATCHED THEN INSERT (id, at, total) VALUES (new.id, new.at, new.total)""",
    "INSERT OVERWRITE {table} SELECT id, max(at), sum(total) FROM {table} GROUP BY id",
)


def warm_up(spark: SparkServer, folder: Path) -> None:
    """Start Spark and run the rehearsal on a table in `folder`, in a process like a task's."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        url = spark.url(str(uuid.uuid4()))
    except SparkError as error:
        log.error("%s", error)  # the first run will say it again, to whoever waits for it
        return
    tasks.run_aside(_rehearse, url, str(folder))


def _rehearse(spark_url: str, folder: str) -> None:
    from pyspark.sql import SparkSession  # the service itself never loads Spark

    spark = SparkSession.builder.remote(spark_url).getOrCreate()
    for step in STEPS:
        spark.sql(step.replace("{table}", f"delta.`{folder}`").replace("{record}", RECORD))
    spark.stop()
