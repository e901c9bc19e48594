"""The marts of sales, parcels, visits and subscriptions against numbers worked out by hand.

One shop of four orders, built once by the gold task itself.
"""

from datetime import date
from decimal import Decimal

import pytest
from shopify_records import rest_line, rest_order, rest_refund, rest_shipping
from stripe_records import charge, entry, epoch, payout, subscription

from spark_jobs.gold.integrity import IntegrityError
from spark_jobs.gold.integrity import run as run_integrity
from spark_jobs.gold.job import run as run_gold
from spark_jobs.gold.marts import MARTS
from spark_jobs.lakehouse import plain

# Eighteen marts are built once; on a busy machine that takes minutes.
pytestmark = pytest.mark.timeout(900)
D = Decimal
ZONE = "America/New_York"
SHOP = {
    "id": "gid://shopify/Shop/1",
    "name": "Fern",
    "currencyCode": "USD",
    "ianaTimezone": ZONE,
    "updatedAt": "2026-03-01T00:00:00Z",
}


def parcel(number: int, at: str, tracking: str | None) -> dict:
    known = {"tracking_company": "UPS", "tracking_number": tracking} if tracking else {}
    return {"id": number, "status": "success", "created_at": at, "location_id": 1, **known}


NEW_YORK = {"country_code": "US", "province_code": "NY"}
STATE, CITY = ({"title": "State", "rate": 0.04}, {"title": "City", "rate": 0.045})
FIRST_LINE = rest_line(11, "50.00", 2, discount="10.00") | {
    "tax_lines": [{**STATE, "price": "3.60"}, {**CITY, "price": "4.05"}]
}
ORDERS = [
    rest_order(
        1,
        "2026-03-02T10:00:00-05:00",
        [FIRST_LINE],
        customer={"id": 501},
        total_price="102.65",
        discount_codes=[{"code": "save10"}, {"code": " "}],
        shipping_address=NEW_YORK,
        shipping_lines=[rest_shipping("5.00")],
        fulfillments=[parcel(91, "2026-03-03T10:00:00-05:00", "T1")],
        refunds=[
            rest_refund(
                71,
                "2026-03-04T09:00:00-05:00",
                [{"line_item_id": 11, "quantity": 1, "subtotal": 45.0, "total_tax": 3.83}],
            )
            | {"note": " Too small, write to a.b@example.com "}
        ],
    ),
    rest_order(
        2,
        "2026-03-03T12:00:00-05:00",
        [rest_line(21, "30.00", 1)],
        customer={"id": 501},
        total_price="30.00",
        fulfillments=[parcel(92, "2026-03-03T18:00:00-05:00", "T2")],
        cancelled_at="2026-03-05T08:00:00-05:00",
        cancel_reason="customer",
    ),
    rest_order(
        3,
        "2026-04-01T12:00:00-04:00",
        [rest_line(11, "20.00", 3, discount="6.00")],
        customer={"id": 502},
        total_price="54.00",
        fulfillments=[parcel(93, "2026-04-02T14:00:00-04:00", None) | {"location_id": None}],
        refunds=[
            rest_refund(
                72,
                "2026-04-02T12:00:00-04:00",
                [],
                [{"id": 1, "reason": "DAMAGE", "amount": "-5.00"}],
            )
        ],
    ),
    # A line without a product, in a currency of big numbers.
    rest_order(
        4,
        "2026-04-10T12:00:00-04:00",
        [
            rest_line(41, "300000000.00", 1)
            | {"product_id": None, "variant_id": None}
            | {"tax_lines": [{**STATE, "price": "10000001.00"}, {**CITY, "price": "20000000.00"}]}
        ],
        # A parcel of no day: a dump may leave its time out.
        fulfillments=[{"id": 94, "status": "success"}],
        currency="VND",
        total_price="330000001.00",
        shipping_lines=[rest_shipping("30000") | {"discounted_price": "0"}],
    ),
]
LEVEL = {
    "id": "gid://shopify/InventoryLevel/1?inventory_item_id=1",
    "updatedAt": "2026-03-01T12:00:00Z",
    "location": {"id": "gid://shopify/Location/1"},
    "item": {"id": "gid://shopify/InventoryItem/1", "variant": {"id": "gid://shopify/V/110"}},
    "quantities": [{"name": "available", "quantity": 6}],
}
PARCELS = [
    {"tracking_number": "T1", "promised_at": "2026-03-05", "delivered_at": "2026-03-05"},
    {"tracking_number": "T2", "promised_at": "2026-03-04", "delivered_at": "2026-03-06"},
    {"tracking_number": "T9", "order_name": "3", "shipped_at": "2026-04-03T10:00:00Z"},
    {"tracking_number": "T10", "order_name": "4", "shipped_at": "2026-04-12"},
]
# Just before midnight in New York: the whole visit belongs to the 1st.
CLICKS = [
    ("s1", "2026-03-02T04:59:00Z", "page_view"),
    ("s1", "2026-03-02T05:10:00Z", "product_viewed"),
    ("s1", "2026-03-02T05:11:00Z", "product_added_to_cart"),
    ("s1", "2026-03-02T05:12:00Z", "checkout_started"),
    ("s1", "2026-03-02T05:13:00Z", "Checkout Completed"),
    ("s2", "2026-03-03T12:00:00Z", "view_item"),
    ("s2", "2026-03-03T12:01:00Z", "view_item"),
    ("s3", "2026-03-03T13:00:00Z", "page_view"),
]


