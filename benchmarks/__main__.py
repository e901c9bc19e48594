"""`make bench`: suites of measurements, each kept as JSON in results/; README.md reads them."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from benchmarks import incremental_suite, lakehouse_suite, shopify_suite, stripe_suite
from benchmarks.contest import Report

RESULTS = Path(__file__).parent / "results"
# Orders of the lakehouse and of what changes in it; records of the pulls.
ROWS = {"incremental": 100_000, "lakehouse": 1_000_000}
# name → suite, given where to tell its progress, rows, and rounds
SUITES: dict[str, Callable[[Console, int, int], Report]] = {
    "stripe": stripe_suite.run,
    "shopify": shopify_suite.run,
    "incremental": incremental_suite.run,
    "lakehouse": lakehouse_suite.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suites", nargs="*", choices=[*SUITES, []], help="default: all")
    parser.add_argument("--rows", type=int, help="default: the suite's own")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    console = Console(highlight=False)
    for name in given.suites or SUITES:
        report = SUITES[name](console, given.rows or ROWS.get(name, 10_000), given.rounds)
        path = RESULTS / (f"{name}-{given.rows}.json" if given.rows else f"{name}.json")
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(report, indent=2) + "\n")
        console.print(f"Kept in {path.relative_to(RESULTS.parents[1])}")


if __name__ == "__main__":
    main()
