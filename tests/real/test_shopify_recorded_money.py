"""Recorded order and refund money of a real store, replayed step by step on a local shop."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shopify_replay import CAPTURES, errors_of, load, masked

from docker.shopify.api import Api

pytestmark = pytest.mark.skipif(not CAPTURES.exists(), reason=f"no captures at {CAPTURES}")
Ask = Callable[..., dict[str, Any]]
MATRIX = "order-create-math-matrix.json"
CREATE = """mutation C($order: OrderCreateOrderInput!) { orderCreate(order: $order) {
  order { id lineItems(first: 5) { nodes { id } } transactions { id } }
  userErrors { field message } } }"""
REFUND = """mutation R($input: RefundInput!) { refundCreate(input: $input) {
  refund { id note createdAt updatedAt totalRefundedSet { shopMoney { amount currencyCode } }
    refundLineItems(first: 5) { nodes { id quantity restockType restocked
      lineItem { id title } subtotalSet { shopMoney { amount currencyCode } } } }
    transactions(first: 5) { nodes { id kind status gateway
      amountSet { shopMoney { amount currencyCode } } } } }
  order { id displayFinancialStatus totalRefundedSet { shopMoney { amount currencyCode } } }
  userErrors { field message } } }"""
MARK = """mutation M($input: OrderMarkAsPaidInput!) { orderMarkAsPaid(input: $input) { order {
  id presentmentCurrencyCode displayFinancialStatus paymentGatewayNames
  totalOutstandingSet { shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }
  transactions { id kind status gateway amountSet { shopMoney { amount currencyCode }
    presentmentMoney { amount currencyCode } } } } userErrors { field message } } }"""


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setenv("SHOPIFY_ACCESS_TOKEN", "t")
    monkeypatch.setenv("SHOPIFY_API_SECRET", "s")
    monkeypatch.setenv("SHOPIFY_PLAN", "enterprise")
    monkeypatch.setenv("SHOP_CURRENCY", "CAD")
    api = Api(tmp_path)

    def execute(query: str, variables: dict[str, Any], version: str = "2025-10") -> dict[str, Any]:
        return api.execute(version, query, variables, None)

    return execute


@pytest.mark.parametrize(
    "case",
    ["pendingNoTax", "paidTaxShipping", "fixedDiscount", "authorization", "presentmentMoney"],
)
def test_every_total_of_a_recorded_order(ask: Ask, case: str) -> None:
    capture = load(MATRIX)
    recorded = capture["cases"][case]
    answer = ask(capture["document"], recorded["variables"])
    expected = recorded["response"]["payload"]
    assert masked(answer["data"]) == masked(expected["data"])
    cost = answer["extensions"]["cost"]["requestedQueryCost"]
    assert cost == expected["extensions"]["cost"]["requestedQueryCost"]


def money(amount: str) -> dict[str, Any]:
    return {"shopMoney": {"amount": amount, "currencyCode": "CAD"}}


def two_lines_paid(ask: Ask) -> dict[str, Any]:
    """The order of the refund captures: two lines of 2 x 10.00, 5.00 shipping, paid by hand."""
    title = "Hermes refundable partial-shipping-restock item"
    item = {"title": title, "quantity": 2, "priceSet": money("10.00")}
    order = {
        "currency": "CAD",
        "lineItems": [item, item],
        "shippingLines": [{"title": "Standard", "priceSet": money("5.00")}],
        "transactions": [{"kind": "SALE", "gateway": "manual", "amountSet": money("45.00")}],
    }
    return ask(CREATE, {"order": order})["data"]["orderCreate"]["order"]


def test_a_partial_refund_with_shipping(ask: Ask) -> None:
    capture = load("refund-create-partial-shipping-restock-parity.json")
    made = two_lines_paid(ask)
    given = dict(capture["variables"]["input"])
    line = {"lineItemId": made["lineItems"]["nodes"][0]["id"], "quantity": 1}
    given |= {"orderId": made["id"], "refundLineItems": [line | {"restockType": "RETURN"}]}
    parent = {"orderId": made["id"], "parentId": made["transactions"][0]["id"]}
    given["transactions"] = [given["transactions"][0] | parent]
    answer = ask(REFUND, {"input": given})["data"]
    assert masked(answer) == masked(capture["mutation"]["response"]["data"])


def test_recorded_refund_user_errors(ask: Ask) -> None:
    capture = load("refund-create-user-errors-and-quantities.json")
    made = two_lines_paid(ask)
    sale = made["transactions"][0]["id"]
    refund_line = {"lineItemId": made["lineItems"]["nodes"][0]["id"], "quantity": 1}
    back = {"orderId": made["id"], "parentId": sale, "kind": "REFUND", "gateway": "manual"}
    first = {
        "orderId": made["id"],
        "refundLineItems": [refund_line],
        "transactions": [back | {"amount": "10.00"}],
    }
    assert not errors_of(ask(REFUND, {"input": first}))
    for name in ("overRefundQuantityLineItem", "overRefundAmountNoAllow", "overRefundAllowed"):
        recorded = capture[name]
        given = dict(recorded["variables"]["input"]) | {"orderId": made["id"]}
        if "refundLineItems" in given:
            given["refundLineItems"] = [refund_line | {"quantity": 3}]
        if "transactions" in given:
            given["transactions"] = [given["transactions"][0] | back]
        answer = ask(REFUND, {"input": given})["data"]
        assert masked(answer) == masked(recorded["response"]["data"]), name


def test_recorded_refund_transaction_rules(ask: Ask) -> None:
    capture = load("refund-create-transactions-validation.json")
    order = {
        "currency": "CAD",
        "lineItems": [{"title": "x", "quantity": 1, "priceSet": money("10.00")}],
        "transactions": [
            {"kind": "SALE", "gateway": "bogus-parent-gateway", "amountSet": money("10.00")}
        ],
    }
    made = ask(CREATE, {"order": order})["data"]["orderCreate"]["order"]
    for name in ("invalidKind", "missingParent", "mismatchedGateway"):
        recorded = capture[name]
        transaction = dict(recorded["variables"]["input"]["transactions"][0])
        transaction["orderId"] = made["id"]
        if name != "missingParent":
            transaction["parentId"] = made["transactions"][0]["id"]
        variables = {
            "idempotencyKey": name,
            "input": {"orderId": made["id"], "transactions": [transaction]},
        }
        answer = ask(recorded["query"], variables, "2026-04")
        assert masked(answer["data"]) == masked(recorded["response"]["data"]), name


@pytest.mark.parametrize("name", ["unpaid", "multiCurrency"])
def test_recorded_mark_as_paid(ask: Ask, name: str) -> None:
    capture = load("orderMarkAsPaid-state-and-money.json")
    given = {"order": capture["setup"][name]["variables"]["order"]}
    made = ask(CREATE, given)["data"]["orderCreate"]["order"]
    cases = {"unpaid": ("unpaidSuccess", "alreadyPaid"), "multiCurrency": ("multiCurrency",)}
    for case in cases[name]:
        expected = capture["cases"][case]["response"]["payload"]["data"]
        answer = ask(MARK, {"input": {"id": made["id"]}})["data"]
        assert masked(answer) == masked(expected), case
