"""The Spark session: Databricks' own on Databricks, a Connect server's by SPARK_REMOTE."""

from pyspark.sql import SparkSession


def spark_session() -> SparkSession:
    spark = SparkSession.builder.getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    return spark
