"""Payment intents: created, changed, captured, canceled; `attempts.py` pays them."""

import copy

from docker.stripe import ids, lists, search
from docker.stripe.call import Call
from docker.stripe.errors import invalid_request
from docker.stripe.objects import assign, merge_metadata, new_object
from docker.stripe.resources import attempts, charges, payment_methods
from docker.stripe.resources.customers import whole_shipping
from docker.stripe.store import Body

FIELDS = [
    "description",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
]
OPEN = ["requires_payment_method", "requires_confirmation", "requires_action"]
CANCELABLE = ["requires_payment_method", "requires_capture", *OPEN[1:], "processing"]
CARD_OPTIONS = {
    "installments": None,
    "mandate_options": None,
    "network": None,
    "request_three_d_secure": "automatic",
}
MINIMUM_AMOUNT = 50
MAXIMUM_AMOUNT = 99_999_999


def create(call: Call) -> Body:
    intent = make(call, call.params)
    return attempts.pay(call, intent) if call.params.get("confirm") else intent


def make(call: Call, params: Body) -> Body:
    """A payment intent as a client or an invoice asks for it, not yet paid."""
    _check_amount(params["amount"], params["currency"])
    if params.get("customer"):
        call.find("customer", params["customer"], "customer")
    id_ = ids.new_id("payment_intent")
    intent = new_object(
        "payment_intent",
        call.now,
        id=id_,
        amount=params["amount"],
        amount_details={"tip": {}},
        automatic_payment_methods=_automatic(params),
        capture_method=params.get("capture_method", "automatic_async"),
        client_secret=f"{id_}_secret_{ids.token(25)}",
        confirmation_method=params.get("confirmation_method", "automatic"),
        currency=params["currency"].lower(),
        customer=params.get("customer"),
        payment_method_options={"card": dict(CARD_OPTIONS)},
        payment_method_types=params.get("payment_method_types") or ["card"],
        status="requires_payment_method",
    )
    _apply(call, intent, params)
    return call.create("payment_intent", intent, "payment_intent.created")


def update(call: Call) -> Body:
    before = call.target("payment_intent")
    after = copy.deepcopy(before)
    if "amount" in call.params or "currency" in call.params:
        if before["status"] not in OPEN:
            raise attempts.unexpected_state(
                before,
                f"This PaymentIntent's amount could not be updated because it has a status of "
                f"{before['status']}. You may only update the amount of a PaymentIntent with one "
                f"of the following statuses: {', '.join(OPEN)}.",
            )
        assign(after, call.params, "amount", "currency")
        _check_amount(after["amount"], after["currency"])
    assign(after, call.params, "customer")
    _apply(call, after, call.params)
    return call.save("payment_intent", before, after)


def confirm(call: Call) -> Body:
    intent = call.target("payment_intent")
    if intent["status"] not in OPEN:
        done = "already succeeded after being previously confirmed"
        reason = done if intent["status"] == "succeeded" else f"a status of {intent['status']}"
        message = f"You cannot confirm this PaymentIntent because it has {reason}."
        raise attempts.unexpected_state(intent, message)
    after = copy.deepcopy(intent)
    _apply(call, after, call.params)
    return attempts.pay(call, after)


def capture(call: Call) -> Body:
    intent = call.target("payment_intent")
    if intent["status"] != "requires_capture":
        raise attempts.unexpected_state(
            intent,
            "This PaymentIntent could not be captured because it has a status of "
            f"{intent['status']}. Only a PaymentIntent with one of the following statuses may be "
            "captured: requires_capture.",
        )
    amount: int = call.params.get("amount_to_capture") or intent["amount_capturable"]
    if amount > intent["amount_capturable"]:
        message = (
            f"The provided amount_to_capture ({amount}) is greater than the amount capturable "
            f"({intent['amount_capturable']})."
        )
        raise invalid_request(message, param="amount_to_capture", code="amount_too_large")
    charges.capture(call, call.find("charge", intent["latest_charge"]), amount)
    after = intent | {"amount_capturable": 0, "amount_received": amount, "status": "succeeded"}
    merge_metadata(after, call.params)
    return call.save("payment_intent", intent, after, "payment_intent.succeeded")


def cancel(call: Call) -> Body:
    intent = call.target("payment_intent")
    if intent["status"] not in CANCELABLE:
        raise attempts.unexpected_state(
            intent,
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. "
            "Only a PaymentIntent with one of the following statuses may be canceled: "
            f"{', '.join(CANCELABLE)}.",
        )
    if intent["status"] == "requires_capture":
        charges.release(call, call.find("charge", intent["latest_charge"]))
    after = intent | {
        "amount_capturable": 0,
        "canceled_at": call.now,
        "cancellation_reason": call.params.get("cancellation_reason"),
        "next_action": None,
        "status": "canceled",
    }
    return call.save("payment_intent", intent, after, "payment_intent.canceled")


def retrieve(call: Call) -> Body:
    return call.target("payment_intent")


def list_(call: Call) -> bytes:
    return lists.page(call, "payment_intent")


def search_(call: Call) -> bytes:
    return search.page(call, "payment_intent")


def _apply(call: Call, intent: Body, params: Body) -> None:
    assign(intent, params, *FIELDS)
    if intent["shipping"]:
        intent["shipping"] = {"carrier": None, "tracking_number": None} | whole_shipping(
            intent["shipping"]
        )
    merge_metadata(intent, params)
    method = params.get("payment_method")
    if method:
        intent["payment_method"] = payment_methods.resolve(call, method)["id"]
    elif params.get("payment_method_data"):
        data = params["payment_method_data"]
        made = payment_methods.from_data(call, data, "payment_method_data")
        intent["payment_method"] = made["id"]
    if intent["payment_method"] and intent["status"] == "requires_payment_method":
        intent["status"] = "requires_confirmation"


def _automatic(params: Body) -> Body | None:
    """On by default since API version 2023-08-16, unless the caller names the types."""
    given = params.get("automatic_payment_methods")
    if given:
        return {"allow_redirects": "always"} | given if given["enabled"] else None
    if params.get("payment_method_types"):
        return None
    return {"allow_redirects": "always", "enabled": True}


def _check_amount(amount: int, currency: str) -> None:
    if len(currency) != 3 or not currency.isalpha():
        raise invalid_request(
            f"Invalid currency: {currency}. Give a three-letter ISO code.", param="currency"
        )
    if amount < MINIMUM_AMOUNT:
        message = f"Amount must be at least $0.50 {currency}"
        raise invalid_request(message, param="amount", code="amount_too_small")
    if amount > MAXIMUM_AMOUNT:
        message = f"Amount must be no more than $999,999.99 {currency}"
        raise invalid_request(message, param="amount", code="amount_too_large")
