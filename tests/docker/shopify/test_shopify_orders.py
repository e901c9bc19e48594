"""Money of orders, worked out by hand."""

from typing import Any

import pytest
import shopify_documents as documents
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shopify_builders import bags, line, money, order, sale, tax, tee
from shopify_local import Execute

from docker.shopify.api import Api


def test_percentage_discount_tax_and_shipping(ask: Execute) -> None:
    # 3 x 19.99 + 24.50 = 84.47; 10% = 8.45 (6.00 + 2.45); + 3.37 tax + 5.00 shipping
    made = order(
        ask,
        line("Tee", "19.99", 3, taxLines=[tax("3.37", 0.0625)]),
        line("Mug", "24.50"),
        discountCode={"itemPercentageDiscountCode": {"code": "TEN", "percentage": 10}},
        shippingLines=[{"title": "Ground", "priceSet": money("5.00")}],
        transactions=[sale("84.39")],
    )
    assert bags(made) == {
        "subtotalPriceSet": "76.02",
        "totalTaxSet": "3.37",
        "totalShippingPriceSet": "5.0",
        "totalDiscountsSet": "8.45",
        "totalPriceSet": "84.39",
        "currentSubtotalPriceSet": "76.02",
        "currentTotalTaxSet": "3.37",
        "currentTotalPriceSet": "84.39",
        "totalReceivedSet": "84.39",
        "netPaymentSet": "84.39",
        "totalRefundedSet": "0.0",
        "totalOutstandingSet": "0.0",
    }
    allocated = [
        bags(node["discountAllocations"][0])["allocatedAmountSet"]
        for node in made["lineItems"]["nodes"]
    ]
    assert allocated == ["6.0", "2.45"]
    assert made["displayFinancialStatus"] == "PAID"


def test_prices_that_include_tax(ask: Execute) -> None:
    # 2 x 11.00 with 10% inside: 2.00 of tax; the total is what was on the label
    made = order(
        ask,
        line("Book", "11.00", 2, taxLines=[tax("2.00")]),
        shippingLines=[{"title": "Post", "priceSet": money("5.50"), "taxLines": [tax("0.50")]}],
        taxesIncluded=True,
    )
    totals = bags(made)
    assert totals["subtotalPriceSet"] == "22.0"
    assert totals["totalTaxSet"] == "2.5"
    assert totals["totalPriceSet"] == "27.5"
    assert totals["totalOutstandingSet"] == "27.5"
    assert made["displayFinancialStatus"] is None


def test_a_fixed_discount_is_shared_to_the_cent(ask: Execute) -> None:
    # 10.00 over 10 + 10 + 10: 3.33, 3.34, 3.33
    fixed = {"code": "TENOFF", "amountSet": money("10.00")}
    lines = [line(name, "10.00") for name in "abc"]
    made = order(ask, *lines, discountCode={"itemFixedDiscountCode": fixed})
    shares = [
        bags(node["discountAllocations"][0])["allocatedAmountSet"]
        for node in made["lineItems"]["nodes"]
    ]
    assert sum(float(s) for s in shares) == pytest.approx(10.0)
    assert bags(made)["totalPriceSet"] == "20.0"


def test_free_shipping(ask: Execute) -> None:
    made = order(
        ask,
        line("Tee", "20.00"),
        shippingLines=[{"title": "Ground", "priceSet": money("7.00"), "taxLines": [tax("0.70")]}],
        discountCode={"freeShippingDiscountCode": {"code": "SHIPFREE"}},
    )
    totals = bags(made)
    assert totals["totalPriceSet"] == "20.0"
    assert totals["totalDiscountsSet"] == "7.0"
    assert bags(made["shippingLines"]["nodes"][0])["discountedPriceSet"] == "0.0"


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    prices=st.lists(st.integers(1, 99_999), min_size=1, max_size=6),
    quantities=st.lists(st.integers(1, 9), min_size=6, max_size=6),
    percentage=st.integers(0, 100),
)
def test_parts_always_add_up(
    ask: Execute, prices: list[int], quantities: list[int], percentage: int
) -> None:
    lines = [line(f"i{n}", f"{p / 100:.2f}", quantities[n]) for n, p in enumerate(prices)]
    code = {"itemPercentageDiscountCode": {"code": "X", "percentage": percentage}}
    made = order(ask, *lines, discountCode=code)
    gross = sum(p * q for p, q in zip(prices, quantities, strict=False))
    allocated = sum(
        round(float(bags(a)["allocatedAmountSet"]) * 100)
        for node in made["lineItems"]["nodes"]
        for a in node["discountAllocations"]
    )
    totals = bags(made)
    assert round(float(totals["subtotalPriceSet"]) * 100) == gross - allocated
    assert round(float(totals["totalDiscountsSet"]) * 100) == allocated
    assert abs(allocated - gross * percentage / 100) < 1


