"""orderCreate: checks, lines, discounts, taxes, shipping, payments, stock."""

from decimal import Decimal
from typing import Any

from docker.common.clock import format_time, parse_time
from docker.shopify.errors import UserError
from docker.shopify.execute import Context
from docker.shopify.money import Bag, parse
from docker.shopify.reads.customers import find_by
from docker.shopify.service import Arguments, create, existing, mutation, now, save
from docker.shopify.store import Document
from docker.shopify.writes.customers import address, fill, new_customer
from docker.shopify.writes.fulfillments import fulfill, open_fulfillment_orders
from docker.shopify.writes.metafields import set_metafields
from docker.shopify.writes.order_parts import (
    apply_discount,
    bag,
    line_of,
    order_taxes,
    shipping_of,
)
from docker.shopify.writes.stock import claim_stock
from docker.shopify.writes.totals import recalculate

FIRST_ORDER_NUMBER = 1001
PLAIN = ("email", "phone", "note", "poNumber", "sourceIdentifier", "sourceName", "test")


@mutation("orderCreate", "order")
def order_create(context: Context, arguments: Arguments) -> dict[str, Any]:
    given = arguments["order"]
    options = arguments.get("options") or {}
    _check(context, given)
    order = _new_order(context, given)
    order["lineItems"] = [
        line_of(context, order, entry, index) for index, entry in enumerate(given["lineItems"])
    ]
    order["shippingLines"] = [
        shipping_of(context, order, entry) for entry in given.get("shippingLines") or ()
    ]
    apply_discount(order, given.get("discountCode") or {})
    order["taxLines"] = order_taxes(order, given)
    order["transactions"] = [
        _transaction(context, order, entry) for entry in given.get("transactions") or ()
    ]
    recalculate(order)
    claim_stock(context, order, options.get("inventoryBehaviour") or "BYPASS")
    customer = _customer(context, order, given)
    set_metafields(context, order, given.get("metafields") or [])
    open_fulfillment_orders(context, order)
    if given.get("fulfillment") or given.get("fulfillmentStatus") == "FULFILLED":
        fulfill(context, order, None, _tracking(given.get("fulfillment") or {}))
    recalculate(order)
    save(context, order, "orders/create")
    if customer:
        count_order(context, customer, order)
    return {"order": order}


def _check(context: Context, given: dict[str, Any]) -> None:
    if not given.get("lineItems"):
        message = "Line items must have at least one line item"
        raise UserError(["order", "lineItems"], message, "INVALID")
    if given.get("customerId") and given.get("customer"):
        message = "Cannot specify both customerId and customer"
        raise UserError(["order"], message, "REDUNDANT_CUSTOMER_FIELDS")
    moment = given.get("processedAt")
    if moment and parse_time(moment) > context.service.clock.now():
        message = "Processed at must not be in the future"
        raise UserError(["order", "processedAt"], message, "PROCESSED_AT_INVALID")
    _check_taxes(given)
    for index, entry in enumerate(given["lineItems"]):
        path = ["order", "lineItems", str(index)]
        variant = entry.get("variantId")
        if variant and context.store.get(variant) is None:
            raise UserError([*path, "variantId"], "Variant does not exist", "INVALID")
        if not variant and not (entry.get("title") or "").strip():
            raise UserError([*path, "title"], "Title can't be blank", "INVALID")
        if entry["quantity"] < 1:
            message = "Quantity must be greater than 0"
            raise UserError([*path, "quantity"], message, "INVALID")


def _check_taxes(given: dict[str, Any]) -> None:
    for name in ("lineItems", "shippingLines"):
        for index, part in enumerate(given.get(name) or ()):
            for position, tax in enumerate(part.get("taxLines") or ()):
                if str(tax["rate"]) == "":
                    path = ["order", name, str(index), "taxLines", str(position), "rate"]
                    message = "Tax line rate is missing"
                    raise UserError(path, message, "TAX_LINE_RATE_MISSING")


