"""The anomalies task on landed records: what it finds and leaves alone, and the alerts' file."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from shopify_records import graphql_order

from spark_jobs.anomalies.job import run, scene_of
from spark_jobs.bronze.ingest import ingest
from spark_jobs.gold.job import held_by, sources_of

NOW = datetime.now(UTC)
TODAY = NOW.astimezone(ZoneInfo("America/New_York")).date()


def at(days_ago: int) -> str:
    return f"{TODAY - timedelta(days=days_ago)}T12:00:00-05:00"


def level(item: int, sku: str, days_ago: int, available: int, location: int = 1) -> dict:
    return {
        "id": f"gid://shopify/InventoryLevel/{location}?inventory_item_id={item}",
        "isActive": True,
        "updatedAt": at(days_ago),
        "location": {"id": f"gid://shopify/Location/{location}", "name": f"Shop {location}"},
        "item": {
            "id": f"gid://shopify/InventoryItem/{item}",
            "sku": sku,
            "tracked": True,
            "variant": {
                "id": f"gid://shopify/ProductVariant/{item}",
                "title": "M",
                "product": {"id": "gid://shopify/Product/1", "title": "Tee"},
            },
        },
        "quantities": [{"name": "available", "quantity": available}],
    }


def sold(number: int, sku: str, days_ago: int, units: int = 1) -> dict:
    total = {"shopMoney": {"amount": f"{10 * units}.00", "currencyCode": "USD"}}
    order = graphql_order(number, at(days_ago), "10.00", units, totalPriceSet=total)
    order["lineItems"]["nodes"][0]["sku"] = sku
    return order


def pulled(folder: Path, source: str, stream: str, hours_ago: list[float]) -> None:
    """The states that pulls of those moments left."""
    for number, hours in enumerate(sorted(hours_ago, reverse=True), 1):
        moment = NOW - timedelta(hours=hours)
        path = folder / f"state/{source}/{stream}/{number:010d}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"generation": number, "cursor": f"{moment:%FT%T.%fZ}"}))
        os.utime(path, (moment.timestamp(), moment.timestamp()))


def incidents(lab, kind: str) -> dict[str, dict]:
    return {row["subject"]: row for row in lab.rows("gold.anomalies", f"kind = '{kind}'")}


def charge(number: int, order: int, days_ago: int, cents: int) -> dict:
    created = int((NOW - timedelta(days=days_ago)).timestamp())
    return {
        "id": f"ch_{number}",
        "object": "charge",
        "created": created,
        "amount": cents,
        "amount_captured": cents,
        "amount_refunded": 0,
        "captured": True,
        "paid": True,
        "refunded": False,
        "currency": "usd",
        "status": "succeeded",
        "metadata": {"shopify_order_id": str(order)},
    }


@pytest.fixture(scope="module")
def lab(new_lab):
    lab = new_lab()
    orders = [sold(n, "A", n, 5) for n in range(1, 13)]
    orders += [sold(20, "GONE", 5), sold(21, "B", 3), sold(22, "MOVED", 3)]
    levels = [
        *(level(1, "GONE", 3, 4), level(1, "GONE", 0, 0)),
        *(level(2, "NOBODY", 3, 4), level(2, "NOBODY", 0, 0)),
        *(level(3, "B", 3, 80), level(3, "B", 0, 30)),
        *(level(4, "A", 1, 40), level(4, "A", 0, 30)),
        # Moved from one place to the other.
        *(level(5, "MOVED", 2, 90), level(5, "MOVED", 2, 0, 2)),
        *(level(5, "MOVED", 0, 10), level(5, "MOVED", 0, 80, 2)),
    ]
    lab.land("shopify", "orders", orders)
    lab.land("shopify", "inventory_levels", levels)
    lab.land("stripe", "charges", [charge(1, 10, 10, 5000), charge(2, 11, 11, 4000)])
    lab.land(
        "files",
        "rejected",
        [
            {"id": n, "file": "f.csv", "line": n, "dataset": "shipping", "reason": "no carrier"}
            for n in range(12)
        ],
    )
    pulled(lab.folder, "shopify", "orders", [0.1, 1, 2, 3, 4, 5])
    pulled(lab.folder, "stripe", "charges", [9, 10, 11, 12, 13])
    lab.build("daily_revenue", "inventory_daily", "payment_reconciliation")
    lab.found = run(lab.lake, "America/New_York", NOW)
    return lab


def test_what_is_sold_and_gone_is_told(lab):
    assert set(incidents(lab, "stock_out")) == {"GONE"}
    assert "Tee (GONE) is out of stock; 1 sold in the last 28 days" in str(
        incidents(lab, "stock_out")["GONE"]["sentence"]
    )


def test_a_drop_that_sales_do_not_explain_is_told_and_a_transfer_is_not(lab):
    (drop,) = incidents(lab, "stock_drop").values()
    assert (drop["subject"], drop["expected"], drop["measured"]) == ("B", 80, 30)


def test_a_source_whose_cursor_stands_still_is_stale(lab):
    """Shopify had nothing new for hours either, but its cursor moved."""
    (stale,) = incidents(lab, "stale_source").values()
    assert stale["subject"] == "stripe"
    assert "last pulled 9.0 hours ago" in stale["sentence"]


def test_payments_older_than_two_days_that_do_not_agree(lab):
    found = incidents(lab, "unreconciled_payment")
    assert "Stripe has 40.00 of 50.00 USD" in found["#11"]["sentence"]
    assert "missing in stripe" in found["#12"]["sentence"]
    assert "#10" not in found
    assert all(row["day"] < TODAY - timedelta(days=2) for row in found.values())


def test_refused_rows_are_told(lab):
    (refused,) = incidents(lab, "quarantine").values()
    assert (refused["subject"], refused["measured"]) == ("files.shipping", 12)


def test_a_young_shop_has_no_unusual_revenue(lab):
    assert incidents(lab, "revenue") == {}


def test_the_alerts_read_one_line_with_all_of_it(lab):
    (folder,) = (lab.folder / "alerts/anomalies").iterdir()
    (part,) = folder.glob("part-*")
    (line,) = part.read_text().splitlines()
    told = json.loads(line)
    assert len(told["incidents"]) == lab.found == len(lab.rows("gold.anomalies"))
    assert {"kind", "subject", "severity", "sentence", "day"} <= set(told["incidents"][0])


def test_a_look_stands_while_nothing_moves_but_not_for_ever(lab):
    def looks() -> int:
        return len(list((lab.folder / "alerts/anomalies").iterdir()))

    before, found, now = looks(), len(lab.rows("gold.anomalies")), datetime.now(UTC)
    run(lab.lake, "America/New_York", now)  # silver moved after the fixture's look
    assert looks() == before + 1
    assert run(lab.lake, "America/New_York", now + timedelta(minutes=30)) == found
    assert looks() == before + 1
    run(lab.lake, "America/New_York", now + timedelta(minutes=61))
    assert looks() == before + 2


def test_a_day_is_complete_when_the_tables_hold_it_not_when_it_has_landed(lab):
    """A pull that ended while the job ran made yesterday a day without a sale."""
    sources = sources_of(lab.lake, held_by(lab.lake), "America/New_York")
    assert scene_of(lab.lake, sources, NOW).orders_until == str(TODAY)
    lab.land("shopify", "orders", [sold(30, "A", 3)], cursor={"from": None, "to": at(2)})
    ingest(lab.lake)
    assert scene_of(lab.lake, sources, NOW).orders_until == str(TODAY)
    lab.land("shopify", "orders", [sold(31, "A", 1)])
    assert scene_of(lab.lake, sources, NOW).orders_until == str(TODAY - timedelta(days=2))


def test_without_any_data_nothing_is_done(new_lab):
    lab = new_lab()
    lab.build()
    assert run(lab.lake, "America/New_York", NOW) == 0