def test_statuses_follow_the_payments(ask: Execute) -> None:
    cases = [
        ([], None),
        ([sale("10.00", status="PENDING")], "PENDING"),
        ([sale("10.00", kind="AUTHORIZATION")], "AUTHORIZED"),
        ([sale("4.00")], "PARTIALLY_PAID"),
        ([sale("10.00")], "PAID"),
        ([sale("10.00", status="FAILURE"), sale("10.00")], "PAID"),
    ]
    for transactions, status in cases:
        made = order(ask, line("x", "10.00"), transactions=transactions)
        assert made["displayFinancialStatus"] == status


def test_customers_are_associated_found_and_counted(ask: Execute) -> None:
    given: dict[str, Any] = {"email": "ann@example.com", "firstName": "Ann"}
    customer = ask(documents.CUSTOMER_CREATE, input=given)["customerCreate"]["customer"]
    order(ask, line("a", "10.00"), customerId=customer["id"], transactions=[sale("10.00")])
    upsert = {"toUpsert": {"email": "ann@example.com", "lastName": "Lee"}}
    second = order(ask, line("b", "5.00"), customer=upsert, transactions=[sale("5.00")])
    assert second["customer"]["id"] == customer["id"]
    assert second["customer"]["numberOfOrders"] == "2"
    assert second["customer"]["amountSpent"]["amount"] == "15.0"


def test_processed_at_is_kept_and_orders_are_numbered(ask: Execute) -> None:
    first = order(ask, line("a", "1.00"), processedAt="2024-02-29T23:30:00-05:00")
    second = order(ask, line("a", "1.00"))
    assert first["processedAt"] == "2024-03-01T04:30:00Z"
    assert first["createdAt"] > first["processedAt"]
    assert (first["name"], second["name"]) == ("#1001", "#1002")


def test_what_order_create_refuses(run: Execute) -> None:
    cases: list[tuple[dict[str, Any], list[str] | None, str]] = [
        ({"lineItems": []}, ["order", "lineItems"], "INVALID"),
        (
            {"lineItems": [line("a", "1.00")], "processedAt": "2999-01-01T00:00:00Z"},
            ["order", "processedAt"],
            "PROCESSED_AT_INVALID",
        ),
        (
            {"lineItems": [{"variantId": "gid://shopify/ProductVariant/1", "quantity": 1}]},
            ["order", "lineItems", "0", "variantId"],
            "INVALID",
        ),
    ]
    for given_order, path, code in cases:
        answer = run(documents.ORDER_CREATE, order=given_order)["data"]["orderCreate"]
        assert answer["order"] is None
        assert (answer["userErrors"][0]["field"], answer["userErrors"][0]["code"]) == (path, code)


