"""What is pulled from Shopify: each stream is a description, one engine runs them all.

README.md beside this file shows the same as a table.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

# Shopify's search index runs behind its database by seconds; clocks differ by more.
LOOKBACK = timedelta(minutes=10)


@dataclass(frozen=True)
class Child:
    """A nested connection. `path`: keys down to it from the record, lists walked through. When the
    first page was not all, `document` pages on from the object that owns the connection."""

    path: tuple[str, ...]
    document: str


@dataclass(frozen=True)
class Nested:
    """In a bulk result: objects of type `kind` are the nodes of their parent's `field`."""

    parent: str
    kind: str
    field: str


@dataclass(frozen=True)
class Bulk:
    """How a stream reads as a bulk operation (`<document>_bulk.graphql`).

    nested: the connections of the document.
    records: type of the records where they are not the root objects.
    parts: a list field and the document that fetches by `$ids` what its objects hold in
        connections, which bulk does not carry inside lists.
    """

    nested: tuple[Nested, ...] = ()
    records: str | None = None
    parts: tuple[str, str] | None = None


@dataclass(frozen=True)
class Stream:
    """A collection of the Admin API.

    document: GraphQL file whose answer holds the connection as `page` (or `parent.page`).
    scopes: the access scopes that its document asks for.
    reads: `window` filters by `clock`; `newest` reads back from the newest by `changed`; `whole`
        reads the collection and compares.
    clock, changed: the search field of the window; the record's field that it searches.
    filter: further search terms.
    count: root of counts.graphql that tells how many records the window holds.
    size: root of a count about as big as the whole stream, where the shop does not count the
        window, or where that does not tell: one collection may hold all products.
    parent: stream whose ids are `$parent`: the records live below it and have their own clock.
    inside: the records are the nodes of this connection of each node.
    deletes: subject type of the events that tell of deletions.
    history: the scope without which Shopify shows only the last 60 days.
    """

    name: str
    document: str
    scopes: tuple[str, ...] = ()
    reads: Literal["window", "newest", "whole"] = "window"
    clock: str = "updated_at"
    changed: str = "updatedAt"
    filter: str = ""
    page_size: int = 250
    count: str | None = None
    size: str | None = None
    parent: str | None = None
    inside: str | None = None
    children: tuple[Child, ...] = ()
    deletes: str | None = None
    lookback: timedelta = LOOKBACK
    history: str | None = None
    bulk: Bulk | None = None


def _metafields(owner: str, root: str, scope: str) -> Stream:
    """One record an owner with all its metafields, so that a removed one is seen missing."""
    name = f"{owner.lower()}_metafields"
    return Stream(
        name,
        name,
        (scope,),
        count=root,
        children=(Child(("metafields",), "owner_metafields"),),
        deletes=owner.upper(),
        history="read_all_orders" if owner == "Order" else None,
        bulk=Bulk((Nested(owner, "Metafield", "metafields"),)),
    )


