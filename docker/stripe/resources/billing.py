"""What a subscription bills: its first invoice, each cycle's, and the prorations of a change."""

from datetime import UTC, datetime
from typing import Any

from docker.stripe.call import Call
from docker.stripe.errors import StripeError, invalid_request
from docker.stripe.ledger import DAY
from docker.stripe.resources import collections, drafts, invoice_items, subscription_items
from docker.stripe.resources.subscription_items import Proration
from docker.stripe.store import Body


def begin(call: Call, subscription: Body) -> tuple[Body, StripeError | None]:
    """The first invoice, collected at once: the subscription is active if it is paid."""
    invoice = draft(call, subscription, "subscription_create", call.now)
    subscription = subscription | {"latest_invoice": invoice["id"]}
    call.store.update("subscription", subscription)
    invoice = drafts.finalize(call, invoice)
    if subscription["collection_method"] == "send_invoice":
        collections.settled(call, invoice)
        return subscription | {"status": "active"}, None
    if call.params.get("payment_behavior") == "default_incomplete" and invoice["amount_due"]:
        return subscription, None
    _, error = collections.collect(call, invoice)
    if error and error.status == 400:  # nothing to pay with: no subscription at all
        raise error
    return subscription | {"status": "incomplete" if error else "active"}, error


def draft(call: Call, subscription: Body, reason: str, period_start: int) -> Body:
    """An invoice of the period that begins, with what waits for it, told of."""
    lines = [_line(item) for item in subscription_items.all_of(call, subscription)]
    return _invoice(call, subscription, reason, lines, period_start)


def prorate(
    call: Call, subscription: Body, prorations: list[Proration], behavior: str | None
) -> None:
    """Credits unused time and debits what remains, as items that wait for the next invoice."""
    if behavior == "none":
        return
    for change in prorations:
        if change.before:
            _prorated(call, subscription, change.before, "Unused", -1)
        if change.after:
            _prorated(call, subscription, change.after, "Remaining", 1)
    if behavior == "always_invoice":
        invoice = _invoice(call, subscription, "subscription_update", [], call.now)
        subscription["latest_invoice"] = invoice["id"]
        collections.collect(call, drafts.finalize(call, invoice))


def _invoice(
    call: Call, subscription: Body, reason: str, lines: list[Body], period_start: int
) -> Body:
    customer = call.find("customer", subscription["customer"], "customer")
    details = {"metadata": subscription["metadata"], "subscription": subscription["id"]}
    invoice = drafts.draft(
        call,
        customer,
        subscription["currency"],
        reason,
        auto_advance=True,
        collection_method=subscription["collection_method"],
        due_date=_due_date(call, subscription),
        parent={
            "quote_details": None,
            "subscription_details": details,
            "type": "subscription_details",
        },
        period_start=period_start,
    )
    waiting = invoice_items.pending(call, customer["id"], subscription["currency"])
    billed = invoice_items.bill(call, waiting, invoice)
    filled = drafts.add_lines(call, invoice, [*billed, *lines])
    call.emit("invoice.created", filled)
    return filled


def _line(item: Body) -> Body:
    price = item["price"]
    details = {
        "invoice_item": None,
        "proration": False,
        "proration_details": {"credited_items": None},
        "subscription": item["subscription"],
        "subscription_item": item["id"],
    }
    return {
        "amount": _worth(item),
        "description": f"{item['quantity']} × {price['nickname'] or price['product']}",
        "metadata": item["metadata"],
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": details,
            "type": "subscription_item_details",
        },
        "period": {"end": item["current_period_end"], "start": item["current_period_start"]},
        "pricing": invoice_items.pricing(price, price["unit_amount"]),
        "quantity": item["quantity"],
    }


def _prorated(call: Call, subscription: Body, item: Body, word: str, sign: int) -> None:
    start, end = item["current_period_start"], item["current_period_end"]
    amount = sign * round(_worth(item) * (end - call.now) / (end - start))
    price = item["price"]
    day = datetime.fromtimestamp(call.now, UTC).strftime("%d %b %Y")
    details: dict[str, Any] = {
        "subscription": subscription["id"],
        "subscription_item": item["id"],
    }
    made = invoice_items.make(
        call,
        subscription["customer"],
        subscription["currency"],
        amount=amount,
        description=f"{word} time on {price['nickname'] or price['product']} after {day}",
        discountable=False,
        parent={"subscription_details": details, "type": "subscription_details"},
        period={"end": end, "start": call.now},
        pricing=invoice_items.pricing(price, price["unit_amount"]),
        proration=True,
        quantity=item["quantity"],
    )
    call.emit("invoiceitem.created", made)


def _worth(item: Body) -> int:
    unit = item["price"]["unit_amount"]
    if unit is None:
        raise invalid_request("The local Stripe bills prices with a whole `unit_amount` only.")
    return int(unit * item["quantity"])


def _due_date(call: Call, subscription: Body) -> int | None:
    if subscription["collection_method"] != "send_invoice":
        return None
    if subscription["days_until_due"] is None:
        message = "If the collection method is `send_invoice` you must specify `days_until_due`."
        raise invalid_request(message, param="days_until_due")
    return call.now + DAY * int(subscription["days_until_due"])