def test_update_close_open_mark_as_paid_and_delete(ask: Execute, run: Execute, api: Api) -> None:
    gid = order(ask, line("a", "10.00"))["id"]
    text = """mutation U($input: OrderInput!) { orderUpdate(input: $input) {
      order { note tags metafield(namespace: "custom", key: "gift") { value } }
      userErrors { field message } } }"""
    gift = {"namespace": "custom", "key": "gift", "type": "boolean", "value": "true"}
    changed = {"id": gid, "note": "n", "tags": ["b", "a"], "metafields": [gift]}
    updated = ask(text, input=changed)["orderUpdate"]["order"]
    assert updated == {"note": "n", "tags": ["a", "b"], "metafield": {"value": "true"}}
    text = """mutation P($input: OrderMarkAsPaidInput!) { orderMarkAsPaid(input: $input) {
      order { displayFinancialStatus } userErrors { field message } } }"""
    paid = ask(text, input={"id": gid})["orderMarkAsPaid"]["order"]
    assert paid["displayFinancialStatus"] == "PAID"
    again = run(text, input={"id": gid})["data"]["orderMarkAsPaid"]
    message = "Order cannot be marked as paid."
    assert again["userErrors"] == [{"field": ["id"], "message": message}]
    text = "mutation C($input: OrderCloseInput!) { orderClose(input: $input) { order { closed } } }"
    assert ask(text, input={"id": gid})["orderClose"]["order"]["closed"] is True
    ask("mutation D($id: ID!) { orderDelete(orderId: $id) { deletedId } }", id=gid)
    assert ask(documents.ORDER, id=gid)["order"] is None
    events = """{ events(first: 5, query: "subject_type:ORDER action:destroy") { nodes {
      ... on BasicEvent { subjectId action } } } }"""
    found = ask(events)["events"]["nodes"]
    assert found == [{"subjectId": gid, "action": "destroy"}]


def test_a_missing_value_is_null_or_its_types_empty_value(ask: Execute) -> None:
    gid = order(ask, line("a", "1.00"))["id"]
    text = """query Q($id: ID!) { order(id: $id) { staffMember { id } risk { recommendation }
      alerts { title } customerLocale edited returns(first: 1) { nodes { id } } } }"""
    found = ask(text, id=gid)["order"]
    assert found["staffMember"] is None
    assert found["alerts"] == []
    assert found["edited"] is False
    assert found["returns"] == {"nodes": []}


def test_an_id_of_another_type_is_refused_and_changes_nothing(run: Execute, ask: Execute) -> None:
    """Each was answered 500, and productSet had written a product into the variant."""
    variant = tee(ask)["id"]
    cancel = """mutation($id: ID!) { orderCancel(orderId: $id, reason: OTHER, restock: false)
      { orderCancelUserErrors { message } } }"""
    (error,) = run(cancel, id=variant)["data"]["orderCancel"]["orderCancelUserErrors"]
    assert error["message"] == "Order does not exist"
    refund: dict[str, Any] = {"orderId": variant, "refundLineItems": []}
    answer = run(documents.REFUND_CREATE, input=refund, key="tests-1")
    assert answer["data"]["refundCreate"]["userErrors"][0]["message"] == "Order does not exist"
    answer = run(documents.PRODUCT_SET, input={"id": variant, "title": "Hat"})
    assert answer["data"]["productSet"]["userErrors"][0]["message"] == "Product does not exist"
    found = ask("query($id: ID!) { productVariant(id: $id) { title } }", id=variant)
    assert found["productVariant"]["title"] == "M"


def test_a_root_that_is_not_offered_says_so(run: Execute) -> None:
    answer = run("{ blogs(first: 1) { nodes { id } } }")
    assert answer["data"] is None
    assert "QueryRoot.blogs is not supported" in answer["errors"][0]["message"]


def test_deleted_variants_leave_their_lines(ask: Execute) -> None:
    variant = tee(ask)
    made = order(ask, {"variantId": variant["id"], "quantity": 1})
    product = made["lineItems"]["nodes"][0]["product"]["id"]
    text = "mutation D($input: ProductDeleteInput!) { productDelete(input: $input) { userErrors"
    ask(text + " { message } } }", input={"id": product})
    node = ask(documents.ORDER, id=made["id"])["order"]["lineItems"]["nodes"][0]
    assert (node["title"], node["variant"], node["product"]) == ("Tee", None, None)
    deleted = ask("{ deletionEvents(first: 5, subjectTypes: [PRODUCT]) { nodes { subjectId } } }")
    assert deleted["deletionEvents"]["nodes"] == [{"subjectId": product}]
