"""Refunds, cancellations and what they do to money and stock, worked out by hand."""

from typing import Any
from uuid import uuid4

import pytest
import shopify_documents as documents
from shopify_builders import Ask, bags, line, location, money, order, sale, stock_of, tax, tee
from shopify_local import Execute


def refund(ask: Ask, order_id: str, **given: Any) -> Any:
    answer = ask(documents.REFUND_CREATE, key=str(uuid4()), input={"orderId": order_id, **given})
    return answer["refundCreate"]["refund"]


def money_back(made: Any, amount: str) -> dict[str, Any]:
    return {
        "orderId": made["id"],
        "parentId": made["transactions"][0]["id"],
        "kind": "REFUND",
        "gateway": "stripe",
        "amount": amount,
    }


@pytest.fixture
def paid(ask: Execute) -> Any:
    """3 x 20.00 less 10% (6.00), 10% tax on 54.00, 6.00 shipping with 0.60 tax: 66.00."""
    return order(
        ask,
        line("Tee", "20.00", 3, taxLines=[tax("5.40")]),
        discountCode={"itemPercentageDiscountCode": {"code": "TEN", "percentage": 10}},
        shippingLines=[{"title": "Ground", "priceSet": money("6.00"), "taxLines": [tax("0.60")]}],
        transactions=[sale("66.00")],
    )


def test_part_of_a_line(ask: Execute, paid: Any) -> None:
    # one of three: 18.00 and 1.80 of tax
    gid = paid["lineItems"]["nodes"][0]["id"]
    back = refund(
        ask,
        paid["id"],
        refundLineItems=[{"lineItemId": gid, "quantity": 1, "restockType": "NO_RESTOCK"}],
        transactions=[money_back(paid, "19.80")],
    )
    part = back["refundLineItems"]["nodes"][0]
    assert bags(part) == {"subtotalSet": "18.0", "totalTaxSet": "1.8", "priceSet": "18.0"}
    assert bags(back)["totalRefundedSet"] == "19.8"
    assert back["orderAdjustments"]["nodes"] == []
    after = ask(documents.ORDER, id=paid["id"])["order"]
    totals = bags(after)
    assert after["displayFinancialStatus"] == "PARTIALLY_REFUNDED"
    assert after["lineItems"]["nodes"][0]["currentQuantity"] == 2
    assert totals["currentSubtotalPriceSet"] == "36.0"
    assert totals["currentTotalTaxSet"] == "4.2"
    assert totals["currentTotalPriceSet"] == "46.2"
    assert totals["totalPriceSet"] == "66.0"
    assert totals["netPaymentSet"] == "46.2"
    assert totals["totalOutstandingSet"] == "0.0"


def test_three_single_refunds_add_up_to_the_line(ask: Execute) -> None:
    # 10.00 over three units does not divide: the parts still add up to it
    made = order(ask, line("Set", "3.34", 3, taxLines=[tax("1.00")]), transactions=[sale("11.02")])
    gid = made["lineItems"]["nodes"][0]["id"]
    parts = [
        refund(ask, made["id"], refundLineItems=[{"lineItemId": gid, "quantity": 1}])
        for _ in range(3)
    ]
    lines = [bags(r["refundLineItems"]["nodes"][0]) for r in parts]
    assert sum(float(x["subtotalSet"]) for x in lines) == pytest.approx(10.02)
    assert sum(float(x["totalTaxSet"]) for x in lines) == pytest.approx(1.00)


def test_shipping_with_its_tax(ask: Execute, paid: Any) -> None:
    back = refund(
        ask, paid["id"], shipping={"fullRefund": True}, transactions=[money_back(paid, "6.60")]
    )
    part = bags(back["refundShippingLines"]["nodes"][0])
    assert part == {"subtotalAmountSet": "6.0", "taxAmountSet": "0.6"}
    assert bags(ask(documents.ORDER, id=paid["id"])["order"])["currentTotalPriceSet"] == "59.4"


def test_money_without_goods_is_a_discrepancy(ask: Execute, paid: Any) -> None:
    back = refund(ask, paid["id"], transactions=[money_back(paid, "5.00")])
    assert [(a["reason"], bags(a)["amountSet"]) for a in back["orderAdjustments"]["nodes"]] == [
        ("REFUND_DISCREPANCY", "-5.0")
    ]
    totals = bags(ask(documents.ORDER, id=paid["id"])["order"])
    assert (totals["currentTotalPriceSet"], totals["totalOutstandingSet"]) == ("61.0", "0.0")