STREAMS = (
    Stream("shop", "shop", reads="whole"),
    Stream("locations", "locations", ("read_locations",), reads="whole"),
    Stream(
        "products",
        "products",
        ("read_products", "read_inventory"),
        count="products",
        children=(Child(("variants",), "product_variants"),),
        deletes="PRODUCT",
        bulk=Bulk((Nested("Product", "ProductVariant", "variants"),)),
    ),
    Stream(
        "variants",
        "variants",
        ("read_products", "read_inventory"),
        size="productVariants",
        deletes="PRODUCT_VARIANT",
        bulk=Bulk(),
    ),
    Stream(
        "collections", "collections", ("read_products",), count="collections", deletes="COLLECTION"
    ),
    Stream(
        "collection_products",
        "collection_products",
        ("read_products",),
        reads="whole",
        page_size=50,
        count="collections",
        size="products",
        children=(Child(("products",), "collection_products_page"),),
        bulk=Bulk((Nested("Collection", "Product", "products"),)),
    ),
    Stream(
        "inventory_items",
        "inventory_items",
        ("read_inventory", "read_products"),
        size="productVariants",
        bulk=Bulk(),
    ),
    Stream(
        "inventory_levels",
        "inventory_levels",
        ("read_locations", "read_inventory", "read_products"),
        size="productVariants",
        parent="locations",
        bulk=Bulk(records="InventoryLevel"),
    ),
    Stream(
        "customers",
        "customers",
        ("read_customers",),
        count="customers",
        deletes="CUSTOMER",
        bulk=Bulk(),
    ),
    Stream(
        "orders",
        "orders",
        ("read_orders", "read_customers", "read_products", "read_locations"),
        page_size=100,
        count="orders",
        children=(
            Child(("lineItems",), "order_line_items"),
            Child(("shippingLines",), "order_shipping_lines"),
            Child(("refunds", "refundLineItems"), "refund_line_items"),
            Child(("refunds", "refundShippingLines"), "refund_shipping_lines"),
            Child(("refunds", "orderAdjustments"), "refund_adjustments"),
        ),
        deletes="ORDER",
        history="read_all_orders",
        bulk=Bulk(
            (
                Nested("Order", "LineItem", "lineItems"),
                Nested("Order", "ShippingLine", "shippingLines"),
            ),
            parts=("refunds", "refund_parts"),
        ),
    ),
    Stream(
        "fulfillment_orders",
        "fulfillment_orders",
        ("read_merchant_managed_fulfillment_orders", "read_locations"),
        size="orders",
        children=(Child(("lineItems",), "fulfillment_order_line_items"),),
        bulk=Bulk((Nested("FulfillmentOrder", "FulfillmentOrderLineItem", "lineItems"),)),
    ),
    Stream(
        "returns",
        "returns",
        ("read_orders", "read_returns"),
        filter="-return_status:no_return",
        page_size=50,
        inside="returns",
        history="read_all_orders",
        children=(
            Child(("returns",), "order_returns"),
            Child(("returns", "returnLineItems"), "return_line_items"),
            Child(("returns", "refunds"), "return_refunds"),
        ),
    ),
    Stream(
        "draft_orders",
        "draft_orders",
        ("read_draft_orders", "read_customers", "read_orders", "read_products"),
        page_size=100,
        count="draftOrders",
        children=(Child(("lineItems",), "draft_order_line_items"),),
        deletes="DRAFT_ORDER",
        bulk=Bulk((Nested("DraftOrder", "DraftOrderLineItem", "lineItems"),)),
    ),
    Stream(
        "abandoned_checkouts",
        "abandoned_checkouts",
        ("read_orders", "read_customers", "read_products"),
        page_size=100,
        count="abandonedCheckouts",
        children=(Child(("lineItems",), "abandoned_checkout_line_items"),),
        bulk=Bulk((Nested("AbandonedCheckout", "AbandonedCheckoutLineItem", "lineItems"),)),
    ),
    Stream(
        "discounts",
        "discounts",
        ("read_discounts",),
        changed="discount.updatedAt",
        page_size=100,
        count="discountNodes",
        children=(Child(("discount", "codes"), "discount_codes"),),
        deletes="DISCOUNT_NODE",
    ),
    Stream(
        "gift_cards",
        "gift_cards",
        ("read_gift_cards", "read_customers", "read_orders"),
        reads="newest",
        size="giftCards",
        bulk=Bulk(),
    ),
    Stream("markets", "markets", ("read_markets",), reads="whole"),
    Stream("price_lists", "price_lists", ("read_products",), reads="whole"),
    Stream(
        "payouts",
        "payouts",
        ("read_shopify_payments_accounts", "read_shopify_payments_payouts"),
        clock="issued_at",
        changed="issuedAt",
        # on its way until it is paid or has failed, and nothing else tells of that
        lookback=timedelta(days=30),
    ),
    Stream(
        "balance_transactions",
        "balance_transactions",
        ("read_shopify_payments_accounts", "read_shopify_payments_payouts"),
        clock="processed_at",
        changed="transactionDate",
        # its payout is decided later
        lookback=timedelta(days=30),
    ),
    _metafields("Product", "products", "read_products"),
    _metafields("Order", "orders", "read_orders"),
    _metafields("Customer", "customers", "read_customers"),
)
