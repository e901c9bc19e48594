"""gold.daily_revenue against numbers worked out by hand; the working stands beside each case."""

from datetime import date
from decimal import Decimal

import pytest
from shopify_records import graphql_order, rest_line, rest_order, rest_refund, rest_shipping

D = Decimal
SHOP = {
    "id": "gid://shopify/Shop/1",
    "currencyCode": "USD",
    "ianaTimezone": "America/New_York",
    "updatedAt": "2026-03-01T00:00:00Z",
}


def rest_bag(amount: str) -> dict:
    return {"shop_money": {"amount": amount, "currency_code": "USD"}}


# As REST tells it since 2024-10: refunded shipping is no adjustment any more, duties have a list of
# their own, and a tip is among the lines. In francs, so a row of its own.
TIPPED = rest_order(
    9,
    "2026-03-02T10:00:00-05:00",
    [
        rest_line(91, "50.00", 1, tax="4.00", rate=0.08),
        rest_line(92, "7.00", 1)
        | {"title": "Tip", "tip_payment_gateway": "shopify_payments", "product_id": None},
    ],
    currency="CHF",
    shipping_lines=[rest_shipping("8.00")],
    total_tip_received="7.00",
    original_total_duties_set=rest_bag("6.00"),
    refunds=[
        rest_refund(
            73,
            "2026-03-03T12:00:00-05:00",
            [
                {"line_item_id": 91, "quantity": 1, "subtotal": 50.0, "total_tax": 4.0},
                {"line_item_id": 92, "quantity": 1, "subtotal": 7.0, "total_tax": 0},
            ],
            # What a version between the two ways tells in both is refunded once.
            [{"id": 3, "kind": "shipping_refund", "amount": "-8.00", "tax_amount": "-0.60"}],
        )
        | {
            "refund_shipping_lines": [
                {"subtotal_amount_set": rest_bag("8.00"), "tax_amount_set": rest_bag("0.60")}
            ],
            "duties": [{"duty_id": 1, "amount_set": rest_bag("6.00")}],
        }
    ],
    cancelled_at="2026-03-04T12:00:00-05:00",
    total_tax="4.60",
)


@pytest.fixture(scope="module")
def revenue(new_lab):
    lab = new_lab()
    lab.land("shopify", "shop", [SHOP])
    lab.land(
        "files",
        "shopify_orders",
        [
            # 2 x 50.00 less 10.00, 7.20 tax, 5.00 shipping; one of two comes back two days later.
            rest_order(
                1,
                "2026-03-02T10:00:00-05:00",
                [rest_line(11, "50.00", 2, discount="10.00", tax="7.20", rate=0.08)],
                shipping_lines=[rest_shipping("5.00")],
                customer={"id": 501},
                refunds=[
                    rest_refund(
                        71,
                        "2026-03-04T09:00:00-05:00",
                        [{"line_item_id": 11, "quantity": 1, "subtotal": 45.0, "total_tax": 3.6}],
                    )
                ],
            ),
            # Cancelled two days later without a refund record: sale on the 3rd, return on the 5th.
            rest_order(
                3,
                "2026-03-03T12:00:00-05:00",
                [rest_line(31, "30.00", 1, tax="2.40", rate=0.08)],
                shipping_lines=[rest_shipping("4.00")],
                cancelled_at="2026-03-05T08:00:00-05:00",
                customer={"id": 501},
            ),
            # Prices include 19 %: 119.00 less 11.90 is 107.10, of that 17.10 tax, so net 90.00;
            # without the discount 119.00 / 1.19 = 100.00. In euros, so a row of its own.
            rest_order(
                4,
                "2026-03-02T10:00:00-05:00",
                [rest_line(41, "119.00", 1, discount="11.90", tax="17.10", rate=0.19)],
                taxes_included=True,
                currency="EUR",
            ),
            # In yen: 3300 less 300 is 3000, of that 273 tax; 3300 / 3000 of what is left, whole.
            rest_order(
                10,
                "2026-03-02T10:00:00-05:00",
                [rest_line(101, "1100", 3, discount="300", tax="273", rate=0.1)],
                taxes_included=True,
                currency="JPY",
            ),
            # Free shipping by a code. REST's discounted price left it out until API 2024-07.
            rest_order(
                11,
                "2026-03-02T10:00:00-05:00",
                [rest_line(111, "10.00", 1)],
                currency="CAD",
                shipping_lines=[
                    rest_shipping("9.00") | {"discount_allocations": [{"amount": "9.00"}]},
                    rest_shipping("8.00")
                    | {"discounted_price": "6.00", "discount_allocations": [{"amount": "2.00"}]},
                ],
            ),
            # The day the clocks go forward (8 March 2026, 2:00): first and last half hour.
            rest_order(5, "2026-03-08T00:30:00-05:00", [rest_line(51, "10.00", 1)]),
            rest_order(6, "2026-03-08T23:30:00-04:00", [rest_line(61, "15.00", 1)]),
            rest_order(7, "2026-03-03T12:00:00-05:00", [rest_line(70, "999.00", 1)], test=True),
            # All of it comes back next day, with its shipping, and 5.00 more for the trouble.
            rest_order(
                8,
                "2026-03-06T12:00:00-05:00",
                [rest_line(81, "40.00", 1, tax="4.00", rate=0.1)],
                shipping_lines=[rest_shipping("6.00")],
                refunds=[
                    rest_refund(
                        72,
                        "2026-03-07T12:00:00-05:00",
                        [{"line_item_id": 81, "quantity": 1, "subtotal": 40.0, "total_tax": 4.0}],
                        [
                            {"id": 1, "kind": "shipping_refund", "amount": "-6.00"},
                            {"id": 2, "kind": "refund_discrepancy", "amount": "-5.00"},
                        ],
                    )
                ],
            ),
            TIPPED,
        ],
    )
    # 23:30 in New York on the 2nd is 04:30 UTC on the 3rd: it belongs to the 2nd.
    lab.land("shopify", "orders", [graphql_order(2, "2026-03-03T04:30:00Z", "20.00", 1)])
    lab.build("product_performance", "daily_revenue")
    assert lab.disagreements("sales", "sale_lines", "product_performance", "daily_revenue") == []
    return {(row["date"], row["currency"]): row for row in lab.rows("gold.daily_revenue")}


