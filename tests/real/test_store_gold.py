"""The real shop's orders and stock, through bronze and silver to gold."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from folder_store import FolderStore

from scripts.landing.writer import LandingWriter
from spark_jobs.bronze.ingest import ingest
from spark_jobs.gold.job import run as run_gold
from spark_jobs.lakehouse import Lakehouse
from spark_jobs.silver.job import run as run_silver


@pytest.fixture(scope="module")
def lake(real_data: Path, spark, tmp_path_factory: pytest.TempPathFactory) -> Lakehouse:
    folder = tmp_path_factory.mktemp("real")
    for dataset, pattern in (("shopify_orders", "*orders*"), ("inventory", "*inventory*")):
        with LandingWriter(FolderStore(folder), "files", dataset, "test") as writer:  # type: ignore[arg-type]
            for path in sorted((real_data / "shopify_store").glob(pattern)):
                for number, line in enumerate(path.read_text().splitlines()):
                    writer.write(f"{path.name}:{number}", line)
            writer.finish(None, None)
    lake = Lakehouse(spark, f"{folder}/lakehouse", str(folder))
    ingest(lake)
    run_silver(lake)
    run_gold(lake, "America/New_York")
    return lake


def test_revenue_of_the_two_days(lake: Lakehouse) -> None:
    rows = lake.rows(f"SELECT * FROM {lake.name('gold', 'daily_revenue')} WHERE orders > 0")
    found = {row.date: (row.orders, row.net_sales, row.currency) for row in rows}
    assert found == {
        date(2024, 12, 9): (1, Decimal("4775.80"), "USD"),
        date(2024, 12, 16): (2, Decimal("4572.70"), "USD"),
    }


def test_stock_of_tracked_items_only(lake: Lakehouse) -> None:
    table = lake.name("gold", "inventory_daily")
    rows = lake.rows(f"SELECT * FROM {table} WHERE date = DATE '2024-12-16'")
    stock = {(row.sku, row.location_id): row.available for row in rows}
    assert stock["sku-hosted-1", "102186123548"] == 10
    assert stock["The Multi-location Snowboard / Default Title", "102186090780"] == 50
    assert len(stock) == 21  # of 28 lines, 7 have no stock: five cards and two untracked boards
    assert lake.rows(f"SELECT * FROM {lake.name('silver', 'quarantine')}") == []
