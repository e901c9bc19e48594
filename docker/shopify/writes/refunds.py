"""refundCreate and what cancelling an order refunds."""

from decimal import Decimal
from typing import Any

from docker.common.clock import format_time, parse_time
from docker.shopify.errors import UserError
from docker.shopify.execute import Context
from docker.shopify.money import Bag, parse, total
from docker.shopify.service import Arguments, announce, create, mutation, save
from docker.shopify.store import Document
from docker.shopify.writes.fulfillments import remove_unshipped
from docker.shopify.writes.orders import count_order, new_transaction
from docker.shopify.writes.stock import return_stock
from docker.shopify.writes.totals import line_discount, recalculate, tax_of, zero_of

ONE = Decimal(1)


def _order(context: Context, arguments: Arguments) -> Document | None:
    return context.store.of_kind("Order", arguments["input"]["orderId"])


@mutation("refundCreate", "refund", order=_order)
def refund_create(context: Context, arguments: Arguments) -> dict[str, Any]:
    given = arguments["input"]
    order = context.store.of_kind("Order", given["orderId"])
    if order is None:
        raise UserError(["orderId"], "Order does not exist")
    transactions = given.get("transactions") or []
    _check(context, order, given, transactions)
    refund = _new_refund(context, order, given.get("note"), given.get("processedAt"))
    for entry in given.get("refundLineItems") or ():
        line = _line(order, entry["lineItemId"])
        restock = entry.get("restockType") or "NO_RESTOCK"
        part = refund_line(context, order, line, entry["quantity"], restock)
        part["location"] = entry.get("locationId")
        if restock == "RETURN":
            part["location"] = part["location"] or line["_location"]
        part["restocked"] = return_stock(
            context, line, entry["quantity"], restock, entry.get("locationId")
        )
        remove_unshipped(context, order, line, entry["quantity"], restock)
        refund["refundLineItems"].append(part)
    _shipping(context, order, refund, given.get("shipping") or {})
    for entry in transactions:
        _pay_back(context, order, refund, entry)
    finish_refund(context, order, refund)
    return {"refund": refund, "order": order}


def _line(order: Document, gid: str) -> Document:
    return next(line for line in order["lineItems"] if line["id"] == gid)


def _check(
    context: Context, order: Document, given: dict[str, Any], transactions: list[dict[str, Any]]
) -> None:
    for index, entry in enumerate(given.get("refundLineItems") or ()):
        line = next((x for x in order["lineItems"] if x["id"] == entry["lineItemId"]), None)
        path = ["refundLineItems", str(index)]
        if line is None:
            raise UserError([*path, "lineItemId"], "Line item does not exist")
        if entry["quantity"] > line["currentQuantity"]:
            message = "Quantity cannot refund more items than were purchased"
            raise UserError([*path, "quantity"], message)
        location = entry.get("locationId")
        if location and context.store.get(location) is None:
            raise UserError([*path, "locationId"], "Location does not exist")
    known = {t["id"] for t in order["transactions"]}
    for entry in transactions:
        if entry["kind"] not in ("REFUND", "SUGGESTED_REFUND"):
            message = f"Kind {entry['kind'].lower()} is not a valid transaction"
            raise UserError(None, message)
        if entry.get("parentId") and entry["parentId"] not in known:
            message = "Transactions require a parent_id associated with the order"
            raise UserError(["transactions"], message)
    asked = sum((Decimal(str(t["amount"])) for t in transactions), Decimal(0))
    net = parse(order["netPaymentSet"])
    if asked > net.presentment:
        message = f"Refund amount ${asked:,.2f} is greater than net payment received"
        raise UserError(None, f"{message} ${net.presentment:,.2f}")
    shipping = given.get("shipping") or {}
    if shipping.get("amount") is not None:
        left = parse(order["currentShippingPriceSet"]).presentment
        if Decimal(str(shipping["amount"])) > left:
            message = "Refund shipping amount is greater than the remaining shipping amount"
            raise UserError(["shipping", "amount"], message)


def _new_refund(
    context: Context, order: Document, note: str | None, processed: str | None = None
) -> Document:
    refund = create(context, "Refund", order=order["id"], note=note)
    return refund | {
        "processedAt": format_time(parse_time(processed)) if processed else refund["createdAt"],
        "refundLineItems": [],
        "refundShippingLines": [],
        "orderAdjustments": [],
        "transactions": [],
        "duties": [],
    }


def _part_of(whole: Bag, quantity: int, of: int, before: int) -> Bag:
    """The share of units `before`..`before+quantity`; the shares of all units add up to whole."""
    return whole.times(Decimal(before + quantity) / of) - whole.times(Decimal(before) / of)


def refund_line(
    context: Context, order: Document, line: Document, quantity: int, restock: str
) -> Document:
    """The refund of some units of a line: its discounted price and its tax, to the cent."""
    zero = zero_of(order)
    of, before = line["quantity"], line["quantity"] - line["currentQuantity"]
    net, tax = parse(line["_net"]), tax_of(line, zero)
    subtotal = _part_of(net, quantity, of, before)
    return {
        "id": context.store.next_id("RefundLineItem"),
        "lineItem": line["id"],
        "quantity": quantity,
        "restockType": restock,
        "restocked": False,
        "location": None,
        "priceSet": str(subtotal.times(ONE / quantity)) if quantity else str(zero),
        "subtotalSet": str(subtotal),
        "totalTaxSet": str(_part_of(tax, quantity, of, before)),
        "_discount": str(_part_of(line_discount(line, zero), quantity, of, before)),
    }


