"""Customers."""

import copy

from docker.stripe import ids, lists, search
from docker.stripe.call import Call
from docker.stripe.errors import invalid_request
from docker.stripe.objects import assign, merge_metadata, new_object
from docker.stripe.resources import payment_methods
from docker.stripe.store import Body

FIELDS = [
    "address",
    "balance",
    "description",
    "email",
    "name",
    "phone",
    "preferred_locales",
    "shipping",
    "tax_exempt",
    "invoice_prefix",
    "next_invoice_sequence",
]


def create(call: Call) -> Body:
    customer = new_object(
        "customer",
        call.now,
        delinquent=False,
        invoice_prefix=ids.token(8).upper(),
        invoice_settings={
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        next_invoice_sequence=1,
        preferred_locales=[],
        tax_exempt="none",
    )
    _apply(call, customer)
    return call.create("customer", customer, "customer.created")


def update(call: Call) -> Body:
    before = call.target("customer")
    after = copy.deepcopy(before)
    _apply(call, after)
    return call.save("customer", before, after, "customer.updated")


def retrieve(call: Call) -> Body:
    stub = call.store.get("customer", call.ids["customer"])
    return stub if stub and stub.get("deleted") else call.target("customer")


def list_(call: Call) -> bytes:
    return lists.page(call, "customer", ("json_extract(body, '$.deleted') IS NULL", []))


def search_(call: Call) -> bytes:
    return search.page(call, "customer")


def list_payment_methods(call: Call) -> bytes:
    customer = call.target("customer")
    of_customer = ("json_extract(body, '$.customer') = ?", [customer["id"]])
    return lists.page(call, "payment_method", of_customer)


def _apply(call: Call, customer: Body) -> None:
    params = call.params
    email = params.get("email")
    if email and ("@" not in email or len(email) > 512):
        raise invalid_request(
            f"Invalid email address: {email}", param="email", code="email_invalid"
        )
    assign(customer, params, *FIELDS)
    if customer["address"]:
        customer["address"] = whole_address(customer["address"])
    if customer["shipping"]:
        customer["shipping"] = whole_shipping(customer["shipping"])
    merge_metadata(customer, params)
    if params.get("invoice_settings"):
        customer["invoice_settings"] |= params["invoice_settings"]
    if params.get("payment_method"):
        method = payment_methods.resolve(call, params["payment_method"])
        payment_methods.set_customer(call, method, customer["id"])


def whole_shipping(given: Body) -> Body:
    """A recipient and a whole address."""
    address = whole_address(given.get("address") or {})
    return {"name": None, "phone": None} | given | {"address": address}


def whole_address(given: Body) -> Body:
    """Stripe shows every line of an address, null where it was not given."""
    names = ("city", "country", "line1", "line2", "postal_code", "state")
    return {name: given.get(name) or None for name in names}
