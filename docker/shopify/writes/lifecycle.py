"""orderUpdate, orderCancel, orderClose, orderOpen, orderMarkAsPaid, orderCapture, orderDelete."""

import re
from decimal import Decimal
from typing import Any
from uuid import uuid4

from docker.shopify.errors import UserError
from docker.shopify.execute import Context
from docker.shopify.money import Bag, parse
from docker.shopify.service import (
    Arguments,
    announce,
    existing,
    mutation,
    now,
    record_deletion,
    save,
)
from docker.shopify.store import Document
from docker.shopify.writes.customers import address
from docker.shopify.writes.metafields import set_metafields
from docker.shopify.writes.orders import count_order, new_transaction
from docker.shopify.writes.refunds import cancel_refund, finish_refund
from docker.shopify.writes.totals import recalculate

MIN_PHONE = 7
PLAIN = ("email", "phone", "note", "poNumber", "customAttributes")


def _order(context: Context, gid: str) -> Document:
    return existing(context, gid, "Order", ["id"], "Order does not exist")


@mutation("orderUpdate", "order")
def order_update(context: Context, arguments: Arguments) -> dict[str, Any]:
    given = arguments["input"]
    order = _order(context, given["id"])
    if len(given) == 1:
        raise UserError(None, "No valid update parameters have been provided")
    if given.get("phone") and len(re.sub(r"\D", "", given["phone"])) < MIN_PHONE:
        raise UserError(["phone"], "Phone is invalid")
    order.update({name: given[name] for name in PLAIN if name in given})
    if "tags" in given:
        order["tags"] = sorted({t.strip() for t in given["tags"] or ()}, key=str.lower)
    if given.get("shippingAddress"):
        order["shippingAddress"] = order["displayAddress"] = address(
            context, given["shippingAddress"]
        )
    set_metafields(context, order, given.get("metafields") or [])
    save(context, order, "orders/updated")
    return {"order": order}


@mutation("orderCancel", "job", errors="orderCancelUserErrors")
def order_cancel(context: Context, arguments: Arguments) -> dict[str, Any]:
    order = context.store.of_kind("Order", arguments["orderId"])
    if order is None:
        raise UserError(["orderId"], "Order does not exist", "NOT_FOUND")
    if order["cancelledAt"]:
        message = "Cannot cancel an order that has already been canceled"
        raise UserError(["orderId"], message, "INVALID")
    if any(f["status"] == "SUCCESS" for f in order["fulfillments"]):
        message = "Cannot cancel an order that has outstanding fulfillments"
        raise UserError(["orderId"], message, "INVALID")
    method = arguments.get("refundMethod") or {}
    pay_back = bool(arguments.get("refund") or method.get("originalPaymentMethodsRefund"))
    order["cancelledAt"] = now(context)
    order["cancelReason"] = arguments["reason"]
    order["cancellation"] = {"staffNote": arguments.get("staffNote")}
    for gid in order["_fulfillmentOrders"]:
        document = context.store.get(gid)
        if document and document["status"] != "CLOSED":
            document |= {"status": "CLOSED", "supportedActions": []}
            save(context, document)
    refund = cancel_refund(context, order, arguments["restock"], pay_back, None)
    if refund["refundLineItems"] or refund["transactions"]:
        finish_refund(context, order, refund)
    recalculate(order)
    save(context, order, "orders/cancelled")
    if customer := context.store.get(order["customer"] or ""):
        count_order(context, customer)
    return {"job": {"id": f"gid://shopify/Job/{uuid4()}", "done": False}}


@mutation("orderClose", "order")
def order_close(context: Context, arguments: Arguments) -> dict[str, Any]:
    order = _order(context, arguments["input"]["id"])
    order["closedAt"] = order["closedAt"] or now(context)
    recalculate(order)
    save(context, order, "orders/updated")
    return {"order": order}


@mutation("orderOpen", "order")
def order_open(context: Context, arguments: Arguments) -> dict[str, Any]:
    order = _order(context, arguments["input"]["id"])
    order["closedAt"] = None
    recalculate(order)
    save(context, order, "orders/updated")
    return {"order": order}


def _paid_order(context: Context, arguments: Arguments) -> Document | None:
    return context.store.get(arguments["input"]["id"])


@mutation("orderMarkAsPaid", order=_paid_order)
def mark_as_paid(context: Context, arguments: Arguments) -> dict[str, Any]:
    order = _order(context, arguments["input"]["id"])
    if not order["canMarkAsPaid"]:
        raise UserError(["id"], "Order cannot be marked as paid.")
    outstanding = order["totalOutstandingSet"]
    order["transactions"].append(
        new_transaction(context, order, kind="SALE", gateway="manual", amount=outstanding)
    )
    _paid(context, order)
    return {"order": order}


def _paid(context: Context, order: Document) -> None:
    recalculate(order)
    save(context, order, "orders/updated")
    if order["displayFinancialStatus"] == "PAID":
        announce(context, "orders/paid", order)
    if customer := context.store.get(order["customer"] or ""):
        count_order(context, customer)


@mutation("orderCapture", "transaction")
def order_capture(context: Context, arguments: Arguments) -> dict[str, Any]:
    given = arguments["input"]
    order = _order(context, given["id"])
    parent = next(
        (t for t in order["transactions"] if t["id"] == given["parentTransactionId"]), None
    )
    if parent is None or parent["kind"] != "AUTHORIZATION":
        raise UserError(["parentTransactionId"], "Transaction does not exist")
    amount = Decimal(str(given["amount"]))
    if amount > parse(order["totalCapturableSet"]).presentment:
        raise UserError(["amount"], "Amount exceeds the amount that can be captured")
    whole = parse(parent["amountSet"])
    share = whole.times(amount / whole.presentment)
    capture = new_transaction(
        context, order, kind="CAPTURE", gateway=parent["gateway"],
        amount=str(Bag(share.shop, share.shop_currency, amount, share.presentment_currency)),
        parent=parent["id"],
    )  # fmt: skip
    order["transactions"].append(capture)
    _paid(context, order)
    return {"transaction": capture}


@mutation("orderDelete", "deletedId")
def order_delete(context: Context, arguments: Arguments) -> dict[str, Any]:
    gid = arguments["orderId"]
    order = existing(context, gid, "Order", ["orderId"], "Order does not exist")
    customer = context.store.get(order["customer"] or "")
    for part in order["_fulfillmentOrders"]:
        context.store.delete(part)
    context.store.delete(gid)
    record_deletion(context, order, "ORDER")
    announce(context, "orders/delete", {"id": gid})
    if customer:
        customer["_orders"].remove(gid)
        count_order(context, customer)
    return {"deletedId": gid}
