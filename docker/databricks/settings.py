"""The environment of the local Databricks, read in this one place."""

import os
from dataclasses import dataclass

from docker.common.server import SetupError, require


@dataclass(frozen=True)
class Settings:
    """spark_jars: comma-separated jars beside pyspark's own. driver_memory: JVM heap."""

    token: str
    spark_port: int
    spark_jars: str
    driver_memory: str
    s3_endpoint: str | None


def from_environment() -> Settings:
    """Raises SetupError with the variable to set."""
    environment = dict(os.environ)
    port = environment.get("SPARK_PORT") or "18087"
    if not port.isdecimal():
        raise SetupError(f"SPARK_PORT is {port!r}: give it a port number.")
    return Settings(
        token=require(environment, "DATABRICKS_TOKEN", "the token that clients must send"),
        spark_port=int(port),
        spark_jars=require(environment, "SPARK_JARS", "Delta's and hadoop-aws' jars"),
        driver_memory=environment.get("SPARK_DRIVER_MEMORY") or "2g",
        s3_endpoint=environment.get("S3_ENDPOINT_URL") or None,
    )
