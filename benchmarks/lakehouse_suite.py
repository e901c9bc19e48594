"""Orders from landing to gold.daily_revenue: our Spark jobs beside DuckDB and Polars with Delta.

All three must come to the same daily_revenue, to the last digit, or nothing is reported.
"""

import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import lakehouse_orders, measure, peers, services
from benchmarks.contest import LONG_SECONDS, Report, machine
from benchmarks.measure import Command, Measured
from docker.embedded import jars, jre

OURS = "spark_jobs (ours)"
SCRIPTS = Path(__file__).parent / "contestants"
SMALLER = 10  # the slope is measured from a tenth of the orders
CHANGES = (2, 3, 4)  # versions of a hundred orders that come once all others have


@dataclass(frozen=True)
class Landed:
    """landing: all orders. changes: folders of small pulls. bytes: of JSON Lines."""

    orders: int
    bytes: int
    landing: Path
    changes: Sequence[Path]


@dataclass(frozen=True)
class Played:
    """A round of a contestant: its process, and by pull what it wrote on stdout."""

    process: Measured
    pulls: Sequence[Mapping[str, Any]]


Contestants = Mapping[str, Callable[[Landed, Path], Command]]


class DifferentRevenueError(Exception):
    """Two contestants came to another daily_revenue: their speeds mean nothing."""


