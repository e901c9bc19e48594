"""Every stream that lands has a silver table, described to the last column; and what the tables
of the streams that no mart reads make of a record, against values worked out by hand."""

import json
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

import pytest
from stream_records import EMAIL, SHOPIFY, STRIPE
from stripe_records import subscription

from scripts.files.datasets import DATASETS
from scripts.shopify.streams import STREAMS as SHOPIFY_STREAMS
from scripts.stripe.streams import STREAMS as STRIPE_STREAMS
from spark_jobs.lakehouse import Lakehouse
from spark_jobs.silver.engine import child_sql, current_sql, empty_view
from spark_jobs.silver.sql import cents
from spark_jobs.silver.table import meaning
from spark_jobs.silver.tables import EVERY, EXPLODED, TABLES

D = Decimal
HASH = sha256(EMAIL.encode()).hexdigest()
LANDED = {
    *(f"shopify_{stream.name}" for stream in SHOPIFY_STREAMS),
    *(f"stripe_{stream.name}" for stream in STRIPE_STREAMS),
    *(f"files_{dataset}" for dataset in DATASETS),
}
READ = {stream for table in TABLES for stream in table.streams}
TABLE = {table.name: table for table in TABLES}
RECORDS = {f"shopify_{name}": record for name, record in SHOPIFY.items()}
RECORDS |= {f"stripe_{name}": record for name, record in STRIPE.items()}


def test_each_stream_that_lands_has_a_silver_table() -> None:
    assert not LANDED - READ


def test_no_silver_table_waits_for_a_stream_that_never_lands() -> None:
    assert not READ - LANDED


@pytest.mark.parametrize("table", EVERY, ids=lambda table: table.name)
def test_each_column_says_what_it_means_and_nothing_else_does(lake, table) -> None:
    columns = lake.spark.table(empty_view(lake, table, TABLE)).columns
    assert [meaning(table, column) for column in columns if not meaning(table, column)] == []
    named = {*table.key, *table.clustered, *table.personal, *table.meanings}
    assert named <= set(columns)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text)


AT, LATER = utc("2026-03-02T15:00:00"), utc("2026-03-02T16:30:00")


@pytest.fixture(scope="module")
def lake(new_lab) -> Lakehouse:
    return new_lab().lake


def rows_of(lake: Lakehouse, name: str, *given: dict) -> list[dict]:
    """What the table makes of the given records, else its stream's, without another table."""
    child = next((child for child in EXPLODED if child.name == name), None)
    table = TABLE[child.parent if child else name]
    found = given or [RECORDS[s] for s in table.streams if s in RECORDS]
    texts = [json.dumps(record) for record in found]
    frame = lake.spark.createDataFrame([(text,) for text in texts], "record STRING")
    frame.createOrReplaceTempView("landed")
    query = current_sql(
        table,
        "SELECT '' AS _id, record, false AS _deleted, current_timestamp() AS _extracted_at, "
        "'' AS _run_id, '' AS _file FROM landed",
    )
    query = child_sql(child, f"({query})") if child else query
    return [row.asDict(recursive=True) for row in lake.rows(query)]


# Stripe's currencies page: smallest units, and the exceptions to them.
CHARGED = {
    "usd": (1050, "10.50"),
    "jpy": (500, "500.00"),  # no decimals
    "kwd": (5120, "5.12"),  # three
    "ugx": (500, "5.00"),  # none any more, but written with two
    "isk": (500, "5.00"),
    "huf": (1045, "10.45"),  # none in payouts, two in charges
}


def test_amounts_are_in_units_of_their_currency(lake) -> None:
    given = ", ".join(f"('{code}', {amount}L)" for code, (amount, _) in CHARGED.items())
    units = cents("amount", "currency")
    rows = lake.rows(
        f"SELECT currency, {units} AS units FROM VALUES {given} AS t(currency, amount)"
    )
    assert {row.currency: row.units for row in rows} == {
        code: D(units) for code, (_, units) in CHARGED.items()
    }


def test_of_a_price_by_packages_a_package_is_paid_for(lake) -> None:
    by_fives = [{"divide_by": 5, "round": way} for way in ("up", "down")]
    given = [subscription(f"sub_{n}", "cus_1", 1000, "2026-03-01", quantity=11) for n in range(3)]
    for sold, packages in zip(given, [None, *by_fives], strict=True):
        sold["items"]["data"][0]["price"]["transform_quantity"] = packages
    rows = rows_of(lake, "stripe_subscriptions", *given)
    found = {row["id"]: (row["quantity"], row["mrr"]) for row in rows}
    assert found == {"sub_0": (11, D(110)), "sub_1": (11, D(30)), "sub_2": (11, D(20))}


