"""What a run costs by how much has changed: CPU seconds of the Spark server and of this process.

Bronze is made up (incremental_data.py); silver and gold are the job's own code on a warm server of
their own. The full build that ratios are taken of is measured last, when the server is as warm as
it gets, and its tables must equal those that the runs before it left.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from benchmarks.contest import Report, machine
from benchmarks.contestants.lakehouse_steps import cpu_seconds
from benchmarks.incremental_data import Shop, change, found
from benchmarks.services import free_port
from docker.databricks.settings import Settings
from docker.databricks.spark import SparkServer
from docker.embedded import jars, jre
from spark_jobs.gold.job import run as run_gold
from spark_jobs.gold.marts import MARTS
from spark_jobs.lakehouse import Lakehouse
from spark_jobs.session import spark_session
from spark_jobs.silver.job import run as run_silver

FULL = "full build"
RECENT, SPREAD, NOTHING = "1% changed, recent", "1% changed, spread", "no change"
GOALS = {RECENT: 0.05, SPREAD: 0.05, NOTHING: 0.02}


def run(console: Console, count: int, rounds: int) -> Report:
    """count: orders. `rounds` is not used: a lake has one past."""
    shop = Shop(count)
    costs: Report = {}

    def measure(phase: str, lake: Lakehouse) -> None:
        costs[phase] = {
            "silver": _cpu_of(lambda: run_silver(lake)),
            "gold": _cpu_of(lambda: run_gold(lake, "UTC")),
        }
        console.print(f"{phase}: {costs[phase]}", markup=False)

    with _lake() as lake:
        console.print(f"Making {shop.orders:,} orders in bronze ...")
        found(lake, shop)
        measure("first build, cold server", lake)
        one = shop.orders // 100
        recent = f"SELECT id FROM range({shop.orders - 10 * one}, {shop.orders}) WHERE id % 20 = 0"
        change(lake, shop, one - one // 2, recent, "recent")
        measure(RECENT, lake)
        measure(NOTHING, lake)
        change(lake, shop, 0, f"SELECT id FROM range({shop.orders}) WHERE id % 100 = 7", "spread")
        measure(SPREAD, lake)
        left = _sums(lake)
        for layer, ledger in (("silver", "progress"), ("gold", "built")):
            lake.spark.sql(f"DELETE FROM {lake.name(layer, ledger)}")
        measure(FULL, lake)
        differing = [name for name, sums in _sums(lake).items() if sums != left[name]]
    ratios = {phase: _ratios(costs[phase], costs[FULL]) for phase in GOALS}
    for phase, ratio in ratios.items():
        console.print(f"{phase}: {ratio}, goal {GOALS[phase]}", markup=False)
    console.print(f"Marts that differ from the full build: {differing or 'none'}", markup=False)
    return {
        "what": f"{shop.orders} orders over two years; CPU seconds of Spark and the job's process",
        **machine(),
        "cpu_seconds": costs,
        "ratios": ratios,
        "goals": GOALS,
        "differing": differing,
    }


def _ratios(cost: dict[str, float], full: dict[str, float]) -> dict[str, float]:
    """Of gold alone, and of silver and gold together."""
    both = sum(cost.values()) / sum(full.values())
    return {"gold": round(cost["gold"] / full["gold"], 4), "silver and gold": round(both, 4)}


def _sums(lake: Lakehouse) -> dict[str, str]:
    """Of each mart its number of rows and the sum of their hashes."""
    parts = " UNION ALL ".join(
        f"SELECT '{mart.name}' AS mart, concat_ws(' ', count(*), "
        f"sum(CAST(xxhash64({', '.join(mart.description.columns)}) AS DECIMAL(38,0)))) AS sums "
        f"FROM {lake.name('gold', mart.name)}"
        for mart in MARTS
    )
    return {row.mart: row.sums for row in lake.rows(parts)}


def _cpu_of(work: Callable[[], object]) -> float:
    begun = cpu_seconds()
    work()
    return round(cpu_seconds() - begun, 1)


@contextmanager
def _lake() -> Iterator[Lakehouse]:
    """An empty lakehouse on disk and a Spark server of its own."""
    with tempfile.TemporaryDirectory(prefix="ecomm-bench-") as folder:
        os.environ["JAVA_HOME"] = str(jre.java_home())
        spark_jars = ",".join(map(str, jars.fetch(["spark"])["spark"]))
        server = SparkServer(
            Settings("t", free_port(), spark_jars, "4g", None), Path(folder) / "spark"
        )
        os.environ["SPARK_REMOTE"] = server.url("6f2f0f3e-0000-4000-8000-00000000000a")
        session = spark_session()
        try:
            yield Lakehouse(session, f"{folder}/lakehouse", folder)
        finally:
            session.stop()
            server.stop()
            del os.environ["SPARK_REMOTE"]
