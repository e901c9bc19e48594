"""Tables that somebody has deleted or altered by hand are built anew; no number is wrong."""

import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from shopify_records import rest_line, rest_order

from spark_jobs.bronze.ingest import ingest
from spark_jobs.gold import job
from spark_jobs.gold.marts import MARTS
from spark_jobs.silver.job import run as run_silver

# Silver and gold are built five times.
pytestmark = pytest.mark.timeout(900)
NAMES = ("sales", "sale_lines", "daily_revenue")


@pytest.fixture(scope="module")
def lab(new_lab) -> Iterator:
    with pytest.MonkeyPatch.context() as patched:
        wanted = tuple(mart for mart in MARTS if mart.name in NAMES)
        patched.setattr("spark_jobs.gold.job.MARTS", wanted)
        lab = new_lab()
        lab.orders = 0
        takes_an_order(lab)
        yield lab


def takes_an_order(lab) -> None:
    """One more order of 10.00, carried to gold."""
    lab.orders += 1
    order = rest_order(lab.orders, "2026-03-02T17:00:00Z", [rest_line(lab.orders, "10.00", 1)])
    lab.land("files", "shopify_orders", [order])
    ingest(lab.lake)
    run_silver(lab.lake)
    job.run(lab.lake, "America/New_York")


def removed(*tables: str) -> Callable:
    def damage(lab) -> None:
        for table in tables:
            shutil.rmtree(lab.folder / "lakehouse" / table)

    return damage


def altered(lab) -> None:
    silver, gold = lab.lake.name("silver", "orders"), lab.lake.name("gold", "daily_revenue")
    lab.lake.spark.sql(f"ALTER TABLE {gold} ADD COLUMN mine STRING")
    lab.lake.spark.sql(
        f"CREATE OR REPLACE TABLE {silver} USING DELTA AS "
        f"SELECT * EXCEPT (taxes_included) FROM {silver}"
    )


@pytest.mark.parametrize(
    "damage",
    [
        altered,
        removed("silver/order_lines", "gold/sales"),
        removed("silver/orders"),
        removed("gold/daily_revenue", "gold/built"),
    ],
    ids=["altered", "child and source", "parent", "ledger"],
)
def test_what_was_damaged_is_built_anew(lab, damage: Callable) -> None:
    damage(lab)
    takes_an_order(lab)
    (day,) = lab.rows("gold.daily_revenue")
    assert (day["orders"], day["gross_sales"]) == (lab.orders, Decimal(10 * lab.orders))
    assert "mine" not in day
    assert len(lab.rows("silver.order_lines")) == len(lab.rows("silver.orders")) == lab.orders


def test_changes_that_were_vacuumed_before_gold_saw_them_are_not_missed(lab) -> None:
    lab.orders += 1
    order = rest_order(lab.orders, "2026-03-02T17:00:00Z", [rest_line(lab.orders, "10.00", 1)])
    lab.land("files", "shopify_orders", [order])
    ingest(lab.lake)
    run_silver(lab.lake)
    table, kept = lab.lake.name("silver", "orders"), "'delta.deletedFileRetentionDuration'"
    lab.lake.spark.sql(f"ALTER TABLE {table} SET TBLPROPERTIES ({kept} = 'interval 0 hours')")
    lab.lake.spark.sql(f"VACUUM {table}")
    takes_an_order(lab)
    (day,) = lab.rows("gold.daily_revenue")
    assert (day["orders"], day["gross_sales"]) == (lab.orders, Decimal(10 * lab.orders))
