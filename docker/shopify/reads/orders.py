"""Orders and what hangs on them: refunds, fulfilments, fulfilment orders, transactions."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from docker.common.clock import format_time
from docker.shopify.execute import Context, resolves
from docker.shopify.listing import by_id, count_documents, list_documents
from docker.shopify.money import parse
from docker.shopify.pages import Page, list_page
from docker.shopify.search import Filter
from docker.shopify.store import Document, gid_number

COUNT_LIMIT = 10_000
FINANCIAL = frozenset(
    [
        "paid",
        "pending",
        "authorized",
        "partially_paid",
        "partially_refunded",
        "refunded",
        "voided",
        "expired",
    ]
)
FULFILLMENT = frozenset(
    [
        "unshipped",
        "shipped",
        "fulfilled",
        "partial",
        "partially_fulfilled",
        "scheduled",
        "on_hold",
        "unfulfilled",
        "request_declined",
    ]
)


def _status(order: Document) -> list[str]:
    if order.get("cancelledAt"):
        return ["cancelled", "closed"] if order["closed"] else ["cancelled"]
    return ["closed"] if order["closed"] else ["open", "not_closed"]


def _fulfillment_status(order: Document) -> list[str]:
    status = order["displayFulfillmentStatus"].lower()
    aliases = {"unfulfilled": "unshipped", "fulfilled": "shipped", "partially_fulfilled": "partial"}
    return [status, aliases.get(status, status)]


ORDER_FILTERS = {
    "created_at": Filter("time", lambda d: d["createdAt"]),
    "updated_at": Filter("time", lambda d: d["updatedAt"]),
    "processed_at": Filter("time", lambda d: d["processedAt"]),
    "id": Filter("number", lambda d: gid_number(d["id"])),
    "name": Filter("text", lambda d: [d["name"], d["name"].lstrip("#")]),
    "email": Filter("text", lambda d: d.get("email")),
    "tag": Filter("text", lambda d: d["tags"]),
    "tag_not": Filter("absent", lambda d: d["tags"]),
    "sku": Filter("text", lambda d: [line.get("sku") for line in d["lineItems"]]),
    "source_identifier": Filter("text", lambda d: d.get("sourceIdentifier")),
    "source_name": Filter("text", lambda d: d.get("sourceName")),
    "customer_id": Filter("number", lambda d: gid_number(d.get("customer") or "")),
    "confirmation_number": Filter("text", lambda d: d["confirmationNumber"]),
    "current_total_price": Filter("number", lambda d: d["currentTotalPriceSet"].partition(" ")[0]),
    "return_status": Filter("text", lambda d: d["returnStatus"]),
    "po_number": Filter("text", lambda d: d.get("poNumber")),
    "discount_code": Filter("text", lambda d: d["discountCodes"]),
    "gateway": Filter("text", lambda d: d["paymentGatewayNames"]),
    "test": Filter("text", lambda d: str(d["test"]).lower()),
    "status": Filter("choice", _status, frozenset(["open", "closed", "cancelled", "not_closed"])),
    "financial_status": Filter(
        "choice", lambda d: (d["displayFinancialStatus"] or "").lower(), FINANCIAL
    ),
    "fulfillment_status": Filter("choice", _fulfillment_status, FULFILLMENT),
    "": Filter("prefix", lambda d: [d["name"], d["name"].lstrip("#"), d.get("email"), *d["tags"]]),
}
ORDER_SORTS = {
    "ORDER_NUMBER": lambda d: f"{d['number']:012d}",
    "CURRENT_TOTAL_PRICE": lambda d: f"{parse(d['currentTotalPriceSet']).shop:020.2f}",
    "TOTAL_PRICE": lambda d: f"{parse(d['totalPriceSet']).shop:020.2f}",
    "FINANCIAL_STATUS": lambda d: d["displayFinancialStatus"],
    "FULFILLMENT_STATUS": lambda d: d["displayFulfillmentStatus"],
}
FO_FILTERS = {
    "status": Filter("text", lambda d: d["status"]),
    "updated_at": Filter("time", lambda d: d["updatedAt"]),
    "assigned_location_id": Filter(
        "number", lambda d: gid_number(d["assignedLocation"]["location"] or "")
    ),
    "id": Filter("number", lambda d: gid_number(d["id"])),
}


@resolves("QueryRoot", "orders")
def orders(context: Context, _: Any, arguments: dict[str, Any]) -> Page:
    return list_documents(
        context,
        "Order",
        arguments,
        ORDER_FILTERS,
        ORDER_SORTS,
        "PROCESSED_AT",
        context.service.zone,
        _shown(context),
    )


def _shown(context: Context) -> Callable[[Document], bool] | None:
    """Without `read_all_orders` the list leaves out what is older than 60 days; counts do not."""
    if "read_all_orders" in context.service.scopes:
        return None
    horizon = format_time(context.service.clock.now() - timedelta(days=60))
    return lambda order: order["createdAt"] >= horizon


@resolves("QueryRoot", "ordersCount")
def orders_count(context: Context, _: Any, arguments: dict[str, Any]) -> Any:
    text, zone = arguments.get("query"), context.service.zone
    count = count_documents(context, "Order", text, ORDER_FILTERS, zone)
    return counted(count, arguments)


def counted(count: int, arguments: dict[str, Any]) -> dict[str, Any]:
    """A Count: exact up to `limit`, 10,000 when none is given, without limit when it is null."""
    limit = arguments.get("limit", COUNT_LIMIT)
    exact = limit is None or count <= limit
    return {"count": count if exact else limit, "precision": "EXACT" if exact else "AT_LEAST"}


by_id("order", "refund", "fulfillment", "fulfillmentOrder")


@resolves("QueryRoot", "fulfillmentOrders")
def fulfillment_orders(context: Context, _: Any, arguments: dict[str, Any]) -> Page:
    closed = arguments.get("includeClosed")
    return list_documents(
        context,
        "FulfillmentOrder",
        arguments,
        FO_FILTERS,
        zone=context.service.zone,
        keep=None if closed else lambda d: d["status"] not in ("CLOSED", "CANCELLED"),
    )


@resolves("Order", "fulfillmentOrders")
def of_order(context: Context, source: Document, arguments: dict[str, Any]) -> Page:
    items = [context.store.get(gid) for gid in source["_fulfillmentOrders"]]
    return list_page(items, arguments, context.unlimited)


def _first_of(kind: str, name: str) -> None:
    """A plain list with a `first` argument."""

    @resolves(kind, name)
    def cut(context: Context, source: Document, arguments: dict[str, Any]) -> Any:
        items = source.get(name) or []
        return items[: arguments["first"]] if arguments.get("first") is not None else items


for _name in ("refunds", "transactions", "fulfillments"):
    _first_of("Order", _name)
_first_of("Fulfillment", "trackingInfo")
_first_of("LineItem", "taxLines")


@resolves("Order", "shippingLine")
def shipping_line(context: Context, source: Document, _: dict[str, Any]) -> Any:
    return source["shippingLines"][0] if source["shippingLines"] else None


@resolves("Order", "transactionsCount")
def transactions_count(context: Context, source: Document, _: dict[str, Any]) -> Any:
    return {"count": len(source["transactions"]), "precision": "EXACT"}


@resolves("Order", "fulfillmentsCount")
def fulfillments_count(context: Context, source: Document, _: dict[str, Any]) -> Any:
    return {"count": len(source["fulfillments"]), "precision": "EXACT"}


@resolves("Order", "metafield")
@resolves("Product", "metafield")
@resolves("ProductVariant", "metafield")
@resolves("Customer", "metafield")
def metafield(context: Context, source: Document, arguments: dict[str, Any]) -> Any:
    key, namespace = arguments["key"], arguments.get("namespace")
    if namespace is None:
        namespace, _, key = key.rpartition(".")
    for candidate in source.get("metafields") or ():
        if candidate["key"] == key and candidate["namespace"] == namespace:
            return candidate
    return None


@resolves("Order", "metafields")
@resolves("Product", "metafields")
@resolves("ProductVariant", "metafields")
@resolves("Customer", "metafields")
def metafields(context: Context, source: Document, arguments: dict[str, Any]) -> Page:
    items = source.get("metafields") or []
    if namespace := arguments.get("namespace"):
        items = [m for m in items if m["namespace"] == namespace]
    if keys := arguments.get("keys"):
        items = [m for m in items if f"{m['namespace']}.{m['key']}" in keys]
    return list_page(items, arguments, context.unlimited)