def test_everything(ask: Execute, paid: Any) -> None:
    gid = paid["lineItems"]["nodes"][0]["id"]
    refund(
        ask,
        paid["id"],
        refundLineItems=[{"lineItemId": gid, "quantity": 3}],
        shipping={"fullRefund": True},
        transactions=[money_back(paid, "66.00")],
    )
    after = ask(documents.ORDER, id=paid["id"])["order"]
    assert after["displayFinancialStatus"] == "REFUNDED"
    assert bags(after)["currentTotalPriceSet"] == "0.0"
    assert after["customer"] is None


def test_what_refund_create_refuses(run: Execute, paid: Any) -> None:
    gid = paid["lineItems"]["nodes"][0]["id"]
    too_many = "Quantity cannot refund more items than were purchased"
    too_much = "Refund amount $999.00 is greater than net payment received $66.00"
    other_kind = money_back(paid, "1.00") | {"kind": "AUTHORIZATION"}
    no_parent = money_back(paid, "1.00") | {"parentId": "gid://shopify/OrderTransaction/1"}
    cases: list[tuple[dict[str, Any], list[str] | None, str]] = [
        (
            {"refundLineItems": [{"lineItemId": gid, "quantity": 4}]},
            ["refundLineItems", "0", "quantity"],
            too_many,
        ),
        ({"transactions": [money_back(paid, "999.00")]}, None, too_much),
        ({"transactions": [other_kind]}, None, "Kind authorization is not a valid transaction"),
        (
            {"transactions": [no_parent]},
            ["transactions"],
            "Transactions require a parent_id associated with the order",
        ),
    ]
    for given, path, message in cases:
        answer = run(
            documents.REFUND_CREATE, key=str(uuid4()), input={"orderId": paid["id"], **given}
        )
        payload = answer["data"]["refundCreate"]
        assert payload["refund"] is None
        assert payload["order"]["id"] == paid["id"]
        assert payload["userErrors"] == [{"field": path, "message": message}]


def test_stock_is_claimed_shipped_returned_and_freed(ask: Execute) -> None:
    variant = tee(ask, stock=10)
    made = order(
        ask,
        {"variantId": variant["id"], "quantity": 3},
        behaviour="DECREMENT_OBEYING_POLICY",
        transactions=[sale("60.00")],
    )

    def quantities() -> tuple[int, int, int]:
        found = stock_of(ask, variant)
        return found["available"], found["committed"], found["on_hand"]

    assert quantities() == (7, 3, 10)
    part = made["fulfillmentOrders"]["nodes"][0]
    shipment = {
        "lineItemsByFulfillmentOrder": [
            {
                "fulfillmentOrderId": part["id"],
                "fulfillmentOrderLineItems": [
                    {"id": part["lineItems"]["nodes"][0]["id"], "quantity": 2}
                ],
            }
        ],
        "trackingInfo": {"company": "UPS", "number": "1Z"},
    }
    ask(documents.FULFILLMENT_CREATE, fulfillment=shipment)
    assert quantities() == (7, 1, 8)
    gid = made["lineItems"]["nodes"][0]["id"]
    returned = {"lineItemId": gid, "quantity": 1, "restockType": "RETURN"}
    refund(ask, made["id"], refundLineItems=[returned | {"locationId": location(ask)}])
    assert quantities() == (8, 1, 9)
    refund(ask, made["id"], refundLineItems=[returned | {"restockType": "CANCEL"}])
    assert quantities() == (9, 0, 9)
    after = ask(documents.ORDER, id=made["id"])["order"]
    assert after["displayFulfillmentStatus"] == "FULFILLED"
    assert after["fulfillmentOrders"]["nodes"][0]["status"] == "CLOSED"


def test_an_order_that_finds_no_stock_is_refused(run: Execute, ask: Execute) -> None:
    variant = tee(ask, stock=1)
    given = {"lineItems": [{"variantId": variant["id"], "quantity": 2}]}
    options = {"inventoryBehaviour": "DECREMENT_OBEYING_POLICY"}
    answer = run(documents.ORDER_CREATE, order=given, options=options)["data"]["orderCreate"]
    assert answer["order"] is None
    assert answer["userErrors"][0]["message"] == "Unable to reserve inventory"
    assert stock_of(ask, variant)["available"] == 1


