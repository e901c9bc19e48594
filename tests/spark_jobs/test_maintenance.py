"""OPTIMIZE and VACUUM on real Delta tables: fewer files, the same rows, nothing young deleted."""

import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from spark_jobs.bronze.ingest import ingest
from spark_jobs.lakehouse import Lakehouse
from spark_jobs.maintenance import maintain

LANDINGS = 3
ORDERS = "bronze/shopify_orders"


@dataclass(frozen=True)
class Maintained:
    """A lakehouse after maintenance, and what it was before: rows and number of files."""

    folder: Path
    lake: Lakehouse
    tables: int
    rows: list[dict]
    files: int


@pytest.fixture(scope="module")
def done(new_lab) -> Maintained:
    """Every landing is a commit of its own, so every table of bronze has that many files."""
    lab = new_lab()
    # VACUUM lists in that many tasks, 10,000 by itself: a minute a table on two cores.
    lab.lake.spark.conf.set("spark.sql.sources.parallelPartitionDiscovery.parallelism", "2")
    for number in range(LANDINGS):
        lab.land("shopify", "orders", [{"id": number}])
        ingest(lab.lake)
    before, files = rows(lab.lake), current_files(lab.lake, ORDERS)
    return Maintained(lab.folder, lab.lake, maintain(lab.lake), before, files)


def rows(lake: Lakehouse) -> list[dict]:
    found = lake.rows(f"SELECT * FROM {lake.name(*ORDERS.split('/'))} ORDER BY _id")
    return [row.asDict() for row in found]


def current_files(lake: Lakehouse, table: str) -> int:
    (row,) = lake.rows(f"DESCRIBE DETAIL {lake.name(*table.split('/'))}")
    return row.numFiles


def stored_files(folder: Path) -> int:
    return len(list((folder / "lakehouse" / ORDERS).glob("*.parquet")))


def aged(folder: Path, days: float, to: Path) -> Path:
    """A copy of the orders as if all of it had been written `days` ago."""
    table = to / "lakehouse" / ORDERS
    shutil.copytree(folder / "lakehouse" / ORDERS, table, ignore=shutil.ignore_patterns(".*.crc"))
    then = time.time() - days * 86400
    for path in table.rglob("_delta_log/*.json"):
        actions = [json.loads(line) for line in path.read_text().splitlines()]
        for action in actions:
            if "remove" in action:
                action["remove"]["deletionTimestamp"] = int(then * 1000)
        path.write_text("\n".join(map(json.dumps, actions)))
    for path in table.rglob("*"):
        os.utime(path, (then, then))
    return to


def test_the_first_night_may_come_before_the_first_run(new_lab) -> None:
    assert maintain(new_lab().lake) == 0


def test_small_files_become_one_and_rows_stay(done: Maintained) -> None:
    assert done.tables == 2  # shopify_orders and manifests, and no folder else
    assert done.files == len(done.rows) == LANDINGS
    assert current_files(done.lake, ORDERS) == 1
    assert current_files(done.lake, "bronze/manifests") == 1
    assert rows(done.lake) == done.rows


def test_files_that_were_just_rewritten_are_kept(done: Maintained) -> None:
    assert stored_files(done.folder) == LANDINGS + 1


@pytest.mark.parametrize(("days", "kept"), [(6.9, LANDINGS + 1), (7.1, 1)])
def test_old_files_go_after_seven_days_and_not_before(
    done: Maintained, days: float, kept: int, tmp_path: Path
) -> None:
    folder = aged(done.folder, days, tmp_path)
    lake = Lakehouse(done.lake.spark, f"{folder}/lakehouse", str(folder))
    assert maintain(lake) == 1
    assert stored_files(folder) == kept
    assert rows(lake) == done.rows
