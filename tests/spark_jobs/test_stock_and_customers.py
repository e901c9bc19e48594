"""gold.inventory_daily and gold.customer_segments against numbers worked out by hand."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from shopify_records import graphql_order

TODAY = datetime.now(ZoneInfo("America/New_York")).date()


def at(days_ago: int, clock: str = "12:00:00") -> str:
    return f"{TODAY - timedelta(days=days_ago)}T{clock}-05:00"


def level(item: int, sku: str, days_ago: int, available: int, tracked: bool = True) -> dict:
    quantities = {"available": available, "on_hand": available + 1, "committed": 1, "incoming": 0}
    return {
        "id": f"gid://shopify/InventoryLevel/{item}?inventory_item_id={item}",
        "isActive": True,
        "updatedAt": at(days_ago),
        "location": {"id": "gid://shopify/Location/1", "name": "Shop"},
        "item": {
            "id": f"gid://shopify/InventoryItem/{item}",
            "sku": sku,
            "tracked": tracked,
            "variant": {"id": f"gid://shopify/ProductVariant/{item}", "title": "M"},
        },
        "quantities": [{"name": name, "quantity": n} for name, n in quantities.items()],
    }


@pytest.fixture(scope="module")
def lab(new_lab):
    lab = new_lab()
    levels = [level(1, "A", 3, 50), level(1, "A", 1, 10), level(2, "B", 1, 0)]
    lab.land("shopify", "inventory_levels", [*levels, level(3, "C", 1, 9, tracked=False)])
    # E stops being tracked, F is not kept there any more, G gets another SKU; two items share H.
    lab.land("shopify", "inventory_levels", [level(5, "E", 3, 5), level(6, "F", 3, 6)])
    lab.land("shopify", "inventory_levels", [level(5, "E", 1, 5, tracked=False)])
    lab.land("shopify", "inventory_levels", [level(6, "F", 1, 6) | {"isActive": False}])
    lab.land("shopify", "inventory_levels", [level(7, "G", 3, 7), level(7, "G2", 1, 7)])
    lab.land("shopify", "inventory_levels", [level(8, "H", 3, 3), level(9, "H", 2, 4)])
    # The variant of I is deleted, and the product of J.
    made = level(11, "J", 3, 4)
    made["item"]["variant"]["product"] = {"id": "gid://shopify/Product/12"}
    lab.land("shopify", "inventory_levels", [level(10, "I", 3, 5), made])
    lab.land("shopify", "variants", [{"id": "gid://shopify/ProductVariant/10"}], deleted=True)
    lab.land("shopify", "products", [{"id": "gid://shopify/Product/12"}], deleted=True)
    # The location of K is closed and deleted.
    closed = {"location": {"id": "gid://shopify/Location/5", "name": "Closed"}}
    lab.land("shopify", "inventory_levels", [level(13, "K", 3, 8) | closed])
    lab.land("shopify", "locations", [{"id": "gid://shopify/Location/5"}], deleted=True)
    for number, ago in ((7, 2), (8, 0)):  # and sold before and after it
        last = graphql_order(number, at(ago), "5.00", 2)
        last["lineItems"]["nodes"][0]["variant"] = {"id": "gid://shopify/ProductVariant/13"}
        lab.land("shopify", "orders", [last])
    # 28 units of A within 28 days: one a day, so 10 left are 10 days of cover, 50 were 50.
    sold = graphql_order(1, at(20), "5.00", 28, customer={"id": "gid://shopify/Customer/1"})
    sold["lineItems"]["nodes"][0]["sku"] = "A"
    old = graphql_order(2, at(200), "7.00", 1, customer={"id": "gid://shopify/Customer/2"})
    again = graphql_order(3, at(2), "9.00", 1, customer={"id": "gid://shopify/Customer/1"})
    # Before the shop changed its currency.
    former = graphql_order(6, at(400), "3.00", 1, currencyCode="CAD", customer=old["customer"])
    lab.land("shopify", "orders", [sold, old, again, former])
    # Between the two, so that six customers stand at each fifth.
    for number in (3, 4, 5, 6):
        who = {"customer": {"id": f"gid://shopify/Customer/{number}"}}
        lab.land(
            "shopify", "orders", [graphql_order(number + 20, at(number * 10), "50.00", 1, **who)]
        )
    counted = {"timestamp": f"{TODAY - timedelta(days=1)} 17:00:00", "location_id": 7}
    lab.land(
        "files",
        "inventory",
        [
            {"id": 1, **counted, "product_title": "Ski", "variant_title": "Ice", "available": 4},
            {"id": 2, **counted, "product_title": "Card", "variant_title": "$10", "sku": "X"},
            {"id": 4, "timestamp": f"{TODAY - timedelta(days=2)}", "location_id": 7, "sku": "Z"}
            | {"available": 3},
            # Counted, and then not tracked any more.
            {"id": 5, "timestamp": at(3), "location_id": 7, "sku": "W", "available": 3},
            {"id": 6, "timestamp": at(1), "location_id": 7, "sku": "W", "available": None},
            # Another zone's tomorrow, or a typing mistake: the last day of stock stays today.
            {"id": 3, **counted, "timestamp": at(-2), "sku": "Y", "available": 7},
        ],
    )
    # D sells one a day and is gone since yesterday.
    gone = graphql_order(4, at(10), "4.00", 28)
    gone["lineItems"]["nodes"][0]["sku"] = "D"
    lab.land("shopify", "orders", [gone])
    lab.land("shopify", "inventory_levels", [level(4, "D", 3, 5), level(4, "D", 1, 0)])
    cost = {"id": "gid://shopify/InventoryItem/4", "unitCost": {"amount": "1.50"}}
    variant = {"id": "gid://shopify/ProductVariant/4", "sku": "D", "inventoryItem": cost}
    product = {
        "id": "gid://shopify/Product/4",
        "updatedAt": at(30),
        "variants": {"nodes": [variant]},
    }
    lab.land("shopify", "products", [product])
    # Dated ahead by a guest, and paid back in part today.
    back = {"id": "gid://shopify/Refund/1", "createdAt": at(0)}
    back["orderAdjustments"] = {"nodes": [{"amountSet": {"shopMoney": {"amount": "-2.00"}}}]}
    ahead = graphql_order(5, at(-40), "8.00", 1, email="a@b.example", refunds=[back])
    lab.land("shopify", "orders", [ahead])
    marts = ("stock_movements", "customer_segments", "customer_ltv", "customer_cohorts")
    lab.build(*marts, "product_performance")
    return lab


def stock(lab, sku: str, days_ago: int) -> dict:
    day = TODAY - timedelta(days=days_ago)
    (row,) = lab.rows("gold.inventory_daily", f"sku = '{sku}' AND date = DATE '{day}'")
    return row


def test_a_day_without_change_carries_the_one_before(lab):
    assert stock(lab, "A", 3)["available"] == 50
    assert stock(lab, "A", 2)["available"] == 50
    assert stock(lab, "A", 1)["available"] == 10
    assert stock(lab, "A", 0)["available"] == 10


def test_a_count_dated_ahead_waits_for_its_day(lab):
    days = {row["date"] for row in lab.rows("gold.inventory_daily")}
    assert max(days) == TODAY
    assert lab.rows("gold.inventory_daily", "sku = 'Y'") == []


def test_a_count_of_a_bare_day_is_of_that_day(lab):
    days = lab.rows("gold.inventory_daily", "sku = 'Z'")
    assert min(row["date"] for row in days) == TODAY - timedelta(days=2)


def test_cover_and_status(lab):
    row = stock(lab, "A", 0)
    assert (row["units_sold_28d"], row["days_of_cover"]) == (28, Decimal("10.0"))
    assert (row["stock_status"], row["on_hand"], row["committed"]) == ("low", 11, 1)
    assert stock(lab, "A", 3)["stock_status"] == "healthy"
    assert stock(lab, "B", 0)["stock_status"] == "out_of_stock"


def moved(lab, sku: str, days_ago: int) -> dict:
    day = TODAY - timedelta(days=days_ago)
    (row,) = lab.rows("gold.stock_movements", f"sku = '{sku}' AND date = DATE '{day}'")
    return row


def test_what_sales_do_not_explain_is_another_movement(lab):
    names = ("opening", "sold", "restocked", "other_movements", "closing")
    assert tuple(moved(lab, "A", 3)[name] for name in names) == (None, 0, 0, None, 50)
    assert tuple(moved(lab, "A", 1)[name] for name in names) == (50, 0, 0, -40, 10)
    assert lab.disagreements("inventory_daily", "stock_movements") == []


def test_a_day_out_of_stock_costs_what_would_have_sold(lab):
    names = ("out_of_stock", "lost_units", "stock_out_cost", "lost_margin")
    assert tuple(moved(lab, "D", 2)[name] for name in names)[:3] == (False, 0, 0)
    cost = (True, Decimal("1.00"), Decimal("4.00"), Decimal("2.50"))
    assert tuple(moved(lab, "D", 0)[name] for name in names) == cost


def test_untracked_items_have_no_stock(lab):
    assert lab.rows("gold.inventory_daily", "sku IN ('C', 'X')") == []


def test_stock_ends_when_it_is_not_kept_any_more(lab):
    rows = lab.rows("gold.inventory_daily", "sku IN ('E', 'F', 'G', 'G2')", "date, sku")
    found = {sku: [(TODAY - r["date"]).days for r in rows if r["sku"] == sku] for sku in "EFG"}
    assert found == {"E": [3, 2], "F": [3, 2], "G": [3, 2]}
    assert [(TODAY - r["date"]).days for r in rows if r["sku"] == "G2"] == [1, 0]


def test_stock_ends_with_a_count_that_says_not_tracked(lab):
    rows = lab.rows("gold.inventory_daily", "sku = 'W'", "date")
    assert [(TODAY - r["date"]).days for r in rows] == [3, 2]


def test_stock_ends_when_the_variant_its_product_or_the_location_is_deleted(lab):
    for sku in ("I", "J", "K"):
        rows = lab.rows("gold.inventory_daily", f"sku = '{sku}'", "date")
        assert [(TODAY - r["date"]).days for r in rows] == [3, 2, 1]


def test_a_count_of_a_bare_day_is_later_than_the_evening_before(new_lab):
    """In America the evening before is past midnight UTC, where a bare day would begin."""
    lab = new_lab()
    evening = level(1, "A", 1, 7) | {"updatedAt": at(1, "21:00:00")}
    lab.land("shopify", "inventory_levels", [evening])
    counted = {"timestamp": str(TODAY), "location_id": 1, "sku": "A", "available": 3}
    lab.land("files", "inventory", [counted | {"id": 1}])
    lab.build("inventory_daily")
    assert [stock(lab, "A", ago)["available"] for ago in (1, 0)] == [7, 3]


def test_a_deletion_that_is_read_again_does_not_bring_the_stock_back(new_lab):
    """A backfill lands a year of deletions once more. Nothing is left today, and no check minds."""
    lab = new_lab()
    lab.land("shopify", "inventory_levels", [level(1, "A", 8, 5)])
    gone = {"id": "gid://shopify/ProductVariant/1", "deletedAt": at(5)}
    for _ in range(2):
        lab.land("shopify", "variants", [gone], deleted=True)
    lab.build("inventory_daily")
    rows = lab.rows("gold.inventory_daily", order="date")
    assert [(TODAY - row["date"]).days for row in rows] == [8, 7, 6]
    assert lab.disagreements("inventory_daily") == []


def test_what_a_deleted_location_had_is_not_left_to_sell(lab):
    rows = lab.rows("gold.product_performance", "variant_id = '13'", "date")
    assert [row["sell_through_rate"] for row in rows] == [Decimal("0.2000"), None]  # 2 / (2 + 8)


def test_items_that_share_a_sku_are_added_up(lab):
    assert [stock(lab, "H", ago)["available"] for ago in (3, 2, 0)] == [3, 7, 7]


def test_counts_without_a_sku_are_known_by_their_titles(lab):
    row = stock(lab, "Ski / Ice", 0)
    assert (row["location_id"], row["available"], row["on_hand"]) == ("7", 4, 4)


def test_customers_are_measured_from_the_day_of_the_last_extraction(lab):
    rows = {row["customer_id"]: row for row in lab.rows("gold.customer_segments")}
    first, second = rows["1"], rows["2"]
    assert first["as_of_date"] == TODAY == date.fromisoformat(str(second["as_of_date"]))
    measured = ("recency_days", "frequency", "monetary", "lifetime_value")
    assert tuple(first[name] for name in measured) == (2, 2, Decimal("149.00"), Decimal("149.00"))
    assert tuple(second[name] for name in measured) == (200, 1, Decimal("7.00"), Decimal("7.00"))


def test_an_average_order_is_one_of_the_shops_currency(lab):
    """The order before the shop changed its currency counts as an order and brings no money."""
    (row,) = lab.rows("gold.customer_ltv", "customer_id = '2'")
    assert (row["orders"], row["average_order_value"]) == (2, Decimal("7.00"))


def test_an_order_dated_ahead_counts_like_the_others(lab):
    assert lab.disagreements("customer_segments", "customer_ltv", "customer_cohorts") == []
    (guest,) = lab.rows("gold.customer_ltv", "is_guest AND orders = 1 AND lifetime_value = 6")
    assert guest["first_order_date"] == TODAY + timedelta(days=40)


def test_the_better_customer_has_the_better_scores(lab):
    rows = {row["customer_id"]: row for row in lab.rows("gold.customer_segments")}
    scores = ("r_score", "f_score", "m_score")
    assert tuple(rows["1"][name] for name in scores) == (5, 5, 5)
    assert tuple(rows["2"][name] for name in scores) == (1, 1, 1)
    assert (rows["1"]["segment"], rows["2"]["segment"]) == ("Champions", "Lost")


def test_fifths_of_recency_have_exact_bounds(lab):
    """Six customers: percent ranks of 0, 0.2 to 1. What 1 - 0.8 leaves in binary is no fifth."""
    rows = {row["customer_id"]: row for row in lab.rows("gold.customer_segments")}
    assert [rows[key]["r_score"] for key in "134562"] == [5, 5, 4, 3, 2, 1]


def test_a_snapshot_of_a_day_ahead_is_not_the_last(lab):
    """A shop that moves west, or was not pulled yet, has had a later day."""
    table, day = lab.lake.name("gold", "customer_segments"), f"DATE '{TODAY}'"
    later = f"SELECT date_add(as_of_date, 1), * EXCEPT (as_of_date) FROM {table}"
    lab.lake.spark.sql(f"INSERT INTO {table} {later} WHERE as_of_date = {day} LIMIT 1")
    assert lab.disagreements("customer_segments") == []
