"""Checkout sessions in payment mode: opened here, completed by whoever visits their page."""

import json
from typing import Any

from docker.stripe import lists
from docker.stripe.call import Call
from docker.stripe.errors import invalid_request, refuse
from docker.stripe.objects import assign, merge_metadata, new_object
from docker.stripe.resources import attempts, payment_intents, products
from docker.stripe.store import Body

OPEN_SECONDS = 86400
FIELDS = ["cancel_url", "client_reference_id", "customer", "customer_email", "success_url"]
NOT_SERVED = ["discounts", "invoice_creation", "optional_items", "shipping_options"]


def create(call: Call) -> Body:
    params = call.params
    refuse(params, *NOT_SERVED)
    if params.get("mode") != "payment":
        raise invalid_request("The local Stripe serves mode=payment only.", param="mode")
    if params.get("customer"):
        call.find("customer", params["customer"], "customer")
    session = _new(call, params)
    assign(session, params, *FIELDS)
    merge_metadata(session, params)
    items = [
        _item(call, data, f"line_items[{n}]") for n, data in enumerate(params.get("line_items", []))
    ]
    if not items:
        message = "You must provide line_items in payment mode."
        raise invalid_request(message, param="line_items")
    total = sum(item["amount_total"] for item in items)
    session |= {"amount_subtotal": total, "amount_total": total, "currency": items[0]["currency"]}
    for item in reversed(items):  # lists are newest first
        call.create("item", item, session=session["id"])
    payment = json.dumps(params.get("payment_intent_data") or {})
    return call.create("checkout_session", session, payment_data=payment)


def complete(call: Call, session: Body, method: str, email: str | None) -> Body:
    """What the page does when the customer pays; a decline leaves the session open."""
    if session["status"] != "open":
        raise invalid_request(f"This session is {session['status']}.")
    intent = payment_intents.make(
        call,
        _payment_data(call, session)
        | {
            "amount": session["amount_total"],
            "currency": session["currency"],
            "customer": session["customer"],
            "payment_method": method,
            "payment_method_types": ["card"],
        },
    )
    paid = attempts.pay(call, intent)
    details: dict[str, Any] = dict.fromkeys(
        ("address", "business_name", "individual_name", "name", "phone", "tax_ids")
    )
    address = email or session["customer_email"]
    after = session | {
        "customer_details": details | {"email": address, "tax_exempt": "none"},
        "payment_intent": paid["id"],
        "payment_status": "paid",
        "status": "complete",
        "url": None,
    }
    return call.save("checkout_session", session, after, "checkout.session.completed")


def expire(call: Call) -> Body:
    session = call.target("checkout_session")
    if session["status"] != "open":
        message = (
            "Only Checkout Sessions with a status in ['open'] can be expired. This Checkout "
            f"Session has a status of `{session['status']}`."
        )
        raise invalid_request(message)
    return expired(call, session)


def expired(call: Call, session: Body) -> Body:
    after = session | {"status": "expired", "url": None}
    return call.save("checkout_session", session, after, "checkout.session.expired")


def retrieve(call: Call) -> Body:
    return call.target("checkout_session")


def list_(call: Call) -> bytes:
    return lists.page(call, "checkout_session")


def list_items(call: Call) -> bytes:
    session = call.target("checkout_session")
    return lists.page(call, "item", ("session = ?", [session["id"]]))


def _payment_data(call: Call, session: Body) -> Body:
    """What the payment is to carry, out of sight until it is made."""
    query = "SELECT payment_data FROM checkout_session WHERE id = ?"
    data: Body = json.loads(call.store.db.execute(query, (session["id"],)).fetchone()[0])
    return data


def _new(call: Call, params: Body) -> Body:
    session = new_object(
        "checkout_session",
        call.now,
        adaptive_pricing={"enabled": False},
        automatic_tax={"enabled": False, "liability": None, "provider": None, "status": None},
        custom_text=dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        ),
        customer_creation=None if params.get("customer") else "if_required",
        expires_at=params.get("expires_at", call.now + OPEN_SECONDS),
        metadata={},
        mode="payment",
        payment_method_collection="if_required",
        payment_method_options={"card": {"request_three_d_secure": "automatic"}},
        payment_method_types=["card"],
        payment_status="unpaid",
        phone_number_collection={"enabled": False},
        status="open",
        total_details={"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        ui_mode="hosted_page",
    )
    return session | {"url": f"https://checkout.stripe.com/c/pay/{session['id']}"}


def _item(call: Call, data: Body, where: str) -> Body:
    """A line; `price_data` makes a price of its own, which lists of prices leave out."""
    if "price_data" in data:
        price = products.inline_price(call, data["price_data"])
    else:
        price = call.find("price", data.get("price", ""), f"{where}[price]")
    if price["unit_amount"] is None or price["recurring"]:
        message = "The local Stripe sells one-time prices with a whole `unit_amount` only."
        raise invalid_request(message, param=f"{where}[price]")
    quantity = data.get("quantity", 1)
    amount = price["unit_amount"] * quantity
    product = call.find("product", price["product"], "product")
    return new_object(
        "item",
        call.now,
        amount_subtotal=amount,
        amount_total=amount,
        currency=price["currency"],
        description=product["name"],
        price=price,
        quantity=quantity,
    )
