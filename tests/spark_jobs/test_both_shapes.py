"""One order in REST's shape and in GraphQL's: the same row, and the same numbers.

Prices include tax; the order is edited, refunded in all its parts and not sent as a whole.
"""

from datetime import date
from decimal import Decimal

import pytest
from stripe_records import entry

D = Decimal
REST, GRAPHQL, DUMPED = "100", "200", "300"  # DUMPED is read in GraphQL's shape, then dropped
AT, REFUNDED, CHANGED = "2026-03-02T15:00:00Z", "2026-03-04T14:00:00Z", "2026-03-09T15:00:00Z"
NOTHING: dict = {"gift_card": False, "requires_shipping": False, "current_quantity": 1}


def rest_bag(amount: str) -> dict:
    money = {"amount": amount, "currency_code": "USD"}
    return {"shop_money": money, "presentment_money": money}


def bag(amount: str) -> dict:
    money = {"amount": amount, "currencyCode": "USD"}
    return {"shopMoney": money, "presentmentMoney": money}


def gid(kind: str, number: int | str) -> dict:
    return {"id": f"gid://shopify/{kind}/{number}"}


def rest_tax(amount: str) -> list[dict]:
    return [{"title": "VAT", "rate": 0.19, "price": amount, "price_set": rest_bag(amount)}]


def tax(amount: str) -> list[dict]:
    return [{"title": "VAT", "rate": 0.19, "priceSet": bag(amount)}]


def rest_parcel(number: int, **more) -> dict:
    times = {"created_at": AT, "updated_at": AT}
    return {"id": number, "name": f"#X.{number}", "location_id": 3, **times, **more}


def parcel(number: int, **more) -> dict:
    times = {"createdAt": AT, "updatedAt": AT, "location": gid("Location", 3)}
    return {**gid("Fulfillment", number), "name": f"#X.{number}", **times, **more}


def rest(number: str) -> dict:
    thing = {"id": 11, "title": "Thing", "variant_title": "Blue", "sku": "S", "vendor": "V"}
    thing |= {"quantity": 2, "product_id": 1, "variant_id": 2, "price": "65.00"}
    thing |= {"price_set": rest_bag("65.00"), "tax_lines": rest_tax("19.00"), **NOTHING}
    thing |= {"discount_allocations": [{"amount": "11.00", "amount_set": rest_bag("11.00")}]}
    tip = {"id": 12, "title": "Tip", "quantity": 1, "price": "5.00", **NOTHING}
    custom = {"id": 13, "title": "Custom", "sku": "", "quantity": 1, "price": "1.00", **NOTHING}
    back = {"line_item_id": 11, "quantity": 1, "restock_type": "return", "location_id": 3}
    back |= {"subtotal": 59.5, "total_tax": 9.5}
    short = {"kind": "refund_discrepancy", "reason": "Refund discrepancy", "amount": "-2.00"}
    refund = {"id": 71, "created_at": REFUNDED, "processed_at": REFUNDED, "note": None}
    refund |= {"refund_line_items": [back], "order_adjustments": [short | {"tax_amount": "0.00"}]}
    refund |= {"duties": [{"duty_id": 1, "amount_set": rest_bag("6.00")}]}
    freight = {"subtotal_amount_set": rest_bag("11.90"), "tax_amount_set": rest_bag("1.90")}
    shipping = {"id": 1, "price": "11.90", "discounted_price": "11.90"}
    return {
        "id": int(number),
        "name": "#X",
        **{"created_at": AT, "processed_at": AT, "updated_at": CHANGED},
        **{"currency": "USD", "presentment_currency": "USD", "test": False},
        **{"taxes_included": True, "financial_status": "partially_refunded"},
        **{"fulfillment_status": "partial", "source_name": "web"},
        **{"email": "a@b.example", "customer": {"id": 7, "email": "a@b.example"}},
        "discount_codes": [{"code": "TEN", "amount": "11.00", "type": "percentage"}],
        "shipping_address": {"province_code": "NY", "country_code": "US"},
        **{"total_tax": "20.90", "total_tip_received": "5.00", "total_price": "142.90"},
        **{"total_price_set": rest_bag("142.90"), "current_total_price": "63.50"},
        "original_total_duties_set": rest_bag("6.00"),
        "line_items": [thing, tip | {"tip_payment_gateway": "shopify_payments"}, custom],
        "shipping_lines": [shipping | {"tax_lines": rest_tax("1.90")}],
        "refunds": [refund | {"refund_shipping_lines": [freight]}],
        "fulfillments": [
            rest_parcel(91, status="success", shipment_status="delivered")
            | {"tracking_company": "UPS", "tracking_number": "T"},
            rest_parcel(92, status="cancelled", shipment_status=None) | {"location_id": 4},
        ],
    }


