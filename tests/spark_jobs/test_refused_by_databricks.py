"""Nothing in spark_jobs that Databricks would refuse, read from the sources themselves.

Serverless and standard clusters speak Spark Connect: no RDD, no SparkContext, no JVM, no global
views, no caching calls; and a task has no disk of its own to rely on.
https://docs.databricks.com/compute/serverless/limitations
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "spark_jobs").rglob("*.py"))
ATTRIBUTES = {
    *("rdd", "sparkContext", "_sc", "_jvm", "_jdf", "_jsparkSession", "_jconf"),
    *("parallelize", "textFile", "wholeTextFiles", "broadcast", "accumulator", "toJSON"),
    *("cache", "persist", "unpersist", "checkpoint", "localCheckpoint"),
    *("createGlobalTempView", "createOrReplaceGlobalTempView", "foreach", "foreachPartition"),
    *("mapPartitions", "foreachBatch", "addFile", "addPyFile", "addJar", "registerJavaFunction"),
    *("master", "enableHiveSupport", "input_file_name"),
}
MODULES = {
    *("pyspark.rdd", "pyspark.context", "pyspark.conf", "pyspark.broadcast", "pyspark.sql.context"),
    *("py4j", "delta", "boto3", "subprocess", "tempfile", "shutil", "sqlite3", "scripts", "docker"),
}
NAMES = {"SparkContext", "SparkConf", "SQLContext", "HiveContext", "open"}
# A path of one machine, or of DBFS, in a string.
LOCAL = re.compile(r"^(file:|/tmp\b|/home\b|/var\b|/mnt\b|/dbfs\b|dbfs:|\./|~/)")
STATEMENTS = re.compile(
    r"\b(CACHE TABLE|UNCACHE TABLE|GLOBAL TEMP\w* VIEW|ADD JAR|ADD FILE|input_file_name\s*\(|"
    r"java_method\s*\(|reflect\s*\(|global_temp\.)",
    re.IGNORECASE,
)
# What serverless lets a session set, of all that Spark knows.
SETTINGS = {"spark.sql.session.timeZone", "spark.sql.shuffle.partitions", "spark.sql.ansi.enabled"}


def refused(source: str) -> Iterator[str]:
    """What Databricks would refuse in this source, with its line."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=name) if name in ATTRIBUTES:
                yield f"{node.lineno}: .{name}"
            case ast.Name(id=name) if name in NAMES:
                yield f"{node.lineno}: {name}"
            case ast.Import(names=found):
                yield from (f"{node.lineno}: {a.name}" for a in found if _forbidden(a.name))
            case ast.ImportFrom(module=str(module), names=found):
                whole = [module, *(f"{module}.{alias.name}" for alias in found)]
                yield from (f"{node.lineno}: {name}" for name in whole if _forbidden(name))
                yield from (f"{node.lineno}: {a.name}" for a in found if a.name in NAMES)
            case ast.Constant(value=str(text)):
                if LOCAL.match(text) or STATEMENTS.search(text):
                    yield f"{node.lineno}: {text[:60]!r}"
                if text.startswith("spark.") and text not in SETTINGS:
                    yield f"{node.lineno}: setting {text}"
            case _:
                pass


def _forbidden(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in MODULES)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_databricks_would_take_it(path: Path) -> None:
    assert list(refused(path.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "frame.rdd.map(len)",
        "spark.sparkContext.setJobGroup('a', 'b')",
        "spark._jvm.java.lang.System.exit(1)",
        "frame.cache()",
        "from pyspark import SparkContext",
        "import pyspark.rdd",
        "from py4j import java_gateway",
        "from delta.tables import DeltaTable",
        "spark.read.json('/tmp/orders.json')",
        "spark.read.json(f'file:{folder}/orders.json')",
        "open('orders.json')",
        "spark.sql('CACHE TABLE orders')",
        "spark.sql('CREATE GLOBAL TEMP VIEW a AS SELECT 1')",
        "spark.sql('SELECT input_file_name() FROM a')",
        "spark.conf.set('spark.executor.memory', '8g')",
        "stream.writeStream.foreachBatch(take_in)",
    ],
)
def test_it_is_found(source: str) -> None:
    assert list(refused(source))
