"""Gold brought up to date by what changed is gold built whole, whatever a change touches.

One lake: built, changed in every way that moves rows between keys, a run killed between two marts
and repeated, and at last built whole. test_replays.py compares with a lake built from bronze once.
"""

import pytest
from shopify_records import rest_line, rest_order, rest_refund
from stripe_records import charge

from spark_jobs.gold import follow, job
from spark_jobs.gold.follow import Head, Moved
from spark_jobs.gold.ledger import NOWHERE, Built, Seen
from spark_jobs.gold.marts import MARTS

# Gold is built three times.
pytestmark = pytest.mark.timeout(900)
# One of each way to follow; each further mart costs the suite seconds.
NAMES = (
    *("sales", "sale_lines", "inventory_daily", "daily_revenue", "daily_shop_overview"),
    *("product_performance", "customer_ltv"),
)
FOLLOWING = tuple(mart for mart in MARTS if mart.name in NAMES)
ZONE = "America/New_York"


def order(number: int, day: int, buyer: int | None, **more) -> dict:
    more = {"customer": {"id": buyer}} | more if buyer else more
    lines = [rest_line(number, f"{number}0.00", 1, tax="1.00", rate="0.1")]
    return rest_order(number, at(day), lines, **more)


def at(day: int) -> str:
    return f"2026-03-{day:02d}T17:00:00Z"


def later(changed: dict) -> dict:
    return changed | {"updated_at": "2026-04-01T00:00:00Z"}


def product(title: str, changed: str) -> dict:
    variant = {"id": "gid://shopify/ProductVariant/60", "title": "Blue", "sku": "SKU-6"}
    return {
        "id": "gid://shopify/Product/600",
        "title": title,
        "updatedAt": changed,
        "variants": {"nodes": [variant]},
    }


def level(available: int, changed: str, place: int = 1) -> dict:
    return {
        "id": f"gid://shopify/InventoryLevel/{place}",
        "updatedAt": changed,
        "location": location(place),
        "item": {
            "id": "gid://shopify/InventoryItem/6",
            "sku": "SKU-6",
            "tracked": True,
            "variant": {"id": "gid://shopify/ProductVariant/60", "title": "Blue"},
        },
        "quantities": [{"name": "available", "quantity": available}],
    }


def location(number: int) -> dict:
    return {"id": f"gid://shopify/Location/{number}", "name": f"Place {number}"}


def left(number: int, day: int, buyer: int | None = None) -> dict:
    customer = {"customer": {"id": f"gid://shopify/Customer/{buyer}"}} if buyer else {}
    return {
        "id": f"gid://shopify/AbandonedCheckout/{number}",
        "createdAt": at(day),
        "updatedAt": at(day),
        "totalPriceSet": {"shopMoney": {"amount": "9.00", "currencyCode": "USD"}},
        **customer,
    }


def before(lab) -> None:
    lab.land(
        "files",
        "shopify_orders",
        [
            order(1, 2, 100),
            order(2, 3, 200),
            order(3, 10, 200),
            order(4, 4, 300, discount_codes=[{"code": "spring"}]),
            order(5, 6, 400),
            order(6, 8, None),
            order(7, 20, 100),
            order(9, 7, 500, fulfillments=[{"id": 91, "status": "success", "created_at": at(15)}]),
        ],
    )
    lab.land("shopify", "products", [product("Old name", at(1))])
    lab.land("shopify", "locations", [location(1), location(2)])
    lab.land("shopify", "inventory_levels", [level(5, at(1)), level(1, at(1), 2)])
    lab.land("stripe", "charges", [charge("ch_4", 4000, "4", status="failed")])
    lab.land("shopify", "abandoned_checkouts", [left(1, 5, 100), left(2, 5, 100), left(3, 5)])


def change(lab) -> None:
    back = {"line_item_id": 4, "quantity": 1, "subtotal": "40.00", "total_tax": "1.00"}
    lab.land(
        "files",
        "shopify_orders",
        [
            later(order(1, 5, 100)),
            later(order(4, 4, 300, refunds=[rest_refund(41, at(12), [back])])),
            later(order(5, 6, 400, cancelled_at=at(7))),
            order(8, 21, 100),
        ],
    )
    lab.land("shopify", "orders", [{"id": 2}], deleted=True)
    lab.land("shopify", "products", [product("New name", at(9))])
    lab.land("shopify", "inventory_levels", [level(2, at(9))])
    lab.land("shopify", "variants", [{"id": "gid://shopify/ProductVariant/60"}], deleted=True)
    lab.land("shopify", "locations", [{"id": location(2)["id"]}], deleted=True)
    lab.land("stripe", "charges", [charge("ch_4", 4000, "4")])
    lab.land("shopify", "abandoned_checkouts", [left(4, 24, 300)])
    lab.land("shopify", "abandoned_checkouts", [{"id": left(2, 5)["id"]}], deleted=True)


def tables(lab) -> dict[str, list[dict]]:
    return {
        mart.name: lab.rows(f"gold.{mart.name}", order=", ".join(mart.description.columns))
        for mart in FOLLOWING
    }


@pytest.fixture(scope="module")
def lab(new_lab):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("spark_jobs.gold.job.MARTS", FOLLOWING)
        lab = new_lab()
        before(lab)
        lab.build()
        assert job.run(lab.lake, ZONE) == len(FOLLOWING)
        assert job.run(lab.lake, ZONE) == 0
        change(lab)
        lab.build()
        die_between_marts(lab, patched)
        lab.whole = []
        build = job.build
        patched.setattr(job, "build", lambda *given: (lab.whole.append(given[1]), build(*given)))
        with patched.context() as small:
            # inventory_daily has more rows than are held, as all of a bigger shop's last months.
            small.setattr(follow, "MOST", 100)
            small.setattr(follow, "PART", 0)
            job.run(lab.lake, ZONE)
        lab.followed = tables(lab)
        yield lab


