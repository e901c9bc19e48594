"""Invoices paid: by the customer's card, by their balance, or out of band."""

from docker.stripe.call import Call
from docker.stripe.errors import StripeError, invalid_request
from docker.stripe.objects import new_object
from docker.stripe.resources import attempts, drafts, payment_intents
from docker.stripe.store import Body


def finalize(call: Call) -> Body:
    """`POST /finalize`: a draft becomes open, and paid at once when nothing is due."""
    invoice = call.target("invoice")
    if invoice["status"] != "draft":
        message = "This invoice is already finalized, you can't re-finalize a non-draft invoice."
        raise invalid_request(message, code="invoice_not_editable")
    return settled(call, drafts.finalize(call, invoice))


def pay(call: Call) -> Body:
    """`POST /pay`: a decline answers 402 and leaves the invoice open."""
    invoice = call.target("invoice")
    if invoice["status"] == "draft":
        invoice = drafts.finalize(call, invoice)
    if invoice["status"] == "paid":
        raise invalid_request("Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] not in ("open", "uncollectible"):
        raise invalid_request(f"Invoices with the status {invoice['status']} cannot be paid.")
    if call.params.get("paid_out_of_band"):
        after = _paid(call, invoice, off_stripe=True)
    else:
        after, error = collect(call, invoice, call.params.get("payment_method"))
        if error:
            raise error
    revive(call, after)
    return after


def settled(call: Call, invoice: Body) -> Body:
    """The invoice, paid if there is nothing to pay."""
    return invoice if invoice["amount_due"] else _paid(call, invoice)


def collect(
    call: Call, invoice: Body, method: str | None = None
) -> tuple[Body, StripeError | None]:
    """One attempt to have an open invoice paid: as it is then, and why it is not paid."""
    if not invoice["amount_due"]:
        return _paid(call, invoice), None
    tried = invoice | {"attempted": True, "attempt_count": invoice["attempt_count"] + 1}
    try:
        done = attempts.pay(call, _intent(call, invoice, method or payment_method(call, invoice)))
    except StripeError as error:
        after = call.save("invoice", invoice, tried, "invoice.payment_failed")
        return after, error
    if done["status"] != "succeeded":
        after = call.save("invoice", invoice, tried, "invoice.payment_action_required")
        message = "This payment requires additional user action before it can be completed."
        return after, StripeError(402, {"message": message, "type": "card_error"})
    call.store.update("invoice", tried)
    return _paid(call, tried, done["id"]), None


def payment_method(call: Call, invoice: Body) -> str:
    """The invoice's, its subscription's or its customer's; raises Stripe's 400 for none."""
    customer = call.find("customer", invoice["customer"], "customer")
    id_ = subscription_of(invoice)
    subscription = call.find("subscription", id_, "subscription") if id_ else {}
    found = (
        invoice["default_payment_method"]
        or subscription.get("default_payment_method")
        or customer["invoice_settings"]["default_payment_method"]
    )
    if not found:
        message = (
            "This customer has no attached payment source or default payment method. Please "
            "consider adding a default payment method."
        )
        raise invalid_request(message, code="resource_missing")
    return str(found)


def subscription_of(invoice: Body) -> str | None:
    details = (invoice["parent"] or {}).get("subscription_details") or {}
    return details.get("subscription")


def revive(call: Call, invoice: Body) -> None:
    """A subscription that waited for this payment is active again."""
    id_ = subscription_of(invoice)
    subscription = call.store.get("subscription", id_) if id_ else None
    if subscription and subscription["status"] in ("incomplete", "past_due"):
        after = subscription | {"status": "active"}
        call.save("subscription", subscription, after, "customer.subscription.updated")


def _paid(
    call: Call, invoice: Body, intent: str | None = None, *, off_stripe: bool = False
) -> Body:
    due = invoice["amount_due"]
    transitions = invoice["status_transitions"] | {"paid_at": call.now}
    after = invoice | {
        "amount_paid": due,
        "amount_paid_off_stripe": due if off_stripe else 0,
        "amount_remaining": 0,
        "attempted": True,
        "auto_advance": False,
        "status": "paid",
        "status_transitions": transitions,
    }
    if intent:
        _record_payment(call, after, intent)
    call.save("invoice", invoice, after, "invoice.paid")
    call.emit("invoice.payment_succeeded", after)
    return after


def _intent(call: Call, invoice: Body, method: str) -> Body:
    return payment_intents.make(
        call,
        {
            "amount": invoice["amount_due"],
            "capture_method": "automatic",
            "currency": invoice["currency"],
            "customer": invoice["customer"],
            "description": _described(invoice),
            "payment_method": method,
            "payment_method_types": ["card"],
        },
    )


def _record_payment(call: Call, invoice: Body, intent: str) -> None:
    paid = new_object(
        "invoice_payment",
        call.now,
        amount_paid=invoice["amount_due"],
        amount_requested=invoice["amount_due"],
        currency=invoice["currency"],
        invoice=invoice["id"],
        is_default=True,
        payment={"payment_intent": intent, "type": "payment_intent"},
        status="paid",
        status_transitions={"canceled_at": None, "paid_at": call.now},
    )
    call.create("invoice_payment", paid, "invoice_payment.paid")


def _described(invoice: Body) -> str:
    reason = {
        "subscription_create": "Subscription creation",
        "subscription_update": "Subscription update",
        "subscription_cycle": "Subscription update",
    }
    return reason.get(invoice["billing_reason"], "Payment for Invoice")
