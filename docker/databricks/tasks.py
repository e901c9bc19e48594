"""Running one task of a run: a process of its own, from the job's wheel, with its output kept.

Processes are forked from a server that has pyspark imported, so a task starts in milliseconds and
still can be killed alone (multiprocessing's forkserver).
"""

import importlib.metadata
import json
import multiprocessing
import os
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

PRELOADED = ["pyspark.sql.connect.session", "pyspark.sql.connect.functions", "pandas", "pyarrow"]


@dataclass(frozen=True)
class Work:
    """wheel, package, entry point and arguments of a python_wheel_task; folder for its output."""

    wheel: Path
    package: str
    entry_point: str
    parameters: list[str]
    spark_url: str
    folder: Path


_context = multiprocessing.get_context("forkserver")


def warm_up() -> None:
    """Start the fork server now, so that the first task finds it ready."""
    _context.set_forkserver_preload(PRELOADED)
    first = _context.Process(target=_nothing)
    first.start()
    first.join()


def start(work: Work) -> BaseProcess:
    work.folder.mkdir(parents=True, exist_ok=True)
    process = _context.Process(target=_execute, args=(work,), daemon=True)
    process.start()
    return process


def interrupt(spark_url: str) -> None:
    """Stop on the Spark server what a killed task left running."""
    run_aside(_interrupt, spark_url, seconds=30)


def run_aside(target: Callable[..., None], *values: str, seconds: float = 300) -> None:
    """Run a function in a process like a task's; it is killed when it takes longer."""
    process = _context.Process(target=target, args=values, daemon=True)
    process.start()
    process.join(seconds)
    if process.is_alive():
        process.kill()


def error_of(folder: Path) -> tuple[str, str] | None:
    """(message, trace) that the task left; None when it ended without a word."""
    path = folder / "error.json"
    if not path.exists():
        return None
    found = json.loads(path.read_text())
    return found["error"], found["trace"]


def log_of(folder: Path) -> str:
    path = folder / "log.txt"
    return path.read_text(errors="replace") if path.exists() else ""


def _end_with_server() -> None:
    """A killed server starts anew without this task: it must not go on writing tables."""
    server = multiprocessing.parent_process()
    assert server
    server.join()
    os._exit(1)


def _nothing() -> None:
    return None


def _execute(work: Work) -> None:
    threading.Thread(target=_end_with_server, daemon=True).start()
    log = os.open(work.folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.stdout = os.fdopen(1, "w", buffering=1)
    sys.stderr = os.fdopen(2, "w", buffering=1)
    os.environ["SPARK_REMOTE"] = work.spark_url
    sys.argv = [work.entry_point, *work.parameters]
    sys.path.insert(0, str(work.wheel))
    try:
        _entry_point(work)()
    except BaseException as error:
        if isinstance(error, SystemExit) and error.code in (None, 0):
            return
        trace = traceback.format_exc()
        message = f"{type(error).__name__}: {error}"
        (work.folder / "error.json").write_text(json.dumps({"error": message, "trace": trace}))
        sys.stderr.write(trace)
        raise SystemExit(1) from error
    finally:
        _leave_spark()


def _leave_spark() -> None:
    """The session ends with its task: else what it holds stays in Spark's memory for an hour."""
    from pyspark.sql import SparkSession  # the service itself never loads Spark

    if session := SparkSession.getActiveSession():
        session.stop()


def _entry_point(work: Work):
    distributions = importlib.metadata.distributions(path=[str(work.wheel)])
    for distribution in distributions:
        for point in distribution.entry_points:
            if point.group == "console_scripts" and point.name == work.entry_point:
                return point.load()
    raise LookupError(f"{work.wheel.name} has no entry point {work.entry_point}")


def _interrupt(spark_url: str) -> None:
    from pyspark.sql import SparkSession  # the service itself never loads Spark

    spark = SparkSession.builder.remote(spark_url).getOrCreate()
    spark.interruptAll()
    spark.stop()
