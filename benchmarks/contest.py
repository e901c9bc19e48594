"""Contestants in turn, round after round: a busy moment then hits everybody alike."""

import os
import platform
import statistics
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Command, Measured, run

# Who needs longer runs once: `make bench` is to end within a quarter of an hour.
LONG_SECONDS = 25
LATENCIES = (0.0, 0.1)  # seconds that each answer is held back

Report = dict[str, Any]


@dataclass(frozen=True)
class Contestant:
    """command: what is run, given an empty folder of the run's own.

    ids: what it wrote there or on `out`, one an object, repetitions and all.
    note: what a reader must know to compare it.
    """

    name: str
    command: Callable[[Path], Command]
    ids: Callable[[Path], Sequence[str]]
    note: str = ""


@dataclass
class Runs:
    """What one contestant did: its measured rounds, or why it has none."""

    measured: list[Measured] = field(default_factory=list[Measured])
    ids: Counter[str] = field(default_factory=Counter[str])
    failure: str = ""


def compete(contestants: Sequence[Contestant], rounds: int, console: Console) -> dict[str, Runs]:
    """Everybody `rounds` times, interleaved. One that fails is out, and its failure is told."""
    found = {contestant.name: Runs() for contestant in contestants}
    for number in range(rounds):
        for contestant in contestants:
            runs = found[contestant.name]
            if runs.failure or any(m.seconds > LONG_SECONDS for m in runs.measured):
                continue
            with tempfile.TemporaryDirectory(prefix="ecomm-bench-") as folder:
                _play(contestant, runs, Path(folder))
            told = runs.failure or f"{runs.measured[-1].seconds:.2f} s"
            console.print(f"  round {number + 1}, {contestant.name}: {told}", markup=False)
    return found


def _play(contestant: Contestant, runs: Runs, folder: Path) -> None:
    out = folder / "out"
    try:
        measured = run(contestant.command(folder), out)
    except RuntimeError as error:
        runs.failure = str(error)
        return
    ids = Counter(contestant.ids(out))
    if runs.measured and ids != runs.ids:
        runs.failure = "two rounds read different rows"
        return
    runs.ids = ids
    runs.measured.append(measured)


def report(found: dict[str, Runs], expected: set[str], notes: dict[str, str]) -> Report:
    """Medians and all rounds; rows: what it read, and how that differs from what is there."""
    return {name: _entry(runs, expected, notes.get(name, "")) for name, runs in found.items()}


def _entry(runs: Runs, expected: set[str], note: str) -> Report:
    if runs.failure:
        return {"failure": runs.failure, "note": note}
    wall = statistics.median(m.seconds for m in runs.measured)
    cpu = statistics.median(m.cpu_seconds for m in runs.measured)
    return {
        "rows_per_second": round(len(runs.ids) / wall),
        "seconds": round(wall, 3),
        "cpu_seconds": round(cpu, 3),
        "cores": round(cpu / wall, 2),
        "peak_mib": round(statistics.median(m.peak_mib for m in runs.measured)),
        "rows": runs.ids.total(),
        "missing": len(expected - runs.ids.keys()),
        "unexpected": len(runs.ids.keys() - expected),
        "repeated": runs.ids.total() - len(runs.ids),
        "rounds": [asdict(measured) for measured in runs.measured],
        "note": note,
    }


def beside(entries: Report, ours: str, floor: str = "") -> Report:
    """Ratios of ours to the fastest peer, and to `floor`, which is a script and no peer."""
    measured = {name: entry for name, entry in entries.items() if "failure" not in entry}
    if ours not in measured:
        return {}
    found: Report = {"cores": measured[ours]["cores"]}
    peers = [name for name in measured if name not in (ours, floor)]
    if peers:
        fastest = max(peers, key=lambda name: float(measured[name]["rows_per_second"]))
        found |= {"fastest_peer": fastest, **_ratios(measured[ours], measured[fastest])}
    if floor in measured:
        found[f"to {floor}"] = _ratios(measured[ours], measured[floor])
    return found


def _ratios(mine: Report, other: Report) -> Report:
    return {
        "rows_per_second_times": round(mine["rows_per_second"] / other["rows_per_second"], 2),
        "cpu_seconds_times": round(mine["cpu_seconds"] / other["cpu_seconds"], 2),
    }


def machine() -> Report:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
        "python": platform.python_version(),
        "load_at_start": round(os.getloadavg()[0], 2),
    }


def show(console: Console, title: str, entries: Report) -> None:
    columns = ("rows_per_second", "seconds", "cpu_seconds", "peak_mib", "rows", "missing")
    table = Table("", *(column.replace("_", " ") for column in columns), title=title)
    for name, entry in entries.items():
        if "failure" in entry:
            table.add_row(name, "-", str(entry["failure"])[:60])
        else:
            table.add_row(name, *(str(entry[column]) for column in columns))
    console.print(table)