def coupon(**terms) -> dict:
    """A discount as Stripe shows it, expanded."""
    return {"source": {"type": "coupon", "coupon": {"duration": "forever", **terms}}}


ENDED = epoch("2026-03-20T12:00:00+00:00")
SUBSCRIPTIONS = [
    subscription("sub_a", "cus_a", 1000, "2026-01-15"),
    subscription(
        "sub_b",
        "cus_b",
        24000,
        "2026-02-10",
        interval="year",
        status="canceled",
        ended_at=ENDED,
        discounts=[coupon(percent_off=25.0), coupon(amount_off=6000)],
    ),
    subscription(
        "sub_c", "cus_b", 3000, "2026-05-05", discounts=[coupon(percent_off=10, duration="once")]
    ),
    subscription("sub_d", "cus_a", 500, "2026-03-01", quantity=2),
    subscription("sub_e", "cus_e", 9900, "2026-03-01", status="trialing"),
    subscription(
        "sub_f",
        "cus_f",
        700,
        "2026-06-01",
        status="trialing",
        trial_end=epoch("2026-07-01T12:00:00+00:00"),
    ),
]


@pytest.fixture(scope="module")
def lab(new_lab):
    lab = new_lab()
    lab.land("shopify", "shop", [SHOP])
    lab.land("files", "shopify_orders", ORDERS)
    lab.land("shopify", "inventory_levels", [LEVEL])
    lab.land(
        "files", "shipping", [{"id": p["tracking_number"], "carrier": "DHL", **p} for p in PARCELS]
    )
    clicks = [
        {"id": n, "session_id": session, "timestamp": at, "event": event}
        for n, (session, at, event) in enumerate(CLICKS)
    ]
    lab.land("files", "clickstream", clicks)
    paid = entry("txn_1", "ch_1", 10265, 328, "2026-03-04")
    created = epoch("2026-03-04T15:00:00+00:00")
    sent = entry("txn_2", "po_1", -9937, 0, "2026-03-04", type="payout", created=created)
    lab.land("stripe", "balance_transactions", [paid, sent])
    lab.land("stripe", "payouts", [payout("po_1", "2026-03-04", 9937)])
    lab.land(
        "stripe", "charges", [charge("ch_1", 10265, "1"), charge("ch_0", 700, status="failed")]
    )
    lab.land("stripe", "subscriptions", SUBSCRIPTIONS)
    # Seen later with half the quantity, and a trial that ended before its day; that one is deleted.
    later = {"status": "active", "trial_end": epoch("2026-06-04T12:00:00+00:00")}
    ended = [subscription("sub_d", "cus_a", 500, "2026-03-01"), SUBSCRIPTIONS[-1] | later]
    lab.land("stripe", "subscriptions", ended)
    lab.land("stripe", "subscriptions", [{"id": "sub_f"}], deleted=True)
    lab.build()
    assert run_gold(lab.lake, ZONE) == len(MARTS)
    return lab