def graphql(number: str) -> dict:
    nothing = {"isGiftCard": False, "requiresShipping": False, "currentQuantity": 1}
    thing = {**gid("LineItem", 11), "title": "Thing", "variantTitle": "Blue", "sku": "S"}
    thing |= {"vendor": "V", "quantity": 2, "originalUnitPriceSet": bag("65.00"), **nothing}
    thing |= {"product": gid("Product", 1), "variant": gid("ProductVariant", 2)}
    thing |= {"discountAllocations": [{"allocatedAmountSet": bag("11.00")}]}
    tip = {**gid("LineItem", 12), "title": "Tip", "originalUnitPriceSet": bag("5.00"), **nothing}
    custom = {**gid("LineItem", 13), "title": "Custom", "sku": None, **nothing}
    back = {**gid("RefundLineItem", 1), "quantity": 1, "restockType": "RETURN"}
    back |= {"lineItem": gid("LineItem", 11), "location": gid("Location", 3)}
    back |= {"subtotalSet": bag("59.50"), "totalTaxSet": bag("9.50")}
    short = {"reason": "REFUND_DISCREPANCY", "amountSet": bag("-2.00"), "taxAmountSet": bag("0.00")}
    freight = {"subtotalAmountSet": bag("11.90"), "taxAmountSet": bag("1.90")}
    refund = {**gid("Refund", 71), "createdAt": REFUNDED, "processedAt": REFUNDED, "note": None}
    refund |= {"duties": [{"amountSet": bag("6.00")}], "refundLineItems": {"nodes": [back]}}
    shipping = {"originalPriceSet": bag("11.90"), "discountedPriceSet": bag("11.90")}
    lines = [thing | {"taxLines": tax("19.00")}, tip | {"quantity": 1}]
    lines.append(custom | {"quantity": 1, "originalUnitPriceSet": bag("1.00")})
    return {
        **gid("Order", number),
        "name": "#X",
        **{"createdAt": AT, "processedAt": AT, "updatedAt": CHANGED},
        **{"currencyCode": "USD", "presentmentCurrencyCode": "USD", "test": False},
        **{"taxesIncluded": True, "displayFinancialStatus": "PARTIALLY_REFUNDED"},
        **{"displayFulfillmentStatus": "PARTIALLY_FULFILLED", "sourceName": "web"},
        **{"email": "a@b.example", "customer": gid("Customer", 7), "discountCodes": ["TEN"]},
        "shippingAddress": {"provinceCode": "NY", "countryCodeV2": "US"},
        **{"totalTaxSet": bag("20.90"), "totalTipReceivedSet": bag("5.00")},
        **{"totalPriceSet": bag("142.90"), "currentTotalPriceSet": bag("63.50")},
        "originalTotalDutiesSet": bag("6.00"),
        "lineItems": {"nodes": lines},
        "shippingLines": {"nodes": [shipping | {"taxLines": tax("1.90")}]},
        "refunds": [
            refund
            | {"refundShippingLines": {"nodes": [freight]}, "orderAdjustments": {"nodes": [short]}}
        ],
        "fulfillments": [
            parcel(91, status="SUCCESS", displayStatus="DELIVERED")
            | {"trackingInfo": [{"company": "UPS", "number": "T"}]},
            parcel(92, status="CANCELLED", trackingInfo=[], location=gid("Location", 4)),
        ],
    }


@pytest.fixture(scope="module")
def lab(new_lab):
    lab = new_lab()
    paid = {**gid("OrderTransaction", 1), "kind": "SALE", "status": "SUCCESS"}
    paid = {"transactions": [paid | {"amountSet": bag("142.90"), "paymentId": "pi_1"}]}
    paid |= {"discountCodes": ["ten"]}  # as the buyer has typed it: codes know no case
    lab.land("shopify", "orders", [graphql(GRAPHQL), graphql(DUMPED) | paid])
    held = entry("txn_1", "acct_1", -1000, 0, "2026-03-02", type="payout_minimum_balance_hold")
    lab.land("stripe", "balance_transactions", [held])
    lab.build()
    lab.land("files", "shopify_orders", [rest(REST), rest(DUMPED)])
    lab.build("daily_shop_overview", "refund_reasons", "shipping_performance")
    return lab


def test_both_shapes_are_one_row(lab) -> None:
    found = []
    for number in (REST, GRAPHQL):
        (row,) = lab.rows("silver.orders", f"order_id = '{number}'")
        found.append({k: v for k, v in row.items() if k != "order_id" and not k.startswith("_")})
    assert found[0] == found[1]
    assert found[0]["fulfillment_status"] == "partially_fulfilled"


def test_a_dump_of_the_same_version_takes_no_payment_away(lab) -> None:
    (row,) = lab.rows("silver.orders", f"order_id = '{DUMPED}'")
    assert [t["payment_intent_id"] for t in row["transactions"]] == ["pi_1"]


def test_an_orders_total_loses_all_that_was_given_back_once(lab) -> None:
    """Three orders of 142.90 less 59.50 of a line, its tax within, 11.90 of shipping, 6.00 of
    duties and 2.00 beyond."""
    (row,) = lab.rows("gold.daily_shop_overview", "date_day = DATE '2026-03-02'")
    names = ("count_orders", "order_adjusted_total", "avg_order_value")
    assert tuple(row[name] for name in names) == (3, D("190.50"), D("63.50"))
    assert row["count_discount_codes_applied"] == 1
    # A parcel that was cancelled is none.
    names = ("count_fulfillment_delivered", "count_fulfillment_confirmed")
    names += ("count_locations_ordered_from",)
    assert tuple(row[name] for name in names) == (3, 0, 1)


def test_what_stripe_holds_back_of_payouts_is_none(lab) -> None:
    (row,) = lab.rows("gold.daily_shop_overview", "date_day = DATE '2026-03-02'")
    names = ("total_daily_gross_payout_amount", "total_daily_other_transactions_amount")
    assert tuple(row[name] for name in names) == (D("0.00"), D("-10.00"))


def test_a_parcel_of_which_no_time_is_told_is_delivered_too(lab) -> None:
    """REST tells the state alone."""
    (row,) = lab.rows("gold.shipping_performance")
    names = ("carrier", "orders", "delivered_orders", "promised_orders", "delivered_on_time_rate")
    assert tuple(row[name] for name in names) == ("UPS", 3, 3, 0, None)


def test_a_reason_is_one_in_both_shapes(lab) -> None:
    rows = lab.rows("gold.refund_reasons")
    found = [(row["date"], row["reason"], row["refunds"], row["returns"]) for row in rows]
    assert found == [(date(2026, 3, 4), "refund_discrepancy", 3, D("156.00"))]