EXPECTED: dict[str, dict] = {
    "variants": {
        "variant_id": "99",
        "product_id": "9",
        "sku": "TEE-M",
        "unit_cost": D("4.50"),
        "price": D("10.00"),
        "compare_at_price": None,
        "created_at": AT,
    },
    "inventory_items": {
        "inventory_item_id": "98",
        "unit_cost": D("4.50"),
        "currency": "USD",
        "weight": 180.5,
        "weight_unit": "grams",
        "country_of_origin": "PT",
    },
    "markets": {"market_id": "1", "currency": "JPY", "status": "active"},
    "price_lists": {"price_list_id": "1", "adjustment_percent": -12.5},
    # Shop money in dollars, what the buyer saw in yen beside it.
    "draft_orders": {
        "draft_order_id": "1",
        "status": "invoice_sent",
        "email_hash": HASH,
        "customer_id": "770000000001",
        "currency": "USD",
        "subtotal": D("18.00"),
        "discounts": D("2.00"),
        "shipping": D("5.00"),
        "tax": D("1.44"),
        "total": D("24.44"),
        "presentment_currency": "JPY",
        "presentment_total": D("3666.00"),
        "updated_at": LATER,
        "province": "NY",
    },
    "abandoned_checkouts": {
        "checkout_id": "1",
        "currency": "USD",
        "total": D("24.44"),
        "discounts": D("2.00"),
        "presentment_currency": "JPY",
        "units": 2,
        "presentment_total": D("3666.00"),
        "discount_codes": ["TEN"],
    },
    "discounts": {
        "discount_id": "1",
        "method": "code",
        "kind": "freeshipping",
        "uses": 5,
        "classes": ["shipping"],
        "starts_at": AT,
    },
    "gift_cards": {
        "gift_card_id": "1",
        "balance": D("12.50"),
        "initial_value": D("50.00"),
        "expires_on": date(2027, 3, 2),
        "order_id": "1",
    },
    "fulfillment_orders": {
        "order_id": "1",
        "status": "on_hold",
        "location_id": "5",
        "hold_reasons": ["awaiting_payment"],
        "delivery_method": "shipping",
    },
    "returns": {"return_id": "1", "order_id": "1", "refund_ids": ["8"], "created_at": AT},
    "return_lines": {"line_id": "11", "reason": "too-small", "refunded": 1},
    "shopify_payouts": {
        "payout_id": "1",
        "gross": D("100.00"),
        "charges_fee": D("2.90"),
        "net": D("97.10"),
        "issued_at": AT,
    },
    "shopify_balance_transactions": {
        "payout_id": "1",
        "order_id": "1",
        "net": D("97.10"),
        "payout_status": "paid",
        "processed_at": AT,
    },
    "stripe_products": {"id": "prod_1", "name": "Club"},
    "stripe_prices": {"unit_amount": D("0.00125"), "interval": "month"},
    # Kuwait's dinar: 9.620 = 10.000 - 1.000 + 0.620 in thousandths.
    "stripe_invoices": {
        "total": D("9.62"),
        "tax": D("0.62"),
        "discounts": D("1.00"),
        "email_hash": HASH,
        "subscription_id": "sub_1",
        "currency": "KWD",
        "paid_at": utc("2026-03-02T16:00:00"),
        "payment_intent_ids": ["pi_1"],
    },
    "stripe_invoice_lines": {
        "invoice_id": "in_1",
        "amount": D("10.00"),
        "price_id": "price_1",
        "period_end": utc("2026-03-03T15:00:00"),
    },
    "stripe_payout_transactions": {"id": "txn_1", "payout_id": "po_1"},
    "stripe_invoice_items": {"amount": D("-5.00"), "created_at": AT, "product_id": "prod_1"},
    "stripe_checkout_sessions": {
        "amount_total": D("3300.00"),
        "tax": D("300.00"),
        "currency": "JPY",
        "order_id": "1",
        "email_hash": HASH,
    },
    "stripe_payment_methods": {
        "card_brand": "visa",
        "card_expires_on": date(2028, 2, 29),
        "email_hash": HASH,
        "country": "US",
    },
    "stripe_events": {"object_id": "ch_1", "object_type": "charge", "by_request": False},
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_record_becomes_a_row(lake, name: str) -> None:
    (row,) = rows_of(lake, name)
    assert {column: row[column] for column in EXPECTED[name]} == EXPECTED[name]


def test_lines_stay_in_their_record_with_shop_money(lake) -> None:
    (draft,) = rows_of(lake, "draft_orders")
    assert draft["lines"] == [
        {
            "line_id": "1",
            "product_id": "9",
            "variant_id": "99",
            "sku": "TEE-M",
            "title": "Tee",
            "quantity": 2,
            "unit_price": D("10.00"),
            "discounted_total": D("18.00"),
        }
    ]


def test_each_code_of_a_discount_has_its_uses(lake) -> None:
    rows = rows_of(lake, "discount_codes")
    assert [(row["code"], row["uses"]) for row in rows] == [("SHIP2", 2), ("SHIP3", 3)]
