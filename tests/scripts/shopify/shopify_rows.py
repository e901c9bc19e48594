"""Rows for every stream, put into the local shop by its admin path: as many as a test wants, with
the times that it wants."""

from dataclasses import dataclass
from typing import Any

from local_service import Service

from scripts.errors import RetriableError
from scripts.landing.pull import Request
from scripts.landing.store import Store
from scripts.shopify.client import Client
from scripts.shopify.pull import pull
from scripts.shopify.streams import Stream

PRODUCT_SET = """mutation($input: ProductSetInput!) { productSet(synchronous: true, input: $input) {
  product { id variants(first: 1) { nodes { id inventoryItem { id inventoryLevels(first: 1) {
    nodes { id } } } } } } userErrors { message } } }"""
ORDER_CREATE = """mutation($order: OrderCreateOrderInput!) { orderCreate(order: $order) {
  order { id fulfillmentOrders(first: 1) { nodes { id } } } userErrors { message } } }"""
CUSTOMER_CREATE = """mutation($input: CustomerInput!) { customerCreate(input: $input) {
  customer { id } userErrors { message } } }"""
METAFIELD = {"namespace": "custom", "key": "care", "type": "single_line_text_field", "value": "30°"}
USD = {"amount": "5.00", "currencyCode": "USD"}


@dataclass
class Rows:
    """Fills one stream."""

    server: Service
    client: Client
    stream: str
    like: str | None = None

    def add(self, *times: str, **fields: Any) -> list[str]:
        """The ids of new records that changed at these times (ISO 8601 UTC, whole seconds)."""
        if not times:
            return []
        if self.stream in RAW:
            kind, fixed = RAW[self.stream]
            if self.stream in ("payouts", "balance_transactions"):
                self.seed("ShopifyPaymentsAccount", {"id": ACCOUNT, "country": "US"})
            return self.seed(kind, *(_at(kind, fixed | fields, moment) for moment in times))
        if self.stream == "returns":
            return self._returns(times, fields)
        made: list[str] = []
        if self.like is None:
            self.like = self._first()
            made = self.seed(_kind(self.like), {"id": self.like} | _times(times[0]) | fields)
            times = times[1:]
        copies = [_times(moment) | fields for moment in times]
        return made + self.seed(_kind(self.like), *copies, like=self.like)

    def seed(self, kind: str, *objects: dict[str, Any], **more: Any) -> list[str]:
        asked = {"type": kind, "objects": list(objects)} | more
        return list(self.server.admin("POST", "seed", asked)["ids"])

    def change(self, gid: str, **fields: Any) -> None:
        self.seed(_kind(gid), {"id": gid} | fields)

    def delete(self, gid: str) -> None:
        self.server.admin("POST", "seed", {"delete": [gid]})

    def _returns(self, times: tuple[str, ...], fields: dict[str, Any]) -> list[str]:
        first = self.like or self._order()["id"]
        self.like = first
        orders = self.seed("Order", *({"returnStatus": "IN_PROGRESS"} for _ in times), like=first)
        line = {"id": "gid://shopify/ReturnLineItem/new", "quantity": 1}
        return self.seed(
            "Return",
            *(
                {"order": order, "createdAt": moment, "returnLineItems": [line], "status": "OPEN"}
                | fields
                for order, moment in zip(orders, times, strict=True)
            ),
        )

    def _first(self) -> str:
        """The object that the others are copies of."""
        match self.stream:
            case "locations":
                found = self.client.execute("{ locations(first: 1) { nodes { id } } }", {})
                return str(found["locations"]["nodes"][0]["id"])
            case "customers" | "customer_metafields":
                given = {"email": "ada@example.com", "metafields": [METAFIELD]}
                answer = self.client.execute(CUSTOMER_CREATE, {"input": given})
                return str(answer["customerCreate"]["customer"]["id"])
            case "orders" | "order_metafields":
                return str(self._order()["id"])
            case "fulfillment_orders":
                return str(self._order()["fulfillmentOrders"]["nodes"][0]["id"])
        product = self._product()
        (variant,) = product["variants"]["nodes"]
        item = variant["inventoryItem"]
        return {
            "variants": variant["id"],
            "inventory_items": item["id"],
            "inventory_levels": item["inventoryLevels"]["nodes"][0]["id"],
        }.get(self.stream, str(product["id"]))

    def _order(self) -> dict[str, Any]:
        lines = [
            {"title": f"Line {n}", "quantity": n, "priceSet": {"shopMoney": USD}} for n in (1, 2)
        ]
        given = {"lineItems": lines, "currency": "USD", "metafields": [METAFIELD]}
        answer = self.client.execute(ORDER_CREATE, {"order": given})
        order: dict[str, Any] = answer["orderCreate"]["order"]
        return order

    def _product(self) -> dict[str, Any]:
        found = self.client.execute("{ locations(first: 1) { nodes { id } } }", {})
        location = found["locations"]["nodes"][0]["id"]
        stock = [{"locationId": location, "name": "available", "quantity": 7}]
        variant = {
            "optionValues": [{"optionName": "Size", "name": "M"}],
            "sku": "TEE",
            "inventoryItem": {"tracked": True},
            "inventoryQuantities": stock,
        }
        options = [{"name": "Size", "values": [{"name": "M"}]}]
        given = {"title": "Tee", "productOptions": options, "variants": [variant]}
        given["metafields"] = [METAFIELD]
        answer = self.client.execute(PRODUCT_SET, {"input": given})
        product: dict[str, Any] = answer["productSet"]["product"]
        return product


