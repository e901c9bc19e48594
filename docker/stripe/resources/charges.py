"""Charges: made by payment intents; read, searched and annotated by clients."""

import copy

from docker.stripe import ids, ledger, lists, search
from docker.stripe.call import Call
from docker.stripe.errors import invalid_request
from docker.stripe.objects import assign, merge_metadata, new_object
from docker.stripe.resources import cards
from docker.stripe.store import Body

SELLER_MESSAGES = {
    "insufficient_funds": "The bank returned the decline code `insufficient_funds`.",
    "generic_decline": "The bank did not return any further details with this decline.",
}
COPIED = [
    "amount",
    "currency",
    "customer",
    "description",
    "on_behalf_of",
    "receipt_email",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
]


def make(call: Call, intent: Body, method: Body, *, capture: bool) -> Body:
    """The charge of one attempt to pay `intent`; failed when the card declines."""
    decline = cards.of_method(method).decline
    charge = new_object(
        "charge",
        call.now,
        **{name: intent[name] for name in COPIED},
        billing_details=method["billing_details"],
        calculated_statement_descriptor="ECOMM",
        captured=capture and not decline,
        fraud_details={},
        metadata=dict(intent["metadata"]),
        outcome=_outcome(decline),
        paid=not decline,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details=cards.charge_details(method, intent["amount"], captured=capture),
        status="failed" if decline else "succeeded",
    )
    del charge["refunds"]  # shown only when expanded
    if decline:
        charge |= {"failure_code": decline.code, "failure_message": decline.message}
        return call.create("charge", charge, "charge.failed")
    charge["receipt_url"] = f"https://pay.stripe.com/receipts/payment/{ids.token(32)}"
    if capture:
        charge["amount_captured"] = charge["amount"]
        charge["balance_transaction"] = ledger.charge(call, charge)["id"]
    return call.create("charge", charge, "charge.succeeded")


def capture(call: Call, charge: Body, amount: int) -> Body:
    """Takes `amount` of an authorized charge; what is left goes back to the customer."""
    rest = charge["amount"] - amount
    after = charge | {"captured": True, "amount_captured": amount, "amount_refunded": rest}
    after["balance_transaction"] = ledger.charge(call, after)["id"]
    call.save("charge", charge, after, "charge.captured")
    if rest:
        call.emit("charge.refunded", after, {"amount_refunded": 0})
    return after


def release(call: Call, charge: Body) -> Body:
    """Lets an authorization go: nothing was taken, so the ledger has nothing to say."""
    after = charge | {"amount_refunded": charge["amount"], "refunded": True}
    return call.save("charge", charge, after, "charge.refunded")


def update(call: Call) -> Body:
    before = call.target("charge")
    after = copy.deepcopy(before)
    names = [
        "customer",
        "description",
        "fraud_details",
        "receipt_email",
        "shipping",
        "transfer_group",
    ]
    assign(after, call.params, *names)
    if "customer" in call.params and before["customer"] not in (None, after["customer"]):
        message = "You cannot update the customer of a charge that already has one."
        raise invalid_request(message, param="customer")
    merge_metadata(after, call.params)
    return call.save("charge", before, after, "charge.updated")


def retrieve(call: Call) -> Body:
    return call.target("charge")


def list_(call: Call) -> bytes:
    return lists.page(call, "charge")


def search_(call: Call) -> bytes:
    return search.page(call, "charge")


def list_refunds(call: Call) -> bytes:
    charge = call.target("charge")
    return lists.page(call, "refund", ("json_extract(body, '$.charge') = ?", [charge["id"]]))


def _outcome(decline: cards.Decline | None) -> Body:
    outcome: Body = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "Payment complete.",
        "type": "authorized",
    }
    if decline is None:
        return outcome
    code = decline.decline_code
    message = SELLER_MESSAGES.get(code, f"The bank returned the decline code `{code}`.")
    return outcome | {
        "advice_code": "try_again_later" if code == "insufficient_funds" else None,
        "network_decline_code": "01",
        "network_status": "declined_by_network",
        "reason": code,
        "seller_message": message,
        "type": "issuer_declined",
    }