def test_cancelling_refunds_and_frees(ask: Execute, run: Execute) -> None:
    variant = tee(ask, stock=5)
    made = order(
        ask,
        {"variantId": variant["id"], "quantity": 2},
        behaviour="DECREMENT_IGNORING_POLICY",
        transactions=[sale("40.00")],
    )
    arguments = {"orderId": made["id"], "reason": "CUSTOMER", "restock": True}
    arguments["refundMethod"] = {"originalPaymentMethodsRefund": True}
    ask(documents.ORDER_CANCEL, **arguments)
    after = ask(documents.ORDER, id=made["id"])["order"]
    assert after["cancelledAt"] is not None
    assert after["cancelReason"] == "CUSTOMER"
    assert after["displayFinancialStatus"] == "REFUNDED"
    assert bags(after)["currentTotalPriceSet"] == "0.0"
    assert [bags(r)["totalRefundedSet"] for r in after["refunds"]] == ["40.0"]
    assert stock_of(ask, variant)["available"] == 5
    again = run(documents.ORDER_CANCEL, **arguments)["data"]["orderCancel"]
    message = "Cannot cancel an order that has already been canceled"
    assert again["orderCancelUserErrors"][0]["message"] == message


def test_a_shipped_order_cannot_be_cancelled(ask: Execute, run: Execute) -> None:
    made = order(ask, line("a", "1.00"), fulfillmentStatus="FULFILLED")
    assert made["displayFulfillmentStatus"] == "FULFILLED"
    arguments = {"orderId": made["id"], "reason": "OTHER", "restock": False}
    answer = run(documents.ORDER_CANCEL, **arguments)["data"]["orderCancel"]
    message = "Cannot cancel an order that has outstanding fulfillments"
    assert answer["orderCancelUserErrors"][0]["message"] == message


def test_children_touch_the_order_but_stock_does_not_touch_the_product(
    ask: Execute, paid: Any, api: Any
) -> None:
    variant = tee(ask)
    product = ask("{ products(first: 1) { nodes { id updatedAt } } }")["products"]["nodes"][0]
    api.service.clock.set(api.service.clock.now().replace(year=2030))
    refund(ask, paid["id"], transactions=[money_back(paid, "1.00")])
    assert ask(documents.ORDER, id=paid["id"])["order"]["updatedAt"].startswith("2030")
    entry = {"inventoryItemId": variant["inventoryItem"]["id"], "locationId": location(ask)}
    quantities = [entry | {"quantity": 3, "changeFromQuantity": 10}]
    given = {"name": "available", "reason": "correction", "quantities": quantities}
    ask(documents.SET_QUANTITIES, key="k", input=given)
    item = ask(documents.LEVELS, id=variant["inventoryItem"]["id"])["inventoryItem"]
    assert item["inventoryLevels"]["nodes"][0]["updatedAt"].startswith("2030")
    assert not item["updatedAt"].startswith("2030")
    still = ask("{ products(first: 1) { nodes { id updatedAt } } }")["products"]["nodes"][0]
    assert still == product


def test_the_same_key_refunds_once(ask: Execute, run: Execute, paid: Any) -> None:
    given = {"orderId": paid["id"], "transactions": [money_back(paid, "5.00")]}
    first = ask(documents.REFUND_CREATE, key="once", input=given)["refundCreate"]
    again = ask(documents.REFUND_CREATE, key="once", input=given)["refundCreate"]
    assert again == first
    assert len(ask(documents.ORDER, id=paid["id"])["order"]["refunds"]) == 1
    other = given | {"note": "another"}
    answer = run(documents.REFUND_CREATE, key="once", input=other)["data"]["refundCreate"]
    message = "The same idempotency key cannot be used with different operation parameters."
    assert answer["userErrors"] == [{"field": None, "message": message}]


def test_a_refund_needs_a_key_since_2026_04(run: Execute, paid: Any) -> None:
    text = """mutation R($input: RefundInput!) { refundCreate(input: $input) {
      refund { id } userErrors { message } } }"""
    answer = run(text, input={"orderId": paid["id"]})
    assert "@idempotent directive is required" in answer["errors"][0]["message"]
    assert answer["data"] == {"refundCreate": None}
    older = run(text, version="2026-01", input={"orderId": paid["id"]})
    assert "errors" not in older