ACCOUNT = "gid://shopify/ShopifyPaymentsAccount/1"
LINES = [{"id": "gid://shopify/%s/new", "title": "Tee", "quantity": 1}]


def _lines(kind: str) -> list[dict[str, Any]]:
    return [line | {"id": str(line["id"]) % kind} for line in LINES]


CODES = [{"id": "gid://shopify/DiscountRedeemCode/new", "code": "TEN"}]
# stream → type and fields of a stored document
RAW: dict[str, tuple[str, dict[str, Any]]] = {
    "collections": ("Collection", {"title": "Hats", "handle": "hats", "_products": []}),
    "collection_products": ("Collection", {"title": "Hats", "handle": "hats", "_products": []}),
    "draft_orders": ("DraftOrder", {"name": "#D1", "lineItems": _lines("DraftOrderLineItem")}),
    "abandoned_checkouts": (
        "AbandonedCheckout",
        {"name": "#1", "lineItems": _lines("AbandonedCheckoutLineItem")},
    ),
    "discounts": (
        "DiscountNode",
        {"discount": {"__typename": "DiscountCodeBasic", "title": "Ten", "codes": CODES}},
    ),
    "gift_cards": ("GiftCard", {"balance": "5.0 USD", "initialValue": "9.0 USD"}),
    "markets": ("Market", {"name": "Europe", "handle": "eu"}),
    "price_lists": ("PriceList", {"name": "Wholesale", "currency": "USD"}),
    "payouts": ("ShopifyPaymentsPayout", {"status": "PAID", "net": "5.0 USD"}),
    "balance_transactions": (
        "ShopifyPaymentsBalanceTransaction",
        {"type": "CHARGE", "amount": "5.0 USD", "associatedPayout": {"status": "PENDING"}},
    ),
}
# stream → field of the stored document that takes any text
TEXTS = {
    "locations": "name",
    "products": "title",
    "variants": "title",
    "collections": "title",
    "inventory_items": "sku",
    "customers": "firstName",
    "orders": "sourceName",
    "fulfillment_orders": "orderName",
    "returns": "name",
    "draft_orders": "note2",
    "abandoned_checkouts": "note",
    "discounts": "discount.title",
    "gift_cards": "lastCharacters",
    "markets": "name",
    "price_lists": "name",
    "balance_transactions": "adjustmentReason",
    "product_metafields": "metafields.value",
    "order_metafields": "metafields.value",
    "customer_metafields": "metafields.value",
}


def text_fields(stream: str, text: str) -> dict[str, Any]:
    """What to give to `Rows.add` for a record with this text."""
    name, _, inner = TEXTS[stream].partition(".")
    if name == "metafields":
        return {name: [METAFIELD | {"id": "gid://shopify/Metafield/new", inner: text}]}
    if name == "discount":
        return {name: RAW["discounts"][1]["discount"] | {inner: text}}
    return {name: text}


def pull_as_the_flow_does(client: Client, store: Store, stream: Stream) -> int:
    """Rows landed. The flow runs a pull again that gave up on passing faults."""
    for _ in range(4):
        try:
            return pull(client, store, stream, Request()).landed
        except RetriableError:
            continue
    return pull(client, store, stream, Request()).landed


def _times(moment: str) -> dict[str, str]:
    return {"createdAt": moment, "updatedAt": moment}


def _at(kind: str, fields: dict[str, Any], moment: str) -> dict[str, Any]:
    special = {
        "ShopifyPaymentsPayout": "issuedAt",
        "ShopifyPaymentsBalanceTransaction": "transactionDate",
    }
    return fields | _times(moment) | ({special[kind]: moment} if kind in special else {})


def _kind(gid: str) -> str:
    return gid.split("/")[3]