def _shipping(context: Context, order: Document, refund: Document, asked: dict[str, Any]) -> None:
    """Refunds shipping, line after line until the amount is reached, with its share of tax."""
    left = parse(order["currentShippingPriceSet"])
    amount = Decimal(str(asked.get("amount") or 0))
    if asked.get("fullRefund"):
        amount = left.presentment
    for line in order["shippingLines"]:
        price, done = parse(line["discountedPriceSet"]), _shipping_refunded(order, line)
        rest = price - done
        if amount <= 0 or rest.presentment <= 0:
            continue
        share = min(amount, rest.presentment) / price.presentment
        back = price.times(share)
        refund["refundShippingLines"].append(
            {
                "id": context.store.next_id("RefundShippingLine"),
                "shippingLine": line["id"],
                "subtotalAmountSet": str(back),
                "taxAmountSet": str(tax_of(line, zero_of(order)).times(share)),
            }
        )
        amount -= back.presentment


def _shipping_refunded(order: Document, line: Document) -> Bag:
    parts = (p for r in order["refunds"] for p in r["refundShippingLines"])
    return total(
        (parse(p["subtotalAmountSet"]) for p in parts if p["shippingLine"] == line["id"]),
        zero_of(order),
    )


def _pay_back(context: Context, order: Document, refund: Document, given: dict[str, Any]) -> None:
    parent = next((t for t in order["transactions"] if t["id"] == given.get("parentId")), None)
    received = parse(order["totalReceivedSet"])
    presentment = Decimal(str(given["amount"]))
    rate = received.shop / received.presentment if received.presentment else ONE
    amount = Bag(
        presentment * rate, order["currencyCode"], presentment, order["presentmentCurrencyCode"]
    )
    gateway = parent["gateway"] if parent else given["gateway"]
    transaction = new_transaction(
        context,
        order,
        kind="REFUND",
        gateway=gateway,
        amount=str(amount.times(1)),
        parent=parent["id"] if parent else None,
        processed=refund["processedAt"],
    )
    order["transactions"].append(transaction)
    refund["transactions"].append(transaction["id"])


def finish_refund(context: Context, order: Document, refund: Document) -> None:
    """Totals, the discrepancy between goods and money, the customer's spending, the webhook."""
    zero = zero_of(order)
    paid = total(
        (parse(t["amountSet"]) for t in order["transactions"] if t["id"] in refund["transactions"]),
        zero,
    )
    refund["totalRefundedSet"] = str(paid)
    suggested = total((parse(p["subtotalSet"]) for p in refund["refundLineItems"]), zero)
    suggested = total(
        (parse(p["subtotalAmountSet"]) for p in refund["refundShippingLines"]), suggested
    )
    if not order["taxesIncluded"]:
        suggested = total((parse(p["totalTaxSet"]) for p in refund["refundLineItems"]), suggested)
        suggested = total(
            (parse(p["taxAmountSet"]) for p in refund["refundShippingLines"]), suggested
        )
    difference = suggested - paid
    if difference.shop and parse(order["netPaymentSet"]).shop:
        pending = not refund["transactions"]
        refund["orderAdjustments"].append(
            {
                "id": context.store.next_id("OrderAdjustment"),
                "amountSet": str(difference),
                "taxAmountSet": str(zero),
                "reason": "PENDING_REFUND_DISCREPANCY" if pending else "REFUND_DISCREPANCY",
            }
        )
    order["refunds"].append(refund)
    recalculate(order)
    save(context, order, "orders/updated")
    announce(context, "refunds/create", refund)
    if customer := context.store.get(order["customer"] or ""):
        count_order(context, customer)


def cancel_refund(
    context: Context, order: Document, restock: bool, pay_back: bool, note: str | None
) -> Document:
    """The refund of a cancelled order: every unit that is left, all shipping, all that was paid."""
    refund = _new_refund(context, order, note)
    for line in order["lineItems"]:
        quantity = line["currentQuantity"]
        if not quantity:
            continue
        shipped = line["_fulfilled"] > 0
        kind = ("RETURN" if shipped else "CANCEL") if restock else "NO_RESTOCK"
        part = refund_line(context, order, line, quantity, kind)
        part["restocked"] = return_stock(context, line, quantity, kind, None)
        remove_unshipped(context, order, line, quantity, kind)
        part["location"] = line["_location"]
        refund["refundLineItems"].append(part)
    _shipping(context, order, refund, {"fullRefund": True})
    left = parse(order["netPaymentSet"]).presentment
    for transaction in [t for t in order["transactions"] if t["kind"] in ("SALE", "CAPTURE")]:
        amount = min(left, parse(transaction["amountSet"]).presentment)
        if pay_back and amount > 0 and transaction["status"] == "SUCCESS":
            entry = {"parentId": transaction["id"], "amount": amount, "gateway": ""}
            _pay_back(context, order, refund, entry)
            left -= amount
    return refund
