"""Payment methods: cards, made from Stripe's test names or tokens."""

import copy

from docker.stripe import lists
from docker.stripe.call import Call
from docker.stripe.errors import invalid_request, resource_missing
from docker.stripe.objects import merge_metadata, new_object
from docker.stripe.resources import cards
from docker.stripe.store import Body

NO_BILLING: Body = {
    "address": {
        "city": None,
        "country": None,
        "line1": None,
        "line2": None,
        "postal_code": None,
        "state": None,
    },
    "email": None,
    "name": None,
    "phone": None,
    "tax_id": None,
}


def resolve(call: Call, name: str, param: str = "payment_method") -> Body:
    """The payment method of an id; a test name (`pm_card_visa`) makes a new one, as at Stripe."""
    card = cards.named(name) if name.startswith("pm_card_") else None
    if card is None:
        return call.find("payment_method", name, param)
    return call.create("payment_method", _with_card(call, card))


def from_data(call: Call, data: Body, param: str) -> Body:
    """A payment method from `{type: card, card: {token: tok_visa}, billing_details}`."""
    if data.get("type") != "card":
        raise invalid_request(
            f"The payment method type {data.get('type')!r} is not served here: use card.",
            param=f"{param}[type]",
        )
    given = data.get("card", {})
    if "number" in given:
        message = (
            "Sending credit card numbers directly to the Stripe API is generally unsafe. To "
            "continue processing use Stripe.js, the Stripe mobile bindings, or Stripe Elements."
        )
        raise invalid_request(message)
    card = cards.named(given.get("token", ""))
    if card is None:
        raise resource_missing("token", given.get("token", ""), f"{param}[card][token]")
    method = _with_card(call, card)
    method["billing_details"] = _billing(data.get("billing_details") or {})
    return call.create("payment_method", method)


def create(call: Call) -> Body:
    method = from_data(call, call.params, "")
    merged = copy.deepcopy(method)
    merge_metadata(merged, call.params)
    return call.save("payment_method", method, merged)


def update(call: Call) -> Body:
    before = call.target("payment_method")
    after = copy.deepcopy(before)
    merge_metadata(after, call.params)
    if "billing_details" in call.params:
        after["billing_details"] |= _billing(call.params["billing_details"] or {})
    return call.save("payment_method", before, after, "payment_method.updated")


def attach(call: Call) -> Body:
    method = resolve(call, call.ids["payment_method"])
    customer = call.find("customer", call.params.get("customer", ""), "customer")
    if method["customer"]:
        message = "The payment method you provided has already been attached to a customer."
        raise invalid_request(message)
    return set_customer(call, method, customer["id"])


def detach(call: Call) -> Body:
    method = call.target("payment_method")
    if not method["customer"]:
        message = (
            "The payment method you provided is not attached to a customer so detachment is "
            "impossible."
        )
        raise invalid_request(message)
    after = method | {"customer": None}
    return call.save("payment_method", method, after, "payment_method.detached")


def set_customer(call: Call, method: Body, customer: str) -> Body:
    after = method | {"customer": customer}
    return call.save("payment_method", method, after, "payment_method.attached")


def retrieve(call: Call) -> Body:
    return call.target("payment_method")


def list_(call: Call) -> bytes:
    return lists.page(call, "payment_method")


def _with_card(call: Call, card: cards.Card) -> Body:
    checks = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}
    return new_object(
        "payment_method",
        call.now,
        allow_redisplay="unspecified",
        billing_details=copy.deepcopy(NO_BILLING),
        card=cards.method_details(card, checks),
        metadata={},
        type="card",
    )


def _billing(given: Body) -> Body:
    address = NO_BILLING["address"] | (given.get("address") or {})
    return NO_BILLING | given | {"address": address}
