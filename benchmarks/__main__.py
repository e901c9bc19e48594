"""`make bench`: pulling Stripe charges, three ways in turn on one server; README.md reads it."""

import argparse
import gzip
import json
import os
import platform
import statistics
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from benchmarks import server
from benchmarks.measure import Measured, process

CONTESTANTS = {
    "scripts.stripe (ours)": "benchmarks.contestants.ours",
    "stripe auto_paging_iter": "benchmarks.contestants.sdk",
    "requests loop": "benchmarks.contestants.loop",
}
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--charges", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="ecomm-bench-") as folder:
        console.print(f"Creating {given.charges:,} varied charges, then pulling them in turn ...")
        with server.running(Path(folder) / "stripe", given.charges) as environment:
            runs = _rounds(given.rounds, given.charges, environment, Path(folder))
    report = _report(given.charges, runs)
    path = RESULTS / "stripe_pull.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(report, indent=2) + "\n")
    _show(console, report)
    console.print(f"Kept in {path.relative_to(RESULTS.parents[1])}")


def _rounds(
    rounds: int, charges: int, environment: dict[str, str], folder: Path
) -> dict[str, list[Measured]]:
    """Interleaved, one unmeasured round first: a busy moment then hits everybody alike."""
    runs: dict[str, list[Measured]] = {name: [] for name in CONTESTANTS}
    for number in range(rounds + 1):
        for name, module in CONTESTANTS.items():
            path = folder / "charges.jsonl.gz"
            measured = process(module, path, environment, server.PROJECT)
            _check(name, path, charges)
            if number:
                runs[name].append(measured)
    return runs


def _check(name: str, path: Path, charges: int) -> None:
    """Speed counts only for who has every charge once."""
    with gzip.open(path) as file:
        rows = [orjson.loads(line) for line in file]
    ids = {row.get("record", row)["id"] for row in rows}
    if not len(rows) == len(ids) == charges:
        raise RuntimeError(f"{name} wrote {len(rows)} rows, {len(ids)} charges, not {charges}")


def _report(charges: int, runs: dict[str, list[Measured]]) -> dict[str, object]:
    machine = (f"{os.cpu_count()} cores", platform.machine(), f"Python {platform.python_version()}")
    return {
        "what": "Stripe charges to gzip JSON Lines, whole process, local server without a limit",
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": ", ".join(machine),
        "charges": charges,
        "contestants": {
            name: {
                "rows_per_second": round(charges / statistics.median(m.seconds for m in found)),
                "seconds": round(statistics.median(m.seconds for m in found), 3),
                "cpu_seconds": round(statistics.median(m.cpu_seconds for m in found), 3),
                "rounds": [asdict(m) for m in found],
            }
            for name, found in runs.items()
        },
    }


def _show(console: Console, report: dict[str, object]) -> None:
    table = Table("", "rows/s", "wall s", "CPU s", title=str(report["what"]))
    contestants = report["contestants"]
    assert isinstance(contestants, dict)
    for name, found in contestants.items():
        columns = ("rows_per_second", "seconds", "cpu_seconds")
        table.add_row(name, *(str(found[column]) for column in columns))
    console.print(table)


if __name__ == "__main__":
    main()
