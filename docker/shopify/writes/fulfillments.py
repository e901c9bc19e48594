"""Fulfilment orders and fulfilments with tracking."""

from typing import Any

from docker.shopify.errors import ApiError, UserError
from docker.shopify.execute import Context
from docker.shopify.service import Arguments, announce, create, existing, mutation, now, save
from docker.shopify.store import Document, gid_type
from docker.shopify.writes.stock import ship_stock
from docker.shopify.writes.totals import recalculate


def open_fulfillment_orders(context: Context, order: Document) -> None:
    """One fulfilment order for the location that ships the order."""
    location = context.store.get(order["lineItems"][0]["_location"]) or {}
    document = create(context, "FulfillmentOrder", status="OPEN", requestStatus="UNSUBMITTED")
    document |= {
        "order": order["id"],
        "orderId": order["id"],
        "orderName": order["name"],
        "orderProcessedAt": order["processedAt"],
        "assignedLocation": {
            "name": location.get("name", ""),
            "countryCode": (location.get("address") or {}).get("countryCode") or "US",
            "location": location.get("id"),
        },
        "fulfillAt": order["processedAt"],
        "supportedActions": [{"action": "CREATE_FULFILLMENT", "externalUrl": None}],
        "fulfillmentHolds": [],
        "_fulfillments": [],
        "lineItems": [
            {
                "id": context.store.next_id("FulfillmentOrderLineItem"),
                "lineItem": line["id"],
                "variant": line["variant"],
                "productTitle": line["title"],
                "variantTitle": line["variantTitle"],
                "sku": line["sku"],
                "vendor": line["vendor"],
                "inventoryItemId": line["_item"],
                "requiresShipping": line["requiresShipping"],
                "totalQuantity": line["quantity"],
                "remainingQuantity": line["quantity"],
            }
            for line in order["lineItems"]
        ],
    }
    order["_fulfillmentOrders"] = [document["id"]]
    context.store.put(document)


def _line(order: Document, gid: str) -> Document:
    return next(line for line in order["lineItems"] if line["id"] == gid)


def _wanted(
    document: Document, asked: list[dict[str, Any]] | None, path: list[str]
) -> list[tuple[Document, int]]:
    """(fulfilment order line, quantity); all that remains when nothing is named."""
    lines = document["lineItems"]
    if not asked:
        return [(line, line["remainingQuantity"]) for line in lines if line["remainingQuantity"]]
    found = []
    for entry in asked:
        line = next((part for part in lines if part["id"] == entry["id"]), None)
        if line is None:
            message = "Fulfillment order line item does not exist."
            raise UserError([*path, "fulfillmentOrderLineItems"], message)
        if entry["quantity"] <= 0:
            message = "Quantity must be greater than 0"
            raise UserError(["fulfillment"], message)
        if entry["quantity"] > line["remainingQuantity"]:
            message = "Invalid fulfillment order line item quantity requested."
            raise UserError(["fulfillment"], message)
        found.append((line, entry["quantity"]))
    return found


def fulfill(
    context: Context,
    order: Document,
    asked: dict[str, list[dict[str, Any]] | None] | None,
    tracking: dict[str, Any],
) -> Document:
    """Ships what `asked` names by fulfilment order (None: everything) and adds the fulfilment."""
    asked = asked if asked is not None else dict.fromkeys(order["_fulfillmentOrders"])
    parts: list[tuple[Document, Document, int]] = []
    for index, (gid, lines) in enumerate(asked.items()):
        document = context.store.get(gid) or {}
        path = ["fulfillment", "lineItemsByFulfillmentOrder", str(index)]
        parts += [(document, line, q) for line, q in _wanted(document, lines, path)]
    if not parts:
        message = "The fulfillment order is not in an open state."
        raise UserError(["fulfillment"], message)
    number = len(order["fulfillments"]) + 1
    fulfillment = create(context, "Fulfillment", order=order["id"], status="SUCCESS")
    fulfillment |= {
        "name": f"{order['name']}-F{number}",
        "displayStatus": "FULFILLED",
        "location": tracking.get("location") or parts[0][0]["assignedLocation"]["location"],
        "trackingInfo": tracking_info(tracking),
        "totalQuantity": sum(quantity for _, _, quantity in parts),
        "requiresShipping": True,
        "deliveredAt": None,
        "inTransitAt": None,
        "estimatedDeliveryAt": None,
        "events": [],
        "service": {"id": "gid://shopify/FulfillmentService/manual", "serviceName": "Manual",
                    "handle": "manual", "type": "MANUAL"},
        "fulfillmentOrders": list(dict.fromkeys(d["id"] for d, _, _ in parts)),
        "fulfillmentLineItems": [],
    }  # fmt: skip
    for document, part, quantity in parts:
        line = _line(order, part["lineItem"])
        part["remainingQuantity"] -= quantity
        line["_fulfilled"] += quantity
        ship_stock(context, line, quantity)
        fulfillment["fulfillmentLineItems"].append(
            {
                "id": context.store.next_id("FulfillmentLineItem"),
                "lineItem": line["id"],
                "quantity": quantity,
                "originalTotalSet": line["originalTotalSet"],
                "discountedTotalSet": line["discountedTotalSet"],
            }
        )
        left = any(p["remainingQuantity"] for p in document["lineItems"])
        document["status"] = "IN_PROGRESS" if left else "CLOSED"
        document["supportedActions"] = (
            [{"action": "CREATE_FULFILLMENT", "externalUrl": None}] if left else []
        )
        document["_fulfillments"] = [*document["_fulfillments"], fulfillment["id"]]
        save(context, document)
    order["fulfillments"].append(fulfillment)
    return fulfillment