def found(lab, table: str, key: tuple[str, ...], *names: str) -> dict:
    def value(cell):
        return str(cell) if isinstance(cell, date | Decimal) else cell

    rows = lab.rows(f"gold.{table}")
    return {
        tuple(value(row[k]) for k in key): tuple(value(row[name]) for name in names) for row in rows
    }


def test_products_carry_their_sales_and_returns(lab):
    names = ("units", "gross_sales", "discounts", "net_sales", "returned_units")
    rows = found(lab, "product_performance", ("date", "product_id", "variant_id"), *names)
    assert rows == {
        ("2026-03-02", "1100", "110"): (2, "100.00", "10.00", "90.00", 0),
        ("2026-03-03", "2100", "210"): (1, "30.00", "0.00", "30.00", 0),
        ("2026-03-04", "1100", "110"): (0, "0.00", "0.00", "-45.00", 1),
        ("2026-03-05", "2100", "210"): (0, "0.00", "0.00", "-30.00", 1),
        ("2026-04-01", "1100", "110"): (3, "60.00", "6.00", "54.00", 0),
        ("2026-04-02", "", ""): (0, "0.00", "0.00", "-5.00", 0),
        ("2026-04-10", "", ""): (1, "300000000.00", "0.00", "300000000.00", 0),
    }
    rates = found(lab, "product_performance", ("date",), "sell_through_rate")
    assert rates["2026-03-02",] == ("0.2500",)  # 2 / (2 + 6)
    assert rates["2026-03-03",] == (None,)  # its stock was never seen


def test_discounts(lab):
    names = ("orders", "new_customers", "net_sales", "discount_rate")
    assert found(lab, "discount_effect", ("date", "discount"), *names) == {
        ("2026-03-02", "SAVE10"): (1, 1, "90.00", "0.1000"),
        ("2026-03-03", "none"): (1, 0, "30.00", "0.0000"),
        ("2026-03-04", "SAVE10"): (0, 0, "-45.00", None),
        ("2026-03-05", "none"): (0, 0, "-30.00", None),
        ("2026-04-01", "automatic"): (1, 1, "54.00", "0.1000"),
        ("2026-04-02", "automatic"): (0, 0, "-5.00", None),
        ("2026-04-10", "automatic"): (1, 0, "300000000.00", "0.0000"),
    }


def test_reasons_without_addresses(lab):
    rows = found(lab, "refund_reasons", ("date", "reason"), "refunds", "units", "returns")
    assert rows == {
        ("2026-03-04", "too small, write to …"): (1, 1, "45.00"),
        ("2026-03-05", "customer"): (1, 0, "30.00"),
        ("2026-04-02", "damage"): (1, 0, "5.00"),
    }


def test_taxes_of_a_refund_are_split_like_the_orders(lab):
    names = ("rate", "collected", "returned", "taxes")
    assert found(lab, "tax_by_jurisdiction", ("date", "province", "tax"), *names) == {
        ("2026-03-02", "NY", "City"): ("0.045000", "4.05", "0.00", "4.05"),
        ("2026-03-02", "NY", "State"): ("0.040000", "3.60", "0.00", "3.60"),
        # 3.83 × 4.05 / 7.65 = 2.03, the rest 1.80
        ("2026-03-04", "NY", "City"): ("0.045000", "0.00", "2.03", "-2.03"),
        ("2026-03-04", "NY", "State"): ("0.040000", "0.00", "1.80", "-1.80"),
        ("2026-04-10", "", "City"): ("0.045000", "20000000.00", "0.00", "20000000.00"),
        ("2026-04-10", "", "State"): ("0.040000", "10000001.00", "0.00", "10000001.00"),
    }