def run(console: Console, rows: int, rounds: int) -> Report:
    """rows: orders of the bigger size."""
    found: Report = {"what": "landing → bronze → silver → gold.daily_revenue", **machine()}
    python = peers.installed("lakehouse")
    contestants: Contestants = {
        OURS: _spark(),
        "DuckDB 2.0 + deltalake 1.6": _script(python, "lakehouse_duckdb.py", {}),
        "Polars 2.1 + deltalake 1.6": _script(python, "lakehouse_polars.py", {}),
    }
    for orders in (rows // SMALLER, rows):
        contestants = fitting(contestants, found.get(f"{rows // SMALLER}", {}), console)
        with tempfile.TemporaryDirectory(prefix="ecomm-bench-") as folder:
            console.print(f"Landing {orders:,} orders ...")
            landed = _land(Path(folder), orders)
            entries = _compete(contestants, landed, rounds, console)
        size = f"{orders:,} orders, {landed.bytes / 1e9:.2f} GB of JSON Lines"
        found[f"{orders}"] = {"what": size, "contestants": entries, "beside": beside(entries)}
        _show(console, size, entries)
    found["slope"] = slope(found[f"{rows // SMALLER}"], found[f"{rows}"])
    return found


def fitting(contestants: Contestants, smaller: Report, console: Console) -> Contestants:
    """Without those that held so much at a tenth of the orders that the machine's memory will not
    do for all of them; they would be killed after some minutes."""
    held = {name: one["peak_mib"] for name, one in smaller.get("contestants", {}).items()}
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20
    out = {name for name, peak in held.items() if peak * SMALLER > memory and name != OURS}
    for name in sorted(out):
        told = f"{held[name] * SMALLER / 1024:.0f} GiB of {memory / 1024:.0f}"
        console.print(f"  {name} is left out: it would need some {told}", markup=False)
    return {name: command for name, command in contestants.items() if name not in out}


def _land(folder: Path, orders: int) -> Landed:
    size = lakehouse_orders.land(folder / "all", orders)
    changes = [folder / f"change-{version}" for version in CHANGES]
    for version, change in zip(CHANGES, changes, strict=True):
        lakehouse_orders.land_changes(change, orders, version)
    return Landed(orders, size, folder / "all", changes)


def _compete(contestants: Contestants, landed: Landed, rounds: int, console: Console) -> Report:
    played: dict[str, list[Played]] = {name: [] for name in contestants}
    for number in range(rounds):
        for name, command in contestants.items():
            if any(one.process.seconds > LONG_SECONDS for one in played[name]):
                continue
            one = _play(command, landed)
            played[name].append(one)
            steps = ", ".join(f"{k} {v:.1f}" for k, v in one.pulls[0]["seconds"].items())
            console.print(f"  round {number + 1}, {name}: {steps} s", markup=False)
    check_same({name: one.pulls for name, runs in played.items() for one in runs})
    return {name: entry(runs, landed.orders) for name, runs in played.items()}


def _play(command: Callable[[Landed, Path], Command], landed: Landed) -> Played:
    with tempfile.TemporaryDirectory(prefix="ecomm-bench-") as folder:
        shutil.copytree(landed.landing, Path(folder) / "landing")
        out = Path(folder) / "out"
        process = measure.run(command(landed, Path(folder)), out)
        return Played(process, json.loads(out.read_text().splitlines()[-1]))


def _script(
    python: Path, script: str, environment: Mapping[str, str]
) -> Callable[[Landed, Path], Command]:
    def command(landed: Landed, folder: Path) -> Command:
        places = [folder / "landing", folder / "lake", *landed.changes]
        return Command([str(python), str(SCRIPTS / script), *map(str, places)], environment)

    return command


def _spark() -> Callable[[Landed, Path], Command]:
    """The jobs and the Spark server that they talk to, which the script starts."""
    given = {
        "PYTHONPATH": str(services.PROJECT),
        "JAVA_HOME": str(jre.java_home()),
        "SPARK_JARS": ",".join(map(str, jars.fetch(["spark"])["spark"])),
        "SPARK_PORT": str(services.free_port()),
        "SPARK_DRIVER_MEMORY": os.environ.get("SPARK_DRIVER_MEMORY", ""),
        "DATABRICKS_TOKEN": "bench",
    }
    return _script(Path(sys.executable), "lakehouse_spark_jobs.py", given)


def check_same(pulls: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Raise DifferentRevenueError, with the first day that differs, unless all have the same
    daily_revenue after each pull."""
    (first, expected), *others = pulls.items()
    for name, found in others:
        for number, (ours, theirs) in enumerate(zip(expected, found, strict=True)):
            days, other_days = ours["daily_revenue"], theirs["daily_revenue"]
            if days == other_days:
                continue
            differ = [pair for pair in zip(days, other_days, strict=False) if pair[0] != pair[1]]
            told = differ[0] if differ else (f"{len(days)} days", f"{len(other_days)} days")
            raise DifferentRevenueError(
                f"pull {number}: {first} and {name} differ on {len(differ)} days: {told}"
            )


def entry(runs: Sequence[Played], orders: int) -> Report:
    """Medians of the rounds. seconds: of the steps that take all orders in; what a process needs
    to start is start_seconds. changed_seconds: of the small pulls."""

    def all_orders(kind: str, step: str) -> float:
        return statistics.median(one.pulls[0][kind][step] for one in runs)

    def changed(kind: str) -> float:
        return statistics.median(sum(pull[kind].values()) for one in runs for pull in one.pulls[1:])

    steps = {step: round(all_orders("seconds", step), 2) for step in runs[0].pulls[0]["seconds"]}
    cpu = {step: round(all_orders("cpu_seconds", step), 2) for step in steps}
    seconds = sum(steps.values())
    working = [sum(sum(pull["seconds"].values()) for pull in one.pulls) for one in runs]
    return {
        "rows_per_second": round(orders / seconds),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(sum(cpu.values()), 2),
        "steps": steps,
        "cpu_steps": cpu,
        "changed_seconds": round(changed("seconds"), 2),
        "changed_cpu_seconds": round(changed("cpu_seconds"), 2),
        "other_seconds": round(
            statistics.median(
                one.process.seconds - busy for one, busy in zip(runs, working, strict=True)
            ),
            2,
        ),
        "peak_mib": round(statistics.median(one.process.peak_mib for one in runs)),
        "rounds": [
            {"process": vars(one.process), "pulls": [_told(pull) for pull in one.pulls]}
            for one in runs
        ],
    }


def _told(pull: Mapping[str, Any]) -> Report:
    return {kind: pull[kind] for kind in ("seconds", "cpu_seconds")}


def beside(entries: Report) -> Report:
    """How many times the seconds of the faster peer ours are."""
    mine = entries[OURS]
    others = {name: one for name, one in entries.items() if name != OURS}
    fastest = min(others, key=lambda name: float(others[name]["seconds"]))
    kinds = ("seconds", "cpu_seconds", "changed_seconds", "changed_cpu_seconds")
    times = {f"{kind}_times": round(mine[kind] / others[fastest][kind], 2) for kind in kinds}
    return {"faster_peer": fastest, **times}


def slope(small: Report, big: Report) -> Report:
    """Seconds an order at the bigger size as a share of those at the smaller; 1 is linear."""
    return {
        name: {
            kind: round(one[kind] / small["contestants"][name][kind] / SMALLER, 2)
            for kind in ("seconds", "cpu_seconds")
        }
        for name, one in big["contestants"].items()
    }


def _show(console: Console, title: str, entries: Report) -> None:
    columns = ("seconds", "cpu_seconds", "changed_seconds", "changed_cpu_seconds", "peak_mib")
    table = Table("", "steps", *(name.replace("_", " ") for name in columns), title=title)
    for name, one in entries.items():
        steps = ", ".join(f"{step} {seconds}" for step, seconds in one["steps"].items())
        table.add_row(name, steps, *(str(one[column]) for column in columns))
    console.print(table)