def remove_unshipped(
    context: Context, order: Document, line: Document, quantity: int, restock: str
) -> None:
    """Units refunded before they were shipped leave the order and its fulfilment orders."""
    if restock == "RETURN":
        return
    left = removed = min(quantity, line["quantity"] - line["_fulfilled"] - line["_removed"])
    line["_removed"] += removed
    for gid in order["_fulfillmentOrders"]:
        document = context.store.get(gid) or {}
        for part in document["lineItems"]:
            if part["lineItem"] == line["id"] and left:
                taken = min(left, part["remainingQuantity"])
                part["remainingQuantity"] -= taken
                left -= taken
        if removed and not any(part["remainingQuantity"] for part in document["lineItems"]):
            document |= {"status": "CLOSED", "supportedActions": []}
        if removed:
            save(context, document)


def tracking_info(tracking: dict[str, Any]) -> list[dict[str, Any]]:
    numbers = tracking.get("numbers") or [tracking.get("number")]
    urls = tracking.get("urls") or [tracking.get("url")]
    pairs = [(n, urls[i] if i < len(urls) else None) for i, n in enumerate(numbers)]
    return [
        {"company": tracking.get("company"), "number": number, "url": url}
        for number, url in pairs
        if number or url or tracking.get("company")
    ]


@mutation("fulfillmentCreate", "fulfillment")
def fulfillment_create(context: Context, arguments: Arguments) -> dict[str, Any]:
    given = arguments["fulfillment"]
    asked: dict[str, list[dict[str, Any]] | None] = {}
    orders = set()
    for entry in given["lineItemsByFulfillmentOrder"]:
        gid = entry["fulfillmentOrderId"]
        document = context.store.get(gid)
        if gid_type(gid) != "FulfillmentOrder":
            raise ApiError("invalid id", "RESOURCE_NOT_FOUND")
        if document is None:
            message = "Fulfillment order does not exist."
            raise UserError(["fulfillment"], message)
        orders.add(document["order"])
        asked[gid] = entry.get("fulfillmentOrderLineItems")
    if len(orders) != 1:
        message = "All fulfillment orders must belong to the same order."
        raise UserError(["fulfillment"], message)
    order = context.store.get(orders.pop()) or {}
    fulfillment = fulfill(context, order, asked, given.get("trackingInfo") or {})
    recalculate(order)
    save(context, order, "orders/updated")
    announce(context, "fulfillments/create", fulfillment)
    if order["displayFulfillmentStatus"] == "FULFILLED":
        announce(context, "orders/fulfilled", order)
    return {"fulfillment": fulfillment}


def _owned(context: Context, gid: str, path: list[str]) -> tuple[Document, Document]:
    fulfillment = existing(context, gid, "Fulfillment", path, "Fulfillment does not exist.")
    return fulfillment, context.store.owner(gid) or {}


@mutation("fulfillmentTrackingInfoUpdate", "fulfillment")
def tracking_update(context: Context, arguments: Arguments) -> dict[str, Any]:
    path = ["fulfillmentId"]
    fulfillment, order = _owned(context, arguments["fulfillmentId"], path)
    fulfillment["trackingInfo"] = tracking_info(arguments["trackingInfoInput"])
    fulfillment["updatedAt"] = now(context)
    save(context, order, "orders/updated")
    return {"fulfillment": fulfillment}


@mutation("fulfillmentCancel", "fulfillment")
def fulfillment_cancel(context: Context, arguments: Arguments) -> dict[str, Any]:
    fulfillment, order = _owned(context, arguments["id"], ["id"])
    if fulfillment["status"] == "CANCELLED":
        return {"fulfillment": fulfillment}
    fulfillment |= {"status": "CANCELLED", "displayStatus": "CANCELED", "updatedAt": now(context)}
    for part in fulfillment["fulfillmentLineItems"]:
        _line(order, part["lineItem"])["_fulfilled"] -= part["quantity"]
        for gid in fulfillment["fulfillmentOrders"]:
            document = context.store.get(gid) or {}
            for line in document["lineItems"]:
                if line["lineItem"] == part["lineItem"]:
                    line["remainingQuantity"] += part["quantity"]
            document["status"] = "OPEN"
            document["supportedActions"] = [{"action": "CREATE_FULFILLMENT", "externalUrl": None}]
            save(context, document)
    recalculate(order)
    save(context, order, "orders/updated")
    return {"fulfillment": fulfillment}


@mutation("fulfillmentEventCreate", "fulfillmentEvent")
def event_create(context: Context, arguments: Arguments) -> dict[str, Any]:
    given = arguments["fulfillmentEvent"]
    path = ["fulfillmentEvent", "fulfillmentId"]
    fulfillment, order = _owned(context, given["fulfillmentId"], path)
    moment = given.get("happenedAt") or now(context)
    event = create(context, "FulfillmentEvent", status=given["status"], happenedAt=moment)
    event |= {"message": given.get("message"), "city": given.get("city")}
    fulfillment["events"].append(event)
    if given["status"] == "DELIVERED":
        fulfillment["deliveredAt"] = moment
    if given["status"] == "IN_TRANSIT":
        fulfillment["inTransitAt"] = moment
    fulfillment["displayStatus"] = given["status"]
    fulfillment["updatedAt"] = now(context)
    save(context, order, "orders/updated")
    return {"fulfillmentEvent": event}