def die_between_marts(lab, patched: pytest.MonkeyPatch) -> None:
    """The marts before daily_revenue are written, and the ledger knows nothing of it."""
    bring_up = job.bring_up

    def killed(lake, mart, *given):
        if mart.name == "daily_revenue":
            raise KeyboardInterrupt
        return bring_up(lake, mart, *given)

    with patched.context() as dying:
        dying.setattr(job, "bring_up", killed)
        with pytest.raises(KeyboardInterrupt):
            job.run(lab.lake, ZONE)


def test_no_mart_that_follows_was_built_whole(lab) -> None:
    assert [mart.name for mart in lab.whole if mart.follow] == []


def test_an_order_that_moves_touches_both_days(lab) -> None:
    days = {row["date"].day: row["orders"] for row in lab.followed["daily_revenue"]}
    # The second of March was the first day with a sale; the third lost its deleted order.
    assert (min(days), days[4], days[5]) == (4, 1, 1)


def test_the_next_order_becomes_the_buyers_first(lab) -> None:
    (sale,) = [row for row in lab.followed["sales"] if row["order_id"] == "3"]
    assert (sale["first_date"], sale["order_number"]) == (sale["date"], 1)
    (buyer,) = [row for row in lab.followed["customer_ltv"] if row["customer_id"] == "200"]
    assert (buyer["orders"], buyer["first_order_date"].day) == (1, 10)


def test_a_refund_stands_on_its_own_day(lab) -> None:
    returns = {row["date"].day: row["returns"] for row in lab.followed["daily_revenue"]}
    assert (returns[4], returns[12]) == (0, 40)
    assert returns[7] == 50  # the cancelled order's


def test_a_change_of_the_catalogue_reaches_the_days_that_sold_it(lab) -> None:
    (sold,) = [r for r in lab.followed["product_performance"] if r["variant_id"] == "60"]
    assert sold["product_title"] == "New name"


def test_a_checkout_counts_on_the_day_it_was_begun(lab) -> None:
    names = ("count_abandoned_checkouts", "count_customers_abandoned_checkout")
    days = {
        row["date_day"].day: tuple(row[name] for name in names)
        for row in lab.followed["daily_shop_overview"]
    }
    assert (days[5], days[6], days[24]) == ((2, 1), (0, 0), (1, 1))


def test_a_parcel_counts_once_on_a_day_that_nothing_touched(lab) -> None:
    rows = [row for row in lab.followed["daily_shop_overview"] if row["date_day"].day == 15]
    assert [row["count_fulfillment_confirmed"] for row in rows] == [1]


def test_stock_changes_from_its_day_on(lab) -> None:
    rows = [row for row in lab.followed["inventory_daily"] if row["location_id"] == "1"]
    stock = {row["date"].day: row["available"] for row in rows[:9]}
    assert (stock[8], stock[9]) == (5, 2)


def test_all_of_it_is_what_building_it_whole_gives(lab) -> None:
    """A mart that the ledger does not know, or of which it says what no run has written, is built
    whole."""
    built = lab.lake.name("gold", "built")
    lab.lake.spark.sql(f"DELETE FROM {built} WHERE mart < 'm'")
    damaged = """CASE WHEN mart < 'sales' THEN '{"code": ' ELSE '{"sources": {"a": 1}}' END"""
    lab.lake.spark.sql(f"UPDATE {built} SET seen = 0, state = {damaged}")
    assert job.run(lab.lake, ZONE) == len(FOLLOWING)
    assert tables(lab) == lab.followed


@pytest.mark.parametrize(("share", "much"), [(1 / 4, False), (1 / 2, True)])
def test_a_mart_is_built_whole_when_much_of_it_is_touched(lab, monkeypatch, share, much) -> None:
    def is_much(name: str, keys: int, first: str = "") -> bool:
        mart = job.MART[name]
        return follow._is_much(lab.lake, mart, mart.follow(NOWHERE), keys, first)

    sales, days = (len(lab.followed[name]) for name in ("sales", "inventory_daily"))
    first = sorted(row["date"] for row in lab.followed["inventory_daily"])[int(-share * days)]
    buyers = len({row["buyer"] or row["order_id"] for row in lab.followed["sales"]})
    assert buyers < sales
    assert not is_much("sales", int(share * buyers))
    assert not is_much("inventory_daily", 1, str(first))
    monkeypatch.setattr(follow, "FEW", 0)
    monkeypatch.setattr(follow, "MOST", 0)
    assert is_much("sales", int(share * buyers)) == much
    assert is_much("inventory_daily", 1, str(first)) == much


@pytest.mark.parametrize(
    ("seen", "told_since"),
    [
        (Seen("declared anew", [2], 9), 0),  # the source was built by another declaration
        (Seen("declared", [2], 9), 5),  # the feed does not reach back to what was seen
    ],
)
def test_a_broken_feed_is_not_followed(seen: Seen, told_since: int) -> None:
    former = Built("code", "", 1, {"silver.orders": Seen("declared", [1], 4)})
    assert job.moved_since(former, {"silver.orders": (seen, Head(9, told_since))}) is None


def test_a_whole_feed_is_followed() -> None:
    former = Built("code", "", 1, {"silver.orders": Seen("declared", [1], 4)})
    now = {"silver.orders": (Seen("declared", [2], 9), Head(9, 4))}
    assert job.moved_since(former, now) == {"silver.orders": Moved(4, 9)}
