"""The invoice as a document: its head, its lines, their sums, its number."""

from typing import Any

from docker.stripe import ids, lists
from docker.stripe.call import Call
from docker.stripe.objects import new_object
from docker.stripe.resources.accounts import SETTINGS
from docker.stripe.resources.payment_intents import MINIMUM_AMOUNT
from docker.stripe.store import Body

FINALIZED_AFTER_SECONDS = 3600
OF_CUSTOMER = ["address", "email", "name", "phone", "shipping", "tax_exempt"]


def draft(call: Call, customer: Body, currency: str, reason: str, **fields: Any) -> Body:
    """An empty draft of the customer's; fill it with `add_lines` before anybody sees it."""
    id_ = ids.new_id("invoice")
    invoice = new_object(
        "invoice",
        call.now,
        id=id_,
        account_country="US",
        account_name=SETTINGS["dashboard"]["display_name"],
        automatic_tax={
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        billing_reason=reason,
        collection_method="charge_automatically",
        currency=currency,
        customer=customer["id"],
        customer_tax_ids=[],
        issuer={"type": "self"},
        lines={"object": "list", "data": [], "has_more": False, "url": f"/v1/invoices/{id_}/lines"},
        metadata={},
        payment_settings={
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        period_end=call.now,
        period_start=call.now,
        status="draft",
        status_transitions={
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        total_discount_amounts=[],
        total_pretax_credit_amounts=[],
        total_taxes=[],
    )
    invoice |= {f"customer_{name}": customer[name] for name in OF_CUSTOMER}
    invoice |= fields
    if invoice["auto_advance"] and not invoice["automatically_finalizes_at"]:
        invoice["automatically_finalizes_at"] = call.now + FINALIZED_AFTER_SECONDS
    return call.create("invoice", invoice)


def add_lines(call: Call, invoice: Body, lines: list[Body]) -> Body:
    """Stores the lines and returns the invoice with its sums."""
    for line in reversed(lines):  # lists are newest first: the first line is to be the first
        full = new_object(
            "line_item",
            call.now,
            currency=invoice["currency"],
            discount_amounts=[],
            discountable=True,
            invoice=invoice["id"],
            pretax_credit_amounts=[],
            subtotal=line["amount"],
            taxes=[],
            quantity_decimal=str(line["quantity"]),
        )
        call.create("line_item", full | line)
    return summed(call, invoice)


def summed(call: Call, invoice: Body) -> Body:
    """The invoice as its lines make it."""
    rows = call.store.select("line_item", "json_extract(body, '$.invoice') = ?", invoice["id"])
    total = sum(row["amount"] for row in rows)
    sums = dict.fromkeys(("subtotal", "subtotal_excluding_tax", "total", "total_excluding_tax"))
    after = invoice | dict.fromkeys(sums, total)
    after |= {"amount_due": max(total, 0), "amount_remaining": max(total, 0)}
    url = invoice["lines"]["url"]
    after["lines"] = lists.embedded(call.store, "line_item", "invoice", invoice["id"], url)
    call.store.update("invoice", after)
    return after


def finalize(call: Call, invoice: Body) -> Body:
    """Gives the draft its number and its due amount; below the least charge the balance pays."""
    customer = call.find("customer", invoice["customer"], "customer")
    number, start = customer["next_invoice_sequence"], customer["balance"]
    due = invoice["total"] + start
    left = 0 if due >= MINIMUM_AMOUNT else due  # what cannot be charged is carried over
    amount = due - left
    charged = customer | {"balance": left, "next_invoice_sequence": number + 1}
    charged["currency"] = customer["currency"] or invoice["currency"]
    call.save("customer", customer, charged, "customer.updated")
    hosted = f"https://invoice.stripe.com/i/test/{invoice['id']}"
    after = invoice | {
        "amount_due": amount,
        "amount_remaining": amount,
        "automatically_finalizes_at": None,
        "effective_at": call.now,
        "ending_balance": left,
        "hosted_invoice_url": hosted,
        "invoice_pdf": f"{hosted}/pdf",
        "number": f"{customer['invoice_prefix']}-{number:04d}",
        "starting_balance": start,
        "status": "open",
        "status_transitions": invoice["status_transitions"] | {"finalized_at": call.now},
    }
    return call.save("invoice", invoice, after, "invoice.finalized")
