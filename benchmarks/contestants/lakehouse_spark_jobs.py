"""Our own jobs on the Spark that the local Databricks starts, for the tables that the peers make.

Quarantine and drift are in it; the flat tables that silver makes of orders and the other marts are
not.
"""

import os
import sys
import tempfile
import uuid
from pathlib import Path

from lakehouse_steps import Clock, Row, play

from docker.databricks.settings import from_environment
from docker.databricks.spark import SparkServer
from spark_jobs.bronze.ingest import ingest
from spark_jobs.gold import job as gold
from spark_jobs.gold.marts import daily_revenue as revenue
from spark_jobs.gold.marts import sales
from spark_jobs.lakehouse import Lakehouse
from spark_jobs.session import spark_session
from spark_jobs.silver import job as silver
from spark_jobs.silver.tables.shopify_orders import ORDERS

TIMEZONE = "America/New_York"


def only_what_peers_make() -> None:
    silver.TABLES, silver.EXPLODED = (ORDERS,), ()
    gold.MARTS = (sales.MART, revenue.MART)


def bring_up(lake: Lakehouse, clock: Clock) -> None:
    with clock("bronze"):
        ingest(lake)
    with clock("silver"):
        silver.run(lake)
    with clock("gold"):
        gold.run(lake, TIMEZONE)


def daily_revenue(lake: Lakehouse) -> list[Row]:
    rows = lake.spark.sql(f"SELECT * FROM {lake.name('gold', 'daily_revenue')}")
    text = rows.selectExpr(*(f"CAST({name} AS STRING) AS {name}" for name in rows.columns))
    return [row.asDict() for row in text.orderBy("date", "currency").collect()]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="ecomm-bench-spark-") as work:
        settings = from_environment()
        server = SparkServer(settings, Path(work))
        os.environ["SPARK_REMOTE"] = server.url(str(uuid.uuid4()))
        lake = Lakehouse(spark_session(), sys.argv[2], sys.argv[1])
        lake.rows("SELECT 1")
        only_what_peers_make()
        play(lambda clock: bring_up(lake, clock), lambda: daily_revenue(lake))
        lake.spark.stop()
        server.stop()
