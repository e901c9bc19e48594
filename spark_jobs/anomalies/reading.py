"""Views of what scripts leave in S3 beside landing."""

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame

from spark_jobs.lakehouse import Lakehouse


def view(lake: Lakehouse, name: str, frame: DataFrame, none: str) -> str:
    """The frame as a view; the query `none` when its path does not exist (nothing written yet)."""
    try:
        frame.createOrReplaceTempView(name)
    except AnalysisException as error:
        if error.getCondition() != "PATH_NOT_FOUND":
            raise
        lake.spark.sql(none).createOrReplaceTempView(name)
    return name
