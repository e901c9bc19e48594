"""Invoice items: what waits to be billed, or stands on a draft already."""

import copy
from typing import Any

from docker.stripe import lists
from docker.stripe.call import Call
from docker.stripe.errors import StripeError, invalid_request, refuse
from docker.stripe.objects import assign, merge_metadata, new_object
from docker.stripe.resources import drafts
from docker.stripe.store import Body

NOT_SERVED = ["discounts", "price_data", "quantity_decimal", "tax_rates"]


def create(call: Call) -> Body:
    params = call.params
    refuse(params, *NOT_SERVED)
    customer = call.find("customer", params.get("customer", ""), "customer")
    invoice = _draft(call, params["invoice"]) if params.get("invoice") else None
    price = _price(call, params)
    currency = price["currency"] if price else params.get("currency", "")
    if not currency:
        raise invalid_request("Missing required param: currency.", param="currency")
    quantity = params.get("quantity", 1)
    unit = price["unit_amount"] if price else params.get("amount")
    if unit is None:
        unit = int(params.get("unit_amount_decimal", "0"))
    item = make(
        call,
        customer["id"],
        currency.lower(),
        amount=unit if "amount" in params else unit * quantity,
        description=params.get("description"),
        invoice=params.get("invoice"),
        period=params.get("period") or {"start": call.now, "end": call.now},
        pricing=pricing(price, unit),
        quantity=quantity,
    )
    merge_metadata(item, params)
    call.store.update("invoiceitem", item)
    call.emit("invoiceitem.created", item)
    if invoice:
        filled = drafts.add_lines(call, invoice, [line(item)])
        call.emit("invoice.updated", filled, {"total": invoice["total"]})
    return item


def make(call: Call, customer: str, currency: str, **fields: Any) -> Body:
    """A stored item; the caller tells of it once it is whole."""
    item = new_object(
        "invoiceitem",
        call.now,
        currency=currency,
        customer=customer,
        date=call.now,
        discountable=True,
        discounts=[],
        metadata={},
        quantity_decimal=str(fields["quantity"]),
        net_amount=fields["amount"],
        tax_rates=[],
    )
    return call.create("invoiceitem", item | fields)


def pricing(price: Body | None, unit: int) -> Body:
    of_price = price and {"price": price["id"], "product": price["product"]}
    decimal = {"type": "price_details", "unit_amount_decimal": str(unit)}
    return decimal | {"price_details": of_price} if of_price else decimal


def pending(call: Call, customer: str, currency: str) -> list[Body]:
    """What waits for the customer's next invoice."""
    return call.store.select(
        "invoiceitem",
        "json_extract(body, '$.customer') = ? AND json_extract(body, '$.invoice') IS NULL "
        "AND json_extract(body, '$.currency') = ?",
        customer,
        currency,
    )


def bill(call: Call, items: list[Body], invoice: Body) -> list[Body]:
    """Puts the items on the invoice and returns its lines. No event tells of it, as at Stripe."""
    for item in items:
        item["invoice"] = invoice["id"]
        call.store.update("invoiceitem", item)
    return [line(item) for item in items]


def line(item: Body) -> Body:
    """The invoice line of an item; a proration belongs to its subscription's item."""
    of = (item["parent"] or {}).get("subscription_details") or {}
    details = {
        "invoice_item": item["id"],
        "proration": item["proration"],
        "proration_details": {"credited_items": None},
        "subscription": of.get("subscription"),
    }
    kind = "invoice_item_details"
    if of:
        kind = "subscription_item_details"
        details["subscription_item"] = of["subscription_item"]
    other = {"invoice_item_details": None, "subscription_item_details": None}
    shared = ("amount", "description", "metadata", "period", "pricing", "quantity")
    body = {name: item[name] for name in shared}
    return body | {"parent": other | {"type": kind, kind: details}}


def update(call: Call) -> Body:
    before = call.target("invoiceitem")
    after = copy.deepcopy(before)
    assign(after, call.params, "amount", "description", "period")
    after["net_amount"] = after["amount"]
    merge_metadata(after, call.params)
    call.save("invoiceitem", before, after)
    if before["invoice"]:
        invoice = _draft(call, before["invoice"])
        _drop_line(call, before)
        filled = drafts.add_lines(call, invoice, [line(after)])
        call.emit("invoice.updated", filled, {"total": invoice["total"]})
    return after


def delete(call: Call) -> Body:
    item = call.target("invoiceitem")
    invoice = _draft(call, item["invoice"]) if item["invoice"] else None
    call.store.db.execute("DELETE FROM invoiceitem WHERE id = ?", (item["id"],))
    call.emit("invoiceitem.deleted", item)
    if invoice:
        _drop_line(call, item)
        call.emit("invoice.updated", drafts.summed(call, invoice), {"total": invoice["total"]})
    return {"id": item["id"], "object": "invoiceitem", "deleted": True}


def retrieve(call: Call) -> Body:
    return call.target("invoiceitem")


def list_(call: Call) -> bytes:
    chosen: list[lists.Condition] = []
    if "pending" in call.params:
        wanted = "IS NULL" if call.params.pop("pending") else "IS NOT NULL"
        chosen.append((f"json_extract(body, '$.invoice') {wanted}", []))
    return lists.page(call, "invoiceitem", *chosen)


def _price(call: Call, params: Body) -> Body | None:
    id_ = (params.get("pricing") or {}).get("price")
    if not id_:
        return None
    price = call.find("price", id_, "pricing[price]")
    if price["type"] != "one_time":
        message = (
            "The price specified is set to `type=recurring` but this field only accepts prices "
            "with `type=one_time`."
        )
        raise invalid_request(message, param="pricing[price]")
    return price


def _draft(call: Call, id_: str) -> Body:
    invoice = call.find("invoice", id_, "invoice")
    if invoice["status"] != "draft":
        raise _closed()
    return invoice


def _drop_line(call: Call, item: Body) -> None:
    for details in ("invoice_item_details", "subscription_item_details"):
        call.store.db.execute(
            "DELETE FROM line_item WHERE json_extract(body, '$.invoice') = ? "
            f"AND json_extract(body, '$.parent.{details}.invoice_item') = ?",
            (item["invoice"], item["id"]),
        )


def _closed() -> StripeError:
    message = "Only draft invoices can be changed: this one is finalized."
    return invalid_request(message, code="invoice_not_editable")
