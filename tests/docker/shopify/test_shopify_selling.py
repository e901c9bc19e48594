"""Collections, seeded documents, Shopify Payments, deletion events."""

from typing import Any

import pytest
import requests
from shopify_builders import line, order, tee
from shopify_local import Execute, Server

from docker.shopify.api import Api
from docker.shopify.execute import Context
from docker.shopify.seed import seed

MOMENT = "2026-11-01T00:00:00Z"
COLLECT = """mutation($c: CollectionInput!) { collectionCreate(input: $c) {
  collection { id handle productsCount { count } } userErrors { field message } } }"""
REMOVE = """mutation($id: ID!, $p: [ID!]!) { collectionRemoveProducts(id: $id, productIds: $p) {
  job { done } userErrors { message } } }"""
DROP = """mutation($id: ID!) { collectionDelete(input: {id: $id}) {
  deletedCollectionId userErrors { message } } }"""
EVENTS = """query($q: String) { events(first: 10, query: $q) { nodes {
  action ... on BasicEvent { subjectId subjectType } } } }"""
DISCOUNT = """{ discountNodes(first: 5, query: "title:Ten") { nodes { id discount {
  __typename ... on DiscountCodeBasic { title updatedAt } } } }
  discountNodesCount { count } }"""
PAYMENTS = """query($q: String) { shopifyPaymentsAccount { payouts(first: 5, query: $q) {
  nodes { id status net { amount } } } } }"""


def put(api: Api, kind: str, *objects: dict[str, Any], **more: Any) -> list[str]:
    context = Context(api.service.store, {}, api.service)
    asked = {"type": kind, "objects": list(objects)} | more
    return list(seed(context, asked)["ids"])


def test_a_collection_gains_and_loses_products_and_leaves_an_event(ask: Execute) -> None:
    product = tee(ask)["product"]["id"] if "product" in tee(ask) else None
    found = ask("{ products(first: 5) { nodes { id } } }")["products"]["nodes"]
    products = [node["id"] for node in found]
    made = ask(COLLECT, c={"title": "Summer Hats", "products": products})["collectionCreate"]
    collection = made["collection"]
    assert product is None or product in products
    assert (collection["handle"], collection["productsCount"]["count"]) == (
        "summer-hats",
        len(products),
    )
    ask(REMOVE, id=collection["id"], p=products[:1])
    text = "query($id: ID!) { collection(id: $id) { products(first: 9) { nodes { id } } } }"
    left = ask(text, id=collection["id"])["collection"]["products"]["nodes"]
    assert [node["id"] for node in left] == products[1:]
    ask(DROP, id=collection["id"])
    (event,) = ask(EVENTS, q="action:destroy subject_type:COLLECTION")["events"]["nodes"]
    assert event["subjectId"] == collection["id"]


def test_seeded_documents_are_listed_searched_and_counted(api: Api, ask: Execute) -> None:
    times = {"createdAt": MOMENT, "updatedAt": MOMENT}
    discount = {"discount": {"__typename": "DiscountCodeBasic", "title": "Ten"}}
    (gid,) = put(api, "DiscountNode", discount | times)
    found = ask(DISCOUNT)
    expected = {"__typename": "DiscountCodeBasic", "title": "Ten", "updatedAt": MOMENT}
    assert found["discountNodes"]["nodes"] == [{"id": gid, "discount": expected}]
    assert found["discountNodesCount"] == {"count": 1}


def test_what_may_not_be_null_and_is_not_kept_is_empty_also_where_it_is_of_several_types(
    api: Api, ask: Execute
) -> None:
    discount = {"__typename": "DiscountCodeBasic", "title": "Ten"}
    put(api, "DiscountNode", {"discount": discount, "createdAt": MOMENT, "updatedAt": MOMENT})
    inside = "context { __typename } customerGets { __typename }"
    asked = f"discount {{ ... on DiscountCodeBasic {{ {inside} }} }}"
    found = ask(f"{{ discountNodes(first: 1) {{ nodes {{ {asked} }} }} }}")
    (node,) = found["discountNodes"]["nodes"]
    kinds = {name: value["__typename"] for name, value in node["discount"].items()}
    assert kinds == {"context": "DiscountBuyerSelectionAll", "customerGets": "DiscountCustomerGets"}