def pick(row, *names):
    return tuple(row[name] for name in names)


AMOUNTS = ("gross_sales", "discounts", "returns", "net_sales", "shipping", "taxes", "total_sales")


def test_sale_and_late_evening_order_belong_to_the_shops_day(revenue):
    row = revenue[date(2026, 3, 2), "USD"]
    assert pick(row, "orders", "units") == (2, 3)
    expected = ("120.00", "10.00", "0.00", "110.00", "5.00", "7.20", "122.20")
    assert pick(row, *AMOUNTS) == tuple(map(D, expected))
    assert row["average_order_value"] == D("55.00")


def test_refund_stands_on_its_own_day(revenue):
    row = revenue[date(2026, 3, 4), "USD"]
    assert row["orders"] == 0
    expected = ("0.00", "0.00", "45.00", "-45.00", "0.00", "-3.60", "-48.60")
    assert pick(row, *AMOUNTS) == tuple(map(D, expected))
    assert row["average_order_value"] is None


def test_cancelled_order_is_its_sale_and_its_return(revenue):
    sold, back = revenue[date(2026, 3, 3), "USD"], revenue[date(2026, 3, 5), "USD"]
    assert pick(sold, *AMOUNTS)[:4] == (D("30.00"), D("0.00"), D("0.00"), D("30.00"))
    expected = ("0.00", "0.00", "30.00", "-30.00", "-4.00", "-2.40", "-36.40")
    assert pick(back, *AMOUNTS) == tuple(map(D, expected))


def test_tax_is_taken_out_of_inclusive_prices(revenue):
    row = revenue[date(2026, 3, 2), "EUR"]
    expected = ("100.00", "10.00", "0.00", "90.00", "0.00", "17.10", "107.10")
    assert pick(row, *AMOUNTS) == tuple(map(D, expected))


def test_a_price_without_tax_is_whole_where_the_currency_is(revenue):
    row = revenue[date(2026, 3, 2), "JPY"]
    expected = ("3000.00", "273.00", "0.00", "2727.00", "0.00", "273.00", "3000.00")
    assert pick(row, *AMOUNTS) == tuple(map(D, expected))


def test_a_discount_of_shipping_lowers_it_once(revenue):
    row = revenue[date(2026, 3, 2), "CAD"]
    expected = ("10.00", "0.00", "0.00", "10.00", "6.00", "0.00", "16.00")
    assert pick(row, *AMOUNTS) == tuple(map(D, expected))


def test_clock_change_day_is_one_day(revenue):
    row = revenue[date(2026, 3, 8), "USD"]
    assert pick(row, "orders", "gross_sales") == (2, D("25.00"))


def test_shipping_refund_and_discrepancy(revenue):
    row = revenue[date(2026, 3, 7), "USD"]
    expected = ("0.00", "0.00", "45.00", "-45.00", "-6.00", "-4.00", "-55.00")
    assert pick(row, *AMOUNTS) == tuple(map(D, expected))


def test_duties_tips_and_shipping_come_back_once(revenue):
    sold, back = revenue[date(2026, 3, 2), "CHF"], revenue[date(2026, 3, 3), "CHF"]
    expected = ("50.00", "0.00", "0.00", "50.00", "8.00", "4.60", "75.60")
    assert pick(sold, *AMOUNTS) == tuple(map(D, expected))
    assert pick(sold, "units", "duties", "tips") == (1, D("6.00"), D("7.00"))
    expected = ("0.00", "0.00", "50.00", "-50.00", "-8.00", "-4.60", "-75.60")
    assert pick(back, *AMOUNTS) == tuple(map(D, expected))
    assert revenue[date(2026, 3, 4), "CHF"]["total_sales"] == 0  # cancelled: nothing is left


def test_growth_and_seven_day_average(revenue):
    third = revenue[date(2026, 3, 3), "USD"]
    assert third["net_sales_growth"] == D("-0.7273")  # (30 - 110) / 110
    assert third["net_sales_7d_avg"] == D("70.00")  # (110 + 30) / 2
    eighth = revenue[date(2026, 3, 8), "USD"]
    # 2nd to 8th: 110 + 30 - 45 - 30 + 40 - 45 + 25 = 85; / 7
    assert eighth["net_sales_7d_avg"] == D("12.14")


def test_new_and_returning_customers(revenue):
    assert pick(revenue[date(2026, 3, 2), "USD"], "new_customers", "returning_customers") == (1, 0)
    assert pick(revenue[date(2026, 3, 3), "USD"], "new_customers", "returning_customers") == (0, 1)


def test_every_day_in_between_has_a_row(revenue):
    days = sorted(day for day, currency in revenue if currency == "USD")
    assert (days[0], days[-1], len(days)) == (date(2026, 3, 2), date(2026, 3, 8), 7)
