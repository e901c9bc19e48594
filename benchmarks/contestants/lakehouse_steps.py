"""What every contestant of the lakehouse suite is asked: all that waits, then three small pulls.

Run as `<contestant>.py LANDING LAKE CHANGES...` by the contestant's own Python: only the standard
library here. A small pull is put into LANDING once what was there has reached gold. The last line
on stdout says how long each step took and what daily_revenue was then.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

Row = dict[str, str | None]
# The last writer: by the source's time of change, then by extraction, then by a hash.
ORDER = ("_changed_at", "_extracted_at", "_hash")
NEWER = """new._changed_at > old._changed_at OR (new._changed_at = old._changed_at AND
(new._extracted_at > old._extracted_at OR (new._extracted_at = old._extracted_at AND
new._hash > old._hash)))"""
Seconds = dict[str, float]


class Clock:
    """`with clock("silver"):` keeps the step's seconds, and the CPU's in the processes that run."""

    def __init__(self) -> None:
        self.seconds: Seconds = {}
        self.cpu_seconds: Seconds = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        begun, spent = time.perf_counter(), cpu_seconds()
        yield
        self.seconds[step] = time.perf_counter() - begun
        self.cpu_seconds[step] = cpu_seconds() - spent


def cpu_seconds() -> float:
    """User and system time of this process and of those that it has started (Linux)."""
    ticks, waiting = 0, [os.getpid()]
    while waiting:
        process = Path(f"/proc/{waiting.pop()}")
        fields = (process / "stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
        for children in process.glob("task/*/children"):
            with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended since
                waiting += map(int, children.read_text().split())
    return ticks / os.sysconf("SC_CLK_TCK")


def play(bring_up: Callable[[Clock], None], daily_revenue: Callable[[], list[Row]]) -> None:
    """bring_up: landing → gold, by steps of the clock. daily_revenue: its rows, values as text."""
    landing, changes = Path(sys.argv[1]), sys.argv[3:]
    rounds: list[Mapping[str, Any]] = []
    for change in ["", *changes]:
        if change:
            shutil.copytree(change, landing, dirs_exist_ok=True)
        clock = Clock()
        bring_up(clock)
        spent = {"seconds": clock.seconds, "cpu_seconds": clock.cpu_seconds}
        rounds.append({**spent, "daily_revenue": daily_revenue()})
    sys.stdout.write(json.dumps(rounds) + "\n")


def manifests(landing: Path, known: set[str]) -> list[dict[str, Any]]:
    """Those of orders that are not known by their run id, oldest first."""
    folder = landing / "landing/_manifests/shopify/orders"
    return [
        json.loads(p.read_bytes()) for p in sorted(folder.glob("*.json")) if p.stem not in known
    ]


def check_counts(waiting: list[dict[str, Any]], held: Mapping[str, int]) -> None:
    for manifest in waiting:
        if held.get(manifest["run_id"]) != manifest["rows"]:
            raise RuntimeError(f"{manifest['run_id']}: not the rows that it promises")
