"""Refunds, whole or partial; the processing fee is not given back."""

import copy

from docker.stripe import ledger, lists
from docker.stripe.call import Call
from docker.stripe.errors import invalid_request
from docker.stripe.objects import merge_metadata, new_object
from docker.stripe.store import Body


def create(call: Call) -> Body:
    charge = _charge(call)
    left = charge["amount_captured"] - _refunded(charge)
    if left <= 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise invalid_request(message, code="charge_already_refunded")
    amount = call.params.get("amount", left)
    if amount < 1:
        message = "This value must be greater than or equal to 1."
        raise invalid_request(message, param="amount", code="parameter_invalid_integer")
    if amount > left:
        message = (
            f"Refund amount (${amount / 100:,.2f}) is greater than unrefunded amount on charge "
            f"(${left / 100:,.2f})"
        )
        raise invalid_request(message, param="amount")
    refund = _refund(call, charge, amount)
    call.create("refund", refund, "refund.created")
    after = charge | {"amount_refunded": charge["amount_refunded"] + amount}
    after["refunded"] = after["amount_refunded"] == after["amount"]
    call.save("charge", charge, after, "charge.refunded")
    return refund


def update(call: Call) -> Body:
    before = call.target("refund")
    after = copy.deepcopy(before)
    merge_metadata(after, call.params)
    call.save("refund", before, after, "refund.updated")
    if after != before:
        call.emit("charge.refund.updated", after, {"metadata": before["metadata"]})
    return after


def retrieve(call: Call) -> Body:
    return call.target("refund")


def list_(call: Call) -> bytes:
    return lists.page(call, "refund")


def _charge(call: Call) -> Body:
    """The charge to refund, of `charge` or of `payment_intent`."""
    params = call.params
    if params.get("charge"):
        charge = call.find("charge", params["charge"], "charge")
    elif params.get("payment_intent"):
        intent = call.find("payment_intent", params["payment_intent"], "payment_intent")
        if intent["status"] != "succeeded":
            message = (
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
            )
            raise invalid_request(message, param="payment_intent")
        charge = call.find("charge", intent["latest_charge"], "payment_intent")
    else:
        message = (
            "One of the following params should be provided for this request: payment_intent or "
            "charge."
        )
        raise invalid_request(message, code="parameter_missing")
    if charge["disputed"]:
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise invalid_request(message, code="charge_disputed")
    if not charge["captured"]:
        message = f"Charge {charge['id']} was not captured; cancel its PaymentIntent instead."
        raise invalid_request(message, param="charge")
    return charge


def _refunded(charge: Body) -> int:
    """Refunded by refunds: what a partial capture let go does not count."""
    released: int = charge["amount"] - charge["amount_captured"]
    refunded: int = charge["amount_refunded"]
    return refunded - released


def _refund(call: Call, charge: Body, amount: int) -> Body:
    refund = new_object(
        "refund",
        call.now,
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        destination_details={
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        metadata={},
        payment_intent=charge["payment_intent"],
        reason=call.params.get("reason"),
        status="succeeded",
    )
    merge_metadata(refund, call.params)
    entry = {"currency": refund["currency"], "id": refund["id"]}
    described = entry | {"description": f"REFUND FOR CHARGE ({charge['description'] or ''})"}
    refund["balance_transaction"] = ledger.enter(call, described, "refund", -amount)["id"]
    return refund