def test_a_copy_shares_no_id_with_its_original(api: Api, ask: Execute) -> None:
    variant = tee(ask)
    made = order(ask, line("a", "1.00"), {"variantId": variant["id"], "quantity": 2})
    copies = put(api, "Order", {"updatedAt": MOMENT}, {"updatedAt": MOMENT}, like=made["id"])
    text = """{ orders(first: 9) { nodes { id updatedAt lineItems(first: 5) {
      nodes { id variant { id } } } fulfillmentOrders(first: 5) { nodes { id orderId } } } } }"""
    found = {node["id"]: node for node in ask(text)["orders"]["nodes"]}
    assert set(found) == {made["id"], *copies}
    lines = [n["id"] for node in found.values() for n in node["lineItems"]["nodes"]]
    parts = [n["id"] for node in found.values() for n in node["fulfillmentOrders"]["nodes"]]
    assert (len(set(lines)), len(set(parts))) == (6, 3)
    assert found[copies[0]]["lineItems"]["nodes"][1]["variant"] == {"id": variant["id"]}
    assert found[copies[0]]["updatedAt"] == MOMENT


def test_a_return_belongs_to_its_order(api: Api, ask: Execute) -> None:
    made = order(ask, line("a", "1.00"))
    lines = [{"id": "gid://shopify/ReturnLineItem/new", "quantity": 2}]
    given = {"order": made["id"], "status": "OPEN", "returnLineItems": lines, "name": "#1-R1"}
    (gid,) = put(api, "Return", given)
    text = """query($id: ID!) { order(id: $id) { returns(first: 5) { nodes { id totalQuantity
      order { id } returnLineItems(first: 5) { nodes { id quantity } } } } } }"""
    (found,) = ask(text, id=made["id"])["order"]["returns"]["nodes"]
    assert (found["id"], found["totalQuantity"], found["order"]["id"]) == (gid, 2, made["id"])
    assert found["returnLineItems"]["nodes"][0]["quantity"] == 2


def test_a_shop_without_shopify_payments_has_no_account(api: Api, ask: Execute) -> None:
    assert ask(PAYMENTS) == {"shopifyPaymentsAccount": None}
    put(api, "ShopifyPaymentsAccount", {"country": "US"})
    issued = [{"issuedAt": f"2026-11-0{day}T00:00:00Z", "net": "5.0 USD"} for day in (1, 3)]
    put(api, "ShopifyPaymentsPayout", *({"status": "PAID"} | payout for payout in issued))
    found = ask(PAYMENTS, q="issued_at:>='2026-11-02T00:00:00Z'")["shopifyPaymentsAccount"]
    assert [p["net"] for p in found["payouts"]["nodes"]] == [{"amount": "5.0"}]


def test_a_deleted_customer_leaves_an_event(api: Api, ask: Execute) -> None:
    made = ask(
        'mutation { customerCreate(input: {email: "a@example.com"}) '
        "{ customer { id } userErrors { message } } }"
    )["customerCreate"]["customer"]["id"]
    context = Context(api.service.store, {}, api.service)
    seed(context, {"delete": [made]})
    (event,) = ask(EVENTS, q="action:destroy")["events"]["nodes"]
    assert (event["subjectId"], event["subjectType"]) == (made, "CUSTOMER")


def test_the_admin_path_seeds_and_counts(server: Server) -> None:
    answer = server.admin("seed", {"type": "GiftCard", "objects": [{"balance": "5.0 USD"}] * 3})
    assert len(answer.json()["ids"]) == 3
    assert server.admin("seed", {"delete": ["gid://shopify/Order/1"]}).status_code == 400
    url = f"{server.url}/_admin/throttle"
    before = requests.get(url, timeout=10).json()
    server.ask("{ giftCardsCount { count } }")
    after = requests.get(url, timeout=10).json()
    assert (after["accepted"] - before["accepted"], after["points"] - before["points"]) == (1, 10)
    assert server.admin("throttle", {"plan": "advanced"}).json()["rate"] == 200


@pytest.mark.parametrize("kind", ["draftOrders", "abandonedCheckouts", "markets", "priceLists"])
def test_empty_lists_are_lists(ask: Execute, kind: str) -> None:
    assert ask(f"{{ {kind}(first: 5) {{ nodes {{ id }} }} }}") == {kind: {"nodes": []}}