def _new_order(context: Context, given: dict[str, Any]) -> Document:
    number = context.store.next_number("order", FIRST_ORDER_NUMBER)
    currency = given.get("currency") or context.service.settings.currency
    order = create(context, "Order", name=given.get("name") or f"#{number}", number=number)
    order |= {name: given.get(name) for name in PLAIN}
    moment = given.get("processedAt")
    order |= {
        "test": bool(given.get("test")),
        "processedAt": format_time(parse_time(moment)) if moment else order["createdAt"],
        "closedAt": _time(given.get("closedAt")),
        "cancelledAt": None,
        "cancelReason": None,
        "confirmed": True,
        "confirmationNumber": order["legacyResourceId"][-9:],
        "currencyCode": currency,
        "presentmentCurrencyCode": given.get("presentmentCurrency") or currency,
        "taxesIncluded": bool(given.get("taxesIncluded")),
        "taxExempt": False,
        "tags": sorted({t.strip() for t in given.get("tags") or ()}, key=str.lower),
        "customAttributes": given.get("customAttributes") or [],
        "customerAcceptsMarketing": bool(given.get("buyerAcceptsMarketing")),
        "sourceName": given.get("sourceName") or "ecomm",
        "statusPageUrl": f"https://{context.service.settings.shop_domain}/orders/{number}",
        "registeredSourceUrl": given.get("sourceUrl"),
        "customer": None,
        "refunds": [],
        "fulfillments": [],
        "metafields": [],
        "discountApplications": [],
        "discountCodes": [],
        "discountCode": None,
        "returnStatus": "NO_RETURN",
        "_fulfillmentOrders": [],
        "_financial": given.get("financialStatus"),
    }
    for name in ("billingAddress", "shippingAddress"):
        order[name] = address(context, given[name]) if given.get(name) else None
    order["displayAddress"] = order["shippingAddress"] or order["billingAddress"]
    return order


def _time(text: str | None) -> str | None:
    return format_time(parse_time(text)) if text else None


def _transaction(context: Context, order: Document, given: dict[str, Any]) -> Document:
    return new_transaction(
        context,
        order,
        kind=given.get("kind") or "SALE",
        status=given.get("status") or "SUCCESS",
        gateway=given.get("gateway") or "",
        amount=str(bag(order, given["amountSet"])),
        processed=_time(given.get("processedAt")) or order["processedAt"],
        authorizationCode=given.get("authorizationCode"),
        receiptJson=given.get("receiptJson"),
        test=bool(given.get("test", order["test"])),
        location=given.get("locationId"),
    )


def new_transaction(
    context: Context,
    order: Document,
    *,
    kind: str,
    gateway: str,
    amount: str,
    status: str = "SUCCESS",
    parent: str | None = None,
    processed: str | None = None,
    **more: Any,
) -> Document:
    """A transaction; the caller adds it to the order."""
    moment = now(context)
    gateway_name = gateway.replace("_", " ").title()
    return {
        "id": context.store.next_id("OrderTransaction"),
        "order": order["id"],
        "kind": kind,
        "status": status,
        "gateway": gateway,
        "formattedGateway": gateway_name,
        "manualPaymentGateway": gateway == "manual",
        "amountSet": amount,
        "amount": amount.partition(" ")[0],
        "parentTransaction": parent,
        "createdAt": moment,
        "processedAt": processed or moment,
        "test": order["test"],
        "errorCode": None,
        "fees": [],
    } | more


def _tracking(given: dict[str, Any]) -> dict[str, Any]:
    numbers = given.get("trackingNumbers") or [given.get("trackingNumber")]
    return {
        "company": given.get("trackingCompany"),
        "numbers": [n for n in numbers if n],
        "location": given.get("locationId"),
    }


def _customer(context: Context, order: Document, given: dict[str, Any]) -> Document | None:
    asked = given.get("customer") or {}
    associate, upsert = asked.get("toAssociate") or {}, asked.get("toUpsert")
    gid = given.get("customerId") or associate.get("id")
    customer: Document | None
    if gid:
        path = ["order", "customerId"]
        customer = existing(context, gid, "Customer", path, "Customer does not exist", "INVALID")
    elif associate.get("email"):
        customer = find_by(context, "email", associate["email"])
    elif upsert is not None:
        email = upsert.get("email")
        customer = context.store.get(upsert["id"]) if upsert.get("id") else None
        customer = customer or (find_by(context, "email", email) if email else None)
        wanted = {k: v for k, v in upsert.items() if k not in ("id", "addresses")}
        if customer:
            fill(context, customer, wanted)
        else:
            customer = new_customer(context, wanted)
    elif order["email"]:
        customer = find_by(context, "email", order["email"])
        customer = customer or new_customer(context, {"email": order["email"]})
    else:
        return None
    if customer:
        order["customer"] = customer["id"]
        order["email"] = order["email"] or customer.get("email")
    return customer


def count_order(context: Context, customer: Document, order: Document | None = None) -> None:
    """Brings a customer's order count and spending up to date; a cancelled order is not spent."""
    if order and order["id"] not in customer["_orders"]:
        customer["_orders"].append(order["id"])
    orders = [o for gid in customer["_orders"] if (o := context.store.get(gid))]
    customer["numberOfOrders"] = str(len(orders))
    spent = sum((parse(o["netPaymentSet"]).shop for o in orders), Decimal(0))
    currency = context.service.settings.currency
    customer["amountSpent"] = str(Bag(spent, currency))
    save(context, customer, "customers/update")
