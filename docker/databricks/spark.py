"""The warm Spark: one Spark Connect server, started with the service and again when it has died.

Tasks are processes of their own that connect to it, as on Databricks serverless: a task that is
killed leaves the server, and a small run is not all start-up.
"""

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pyspark

from docker.databricks import leash
from docker.databricks.settings import Settings

START_SECONDS = 120
FREE_SECONDS = 3
# Small runs spend their time warming up: the second compiler, by itself half of a cold run, only
# takes what is eight times as hot as it usually asks for. Millions of rows go three times as fast.
COMPILER = (
    "-XX:Tier4InvocationThreshold=40000",
    "-XX:Tier4MinInvocationThreshold=8000",
    "-XX:Tier4CompileThreshold=120000",
    "-XX:Tier4BackEdgeThreshold=400000",
)
LOGGING = Path(__file__).parent / "conf" / "log4j2.properties"


class SparkError(Exception):
    """Spark did not start; the message names its log."""


class SparkServer:
    """`url()` starts the server when it does not run and waits until it takes connections."""

    def __init__(self, settings: Settings, data: Path) -> None:
        self._settings = settings
        self._log = data / "spark.log"
        self._work = data / "spark-work"
        self._process: subprocess.Popen[bytes] | None = None
        self.starts = 0
        self._lock = threading.Lock()

    def url(self, session_id: str) -> str:
        with self._lock:
            # Of one that was killed a moment ago the leash may not have ended yet.
            if not (self._runs() and _listens(self._settings.spark_port)):
                self.stop()
                self._start()
        return f"sc://127.0.0.1:{self._settings.spark_port}/;user_id=ecomm;session_id={session_id}"

    def lives(self, start: int) -> bool:
        """Whether the Spark of that start (`starts`, once `url` has answered) still runs."""
        with self._lock:
            return start == self.starts and self._runs()

    def stop(self) -> None:
        if self._process and self._process.stdin:
            self._process.stdin.close()
            self._process.wait()

    def _runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _start(self) -> None:
        port = self._settings.spark_port
        _wait_free(port)
        self.starts += 1
        self._work.mkdir(parents=True, exist_ok=True)
        tied = [sys.executable, "-I", leash.__file__]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*tied, *_command(self._settings, self._work)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._work,
                env={**os.environ, "SPARK_HOME": str(_spark_home())},
            )
        deadline = time.monotonic() + START_SECONDS
        while not _listens(port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise SparkError(f"Spark did not start; its log is {self._log}")
            time.sleep(0.1)


def _spark_home() -> Path:
    return Path(pyspark.__file__).parent


def _wait_free(port: int) -> None:
    """The Spark of a killed server takes a moment to end."""
    deadline = time.monotonic() + FREE_SECONDS
    while _listens(port):
        if time.monotonic() > deadline:
            raise SparkError(
                f"Spark did not start: port {port} is busy; end the program that holds it, or set "
                "SPARK_PORT to a free port"
            )
        time.sleep(0.1)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _command(settings: Settings, work: Path) -> list[str]:
    java = Path(os.environ["JAVA_HOME"]) / "bin" / "java"
    jars = [str(_spark_home() / "jars" / "*"), *settings.spark_jars.split(",")]
    conf = [f"-D{key}={value}" for key, value in _configuration(settings, work).items()]
    return [
        str(java),
        f"-Xmx{settings.driver_memory}",
        "-XX:+UseSerialGC" if (os.cpu_count() or 1) < 2 else "-XX:+UseParallelGC",
        *COMPILER,
        f"-Dlog4j2.configurationFile={LOGGING}",
        *_opened_modules(),
        *conf,
        "-cp",
        ":".join(jars),
        "org.apache.spark.sql.connect.service.SparkConnectServer",
    ]


def _opened_modules() -> list[str]:
    """What Spark's own launcher opens (org.apache.spark.launcher.JavaModuleOptions)."""
    packages = (
        *("java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net", "java.nio"),
        *("java.util", "java.util.concurrent", "java.util.concurrent.atomic", "sun.nio.ch"),
        *("sun.nio.cs", "sun.security.action", "sun.util.calendar", "jdk.internal.ref"),
    )
    opened = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in packages]
    return [
        *opened,
        "--add-opens=java.security.jgss/sun.security.krb5=ALL-UNNAMED",
        "-Djdk.reflect.useDirectMethodHandle=false",
        "-Dio.netty.tryReflectionSetAccessible=true",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
    ]


def _configuration(settings: Settings, work: Path) -> dict[str, str]:
    """Two-core values measured in FACTS.md: few partitions, small Delta snapshots."""
    configuration = {
        "spark.master": "local[*]",
        "spark.app.name": "ecomm",
        "spark.connect.grpc.binding.port": str(settings.spark_port),
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "4",
        # A MERGE writes anew each file that it changes a row of: some 10 MB of orders, not 100.
        "spark.sql.files.maxRecordsPerFile": "20000",
        # A run of the medallion has more queries than the 1000 that are kept compiled by itself.
        # Their texts are held in the heap: many more would fill it in a server that lives for days.
        "spark.sql.codegen.cache.maxEntries": "4000",
        # Nobody looks at them: there is no UI.
        "spark.sql.ui.retainedExecutions": "20",
        "spark.ui.retainedJobs": "20",
        "spark.ui.retainedStages": "20",
        "spark.ui.retainedTasks": "200",
        # As on S3 a table's history does not tell of VACUUM: that took two commits each.
        "spark.databricks.delta.vacuum.logging.enabled": "false",
        # VACUUM lists a table in that many tasks, 10,000 by itself: half a minute a table.
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": "4",
        "spark.databricks.delta.snapshotPartitions": "2",
        "spark.databricks.delta.merge.materializeSource": "none",
        "spark.ui.enabled": "false",
        "spark.hadoop.fs.s3a.performance.flags": "*",
        "spark.sql.warehouse.dir": str(work / "warehouse"),
        "spark.local.dir": str(work / "local"),
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.endpoint.region": os.environ.get("AWS_REGION") or "us-east-1",
        "spark.hadoop.fs.s3a.change.detection.mode": "none",
        "spark.driver.host": "127.0.0.1",
    }
    if settings.s3_endpoint:
        configuration["spark.hadoop.fs.s3a.endpoint"] = settings.s3_endpoint
        plain = not settings.s3_endpoint.startswith("https")
        configuration["spark.hadoop.fs.s3a.connection.ssl.enabled"] = str(not plain).lower()
    return configuration