def test_cohorts_and_lifetime_value(lab):
    key = ("cohort_month", "months_since_first_order")
    names = ("customers", "active_customers", "orders", "net_sales", "retention", "repeat_rate")
    rows = found(lab, "customer_cohorts", key, *names, "lifetime_value")
    # 90 + 30 - 45 - 30
    assert rows["2026-03-01", 0] == (1, 1, 2, "45.00", "1.0000", "1.0000", "45.00")
    assert rows["2026-03-01", 1] == (1, 0, 0, "0.00", "0.0000", "1.0000", "45.00")
    assert rows["2026-04-01", 0] == (1, 1, 1, "49.00", "1.0000", "0.0000", "49.00")
    names = ("orders", "is_repeat", "days_to_second_order", "average_order_value", "ltv_30d")
    assert found(lab, "customer_ltv", ("customer_id",), *names, "lifetime_value") == {
        ("501",): (2, True, 1, "60.00", "45.00", "45.00"),
        ("502",): (1, False, None, "54.00", "49.00", "49.00"),
    }


def test_carriers_and_their_promises(lab):
    names = ("orders", "median_hours_to_fulfil", "p90_hours_to_fulfil", "delivered_on_time_rate")
    assert found(lab, "shipping_performance", ("date", "carrier"), *names) == {
        # 24 and 6 hours; one of two promises kept
        ("2026-03-03", "UPS"): (2, "15.00", "22.20", "0.5000"),
        ("2026-04-02", "unknown"): (1, "26.00", "26.00", None),
        ("2026-04-03", "DHL"): (1, "42.00", "42.00", None),
        # The carrier's own day, which in New York begins four hours after midnight UTC.
        ("2026-04-12", "DHL"): (1, "32.00", "32.00", None),
    }


def test_visits_count_once_a_step_on_the_day_they_began(lab):
    names = ("sessions", "product_views", "add_to_carts", "checkouts", "purchases")
    assert found(lab, "funnel_daily", ("date",), *names, "conversion_rate") == {
        ("2026-03-01",): (1, 1, 1, 1, 1, "1.0000"),
        ("2026-03-02",): (0, 0, 0, 0, 0, None),
        ("2026-03-03",): (2, 1, 0, 0, 0, "0.0000"),
    }


def test_recurring_revenue_and_what_moved_it(lab):
    names = ("opening", "new", "expansion", "contraction", "churned", "reactivation")
    columns = (*(f"{name}_mrr" for name in names), "mrr")
    rows = found(lab, "subscription_mrr", ("month",), *columns)

    def moved(opening: int, mrr: int, **moves: int) -> tuple[str, ...]:
        amounts = dict.fromkeys(names, 0) | {"opening": opening} | moves
        return tuple(f"{amount}.00" for amount in (*amounts.values(), mrr))

    assert rows["2026-01-01",] == moved(0, 10, new=10)
    assert rows["2026-02-01",] == moved(10, 20, new=10)  # 240 a year less 25 % less 60
    assert rows["2026-03-01",] == moved(20, 20, expansion=10, churned=10)
    assert rows["2026-05-01",] == moved(20, 50, reactivation=30)
    assert rows["2026-06-01",] == moved(50, 57, new=7)
    assert rows["2026-07-01",] == moved(57, 57)
    assert rows[max(rows)] == moved(57, 45, contraction=5, churned=7)


