"""What is pulled from Shopify: each stream is a description, one engine (pull.py) runs them all."""

from dataclasses import dataclass
from datetime import timedelta

# Shopify's search index runs behind its database by seconds; clocks differ by more.
LOOKBACK = timedelta(minutes=10)


@dataclass(frozen=True)
class Child:
    """A nested connection. `path`: keys down to it from the record, lists walked through. When the
    first page was not all, `document` pages on from the parent that owns the connection."""

    path: tuple[str, ...]
    document: str


@dataclass(frozen=True)
class Stream:
    """A collection of the Admin API.

    document: GraphQL file whose answer holds the connection as `page` (or `parent.page`).
    windowed: filtered by `updated_at`; otherwise the whole collection is read and compared.
    count: alias in counts.graphql that tells how many records the window holds.
    parent: stream whose ids are `$parent`: the records live below it and have their own clock.
    """

    name: str
    document: str
    scope: str
    windowed: bool = True
    page_size: int = 100
    count: str | None = None
    parent: str | None = None
    children: tuple[Child, ...] = ()


STREAMS = (
    Stream("shop", "shop", "(none)", windowed=False),
    Stream("locations", "locations", "read_locations", windowed=False, page_size=100),
    Stream(
        "products",
        "products",
        "read_products",
        page_size=50,
        count="products",
        children=(Child(("variants",), "product_variants"),),
    ),
    Stream("customers", "customers", "read_customers", page_size=250, count="customers"),
    Stream(
        "orders",
        "orders",
        "read_orders",
        page_size=50,
        count="orders",
        children=(
            Child(("lineItems",), "order_line_items"),
            Child(("refunds", "refundLineItems"), "refund_line_items"),
        ),
    ),
    Stream(
        "inventory_levels", "inventory_levels", "read_inventory", page_size=250, parent="locations"
    ),
)
