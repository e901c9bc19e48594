"""Invoices as clients make and change them; `collections.py` has them paid."""

import copy

from docker.stripe import lists
from docker.stripe.call import Call
from docker.stripe.errors import StripeError, invalid_request, refuse
from docker.stripe.objects import assign, merge_metadata
from docker.stripe.resources import drafts, invoice_items
from docker.stripe.store import Body

DAY = 86400
FIELDS = ["auto_advance", "default_payment_method", "description", "footer", "statement_descriptor"]
NOT_SERVED = ["discounts", "from_invoice", "default_tax_rates", "shipping_cost", "subscription"]


def create(call: Call) -> Body:
    params = call.params
    refuse(params, *NOT_SERVED)
    customer = call.find("customer", params.get("customer", ""), "customer")
    due = _due_date(call, params)
    currency = params.get("currency") or customer["currency"] or "usd"
    invoice = drafts.draft(
        call,
        customer,
        currency.lower(),
        "manual",
        auto_advance=params.get("auto_advance", False),
        collection_method=params.get("collection_method", "charge_automatically"),
        due_date=due,
    )
    assign(invoice, params, *FIELDS)
    merge_metadata(invoice, params)
    waiting: list[Body] = []
    if params.get("pending_invoice_items_behavior") == "include":
        waiting = invoice_items.pending(call, customer["id"], invoice["currency"])
    filled = drafts.add_lines(call, invoice, invoice_items.bill(call, waiting, invoice))
    call.emit("invoice.created", filled)
    return filled


def update(call: Call) -> Body:
    before = call.target("invoice")
    after = copy.deepcopy(before)
    assign(after, call.params, *FIELDS)
    if before["status"] != "draft" and after != before:
        raise _wrong_status(before, "finalized invoices can't be updated in this way")
    if after["auto_advance"] and not before["auto_advance"]:
        after["automatically_finalizes_at"] = call.now + drafts.FINALIZED_AFTER_SECONDS
    merge_metadata(after, call.params)
    return call.save("invoice", before, after, "invoice.updated")


def delete(call: Call) -> Body:
    """Drafts of one's own only; their items go with them."""
    invoice = call.target("invoice")
    if invoice["status"] != "draft" or invoice["parent"]:
        raise _wrong_status(invoice, "you can only delete draft invoices that you created")
    of_invoice = "json_extract(body, '$.invoice') = ?"
    for item in call.store.select("invoiceitem", of_invoice, invoice["id"]):
        call.store.db.execute("DELETE FROM invoiceitem WHERE id = ?", (item["id"],))
        call.emit("invoiceitem.deleted", item)
    call.store.db.execute(f"DELETE FROM line_item WHERE {of_invoice}", (invoice["id"],))
    call.store.db.execute("DELETE FROM invoice WHERE id = ?", (invoice["id"],))
    call.emit("invoice.deleted", invoice)
    return {"id": invoice["id"], "object": "invoice", "deleted": True}


def void(call: Call) -> Body:
    invoice = call.target("invoice")
    if invoice["status"] not in ("open", "uncollectible"):
        raise _wrong_status(invoice, "you can only void open or uncollectible invoices")
    return _end(call, invoice, "void", "voided_at", "invoice.voided")


def mark_uncollectible(call: Call) -> Body:
    invoice = call.target("invoice")
    if invoice["status"] != "open":
        raise _wrong_status(invoice, "you can only mark open invoices uncollectible")
    return _end(
        call, invoice, "uncollectible", "marked_uncollectible_at", "invoice.marked_uncollectible"
    )


def retrieve(call: Call) -> Body:
    return call.target("invoice")


def list_(call: Call) -> bytes:
    chosen: list[lists.Condition] = []
    if "subscription" in call.params:
        field = "json_extract(body, '$.parent.subscription_details.subscription') = ?"
        chosen.append((field, [call.params.pop("subscription")]))
    return lists.page(call, "invoice", *chosen)


def list_lines(call: Call) -> bytes:
    invoice = call.target("invoice")
    return lists.page(call, "line_item", ("json_extract(body, '$.invoice') = ?", [invoice["id"]]))


def list_payments(call: Call) -> bytes:
    refuse(call.params, "payment")
    return lists.page(call, "invoice_payment")


def retrieve_payment(call: Call) -> Body:
    return call.target("invoice_payment")


def _end(call: Call, invoice: Body, status: str, moment: str, event: str) -> Body:
    transitions = invoice["status_transitions"] | {moment: call.now}
    after = invoice | {"auto_advance": False, "status": status, "status_transitions": transitions}
    return call.save("invoice", invoice, after, event)


def _due_date(call: Call, params: Body) -> int | None:
    if params.get("collection_method") != "send_invoice":
        return None
    if "due_date" in params:
        return int(params["due_date"])
    if "days_until_due" not in params:
        message = (
            "If invoice collection method is `send_invoice` you must specify one of "
            "`days_until_due` or `due_date`."
        )
        raise invalid_request(message, param="days_until_due")
    return call.now + DAY * int(params["days_until_due"])


def _wrong_status(invoice: Body, rule: str) -> StripeError:
    message = f"This invoice has the status {invoice['status']}: {rule}."
    return invalid_request(message, code="invoice_not_editable")
