"""A Spark Connect server of the tests, as the local Databricks starts it."""

import os
import socket
from pathlib import Path

from docker.databricks.settings import Settings
from docker.databricks.spark import SparkServer
from docker.embedded import jars, jre


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def spark_server(
    folder: Path, memory: str, port: int, s3_endpoint: str | None = None
) -> SparkServer:
    """It starts when its `url` is asked for. folder: for its log and its temporary files."""
    found = ",".join(map(str, jars.fetch(["spark"])["spark"]))
    os.environ["JAVA_HOME"] = str(jre.java_home())
    return SparkServer(Settings("t", port, found, memory, s3_endpoint), folder)