def test_overview_has_the_names_that_dbt_users_know(lab):
    names = ("count_orders", "count_line_items", "quantity_sold", "quantity_refunded")
    amounts = ("order_adjusted_total", "total_discounts", "net_sales", "total_daily_sales_amount")
    rows = found(lab, "daily_shop_overview", ("date_day",), *names, *amounts)
    # 102.65 - 45.00 - 3.83: what the order is worth after its refund
    assert rows["2026-03-02",] == (1, 1, 2, 1, "53.82", "10.00", "90.00", "102.65")
    assert rows["2026-03-04",] == (0, 0, 0, 0, "0.00", "0.00", "-45.00", "0.00")
    names = ("count_variants_sold", "count_products_sold", "count_locations_ordered_from")
    names += ("count_orders_with_discounts",)  # on lines, or on shipping alone
    rows = found(lab, "daily_shop_overview", ("date_day", "currency"), *names)
    assert rows["2026-03-02", "USD"] == (1, 1, 1, 1)
    assert rows["2026-04-01", "USD"] == (1, 1, 0, 1)  # sent from nobody knows where
    assert rows["2026-04-10", "VND"] == (0, 0, 0, 1)
    # The activity is before payouts, the end balance after them, and only its rolling total is what
    # lies at Stripe: as dbt_stripe has them.
    names = ("daily_net_activity_amount", "daily_end_balance_amount")
    balance = found(
        lab, "daily_shop_overview", ("date_day",), *names, "rolling_daily_end_balance_amount"
    )
    assert balance["2026-03-02",] == ("99.37", "99.37", "99.37")
    assert balance["2026-03-03",] == ("0.00", "0.00", "99.37")
    assert balance["2026-03-04",] == ("0.00", "-99.37", "0.00")


def test_a_second_run_builds_nothing(lab):
    assert run_gold(lab.lake, ZONE) == 0


def test_every_column_is_described_on_its_table(lab):
    for mart in MARTS:
        schema = lab.lake.spark.table(lab.lake.name("gold", mart.name)).schema
        described = {field.name: field.metadata.get("comment") for field in schema}
        meant = {name: plain(meaning) for name, meaning in mart.description.columns.items()}
        assert described == meant, mart.name


def test_integrity_passes_once_and_names_what_is_wrong(lab):
    assert run_integrity(lab.lake, ZONE) > len(MARTS)
    assert run_integrity(lab.lake, ZONE) == 0
    assert lab.rows("gold.data_quality", "status <> 'passed'") == []
    revenue = lab.lake.name("gold", "daily_revenue")
    lab.lake.spark.sql(f"UPDATE {revenue} SET orders = 7 WHERE date = DATE '2026-03-02'")
    built = lab.lake.name("gold", "built")
    lab.lake.spark.sql(
        f"UPDATE {built} SET built_at = current_timestamp() WHERE mart = 'daily_revenue'"
    )
    said = "gold.daily_revenue, orders of silver: 10 measured, 4 expected, 6 apart"
    for _ in range(2):  # a repaired run must not be green
        with pytest.raises(IntegrityError, match=said):
            run_integrity(lab.lake, ZONE)
    (row,) = lab.rows(
        "gold.data_quality",
        "status = 'failed' AND checked_at = (SELECT max(checked_at) FROM "
        f"{lab.lake.name('gold', 'data_quality')})",
    )
    assert (row["table"], row["check"], row["difference"]) == (
        "daily_revenue",
        "orders of silver",
        6,
    )


def test_a_wrong_amount_is_named(lab):
    """The last test: what it damages stays so."""
    damaged = {
        "sales": {"shipping": "shipping and taxes", "gross_sales": "net sales of their parts"},
        "sale_lines": {"net_sales": "net sales of their parts"},
        "product_performance": {"gross_sales": "net sales of their parts"},
        "discount_effect": {"gross_sales": "net sales of their parts"},
        "tax_by_jurisdiction": {"collected": "taxes of their parts"},
        "customer_segments": {"lifetime_value": "lifetime values"},
        "payment_reconciliation": {
            "stripe_refunded": "refunded amounts",
            "stripe_fee": "fees",
            "stripe_net": "net",
        },
        "payout_summary": {"fees": "net of its parts"},
        "daily_shop_overview": {
            "total_daily_sales_amount": "amounts of Stripe",
            "count_orders": "orders of daily_revenue",
        },
    }
    for table, columns in damaged.items():
        more = ", ".join(f"{column} = {column} + 1" for column in columns)
        lab.lake.spark.sql(f"UPDATE {lab.lake.name('gold', table)} SET {more}")
        found = {result.check for result in lab.disagreements(table)}
        assert set(columns.values()) - found == set(), table
