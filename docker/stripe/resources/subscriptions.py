"""Subscriptions: begun with a paid invoice, changed with prorations, ended; see `cycles.py`."""

import copy
from typing import Any

from docker.stripe import ids, lists
from docker.stripe.call import Call
from docker.stripe.errors import StripeError, invalid_request, refuse
from docker.stripe.objects import assign, merge_metadata, new_object
from docker.stripe.resources import billing, subscription_items
from docker.stripe.store import Body

FIELDS = ["default_payment_method", "description", "days_until_due"]
NOT_SERVED = [
    "add_invoice_items",
    "backdate_start_date",
    "billing_cycle_anchor",
    "billing_cycle_anchor_config",
    "cancel_at",
    "default_tax_rates",
    "discounts",
    "pause_collection",
    "proration_date",
    "trial_end",
    "trial_period_days",
]
ENDED = ("canceled", "incomplete_expired")


def create(call: Call) -> Body:
    params = call.params
    refuse(params, *NOT_SERVED)
    customer = call.find("customer", params.get("customer", ""), "customer")
    id_ = ids.new_id("subscription")
    items = subscription_items.make(call, id_, params.get("items") or [])
    subscription = _new(call, id_, customer["id"], items[0]["price"]["currency"])
    assign(subscription, params, *FIELDS, "collection_method")
    merge_metadata(subscription, params)
    call.create("subscription", subscription)
    subscription = subscription_items.shown(call, subscription)
    subscription, error = billing.begin(call, subscription)
    if error and params.get("payment_behavior") == "error_if_incomplete":
        raise StripeError(402, error.body)
    if params.get("cancel_at_period_end"):
        subscription |= _at_period_end(call, subscription)
    call.store.update("subscription", subscription)
    call.emit("customer.subscription.created", subscription)
    return subscription


def update(call: Call) -> Body:
    before = call.target("subscription")
    params = call.params
    refuse(params, *NOT_SERVED)
    if before["status"] in ENDED:
        message = "A canceled subscription can only update its cancellation_details and metadata."
        raise invalid_request(message)
    after = copy.deepcopy(before)
    assign(after, params, *FIELDS, "collection_method")
    merge_metadata(after, params)
    if "cancel_at_period_end" in params:
        undone = {"cancel_at": None, "cancel_at_period_end": False, "canceled_at": None}
        after |= _at_period_end(call, after) if params["cancel_at_period_end"] else undone
    if params.get("items"):
        prorations = subscription_items.change(call, after, params["items"])
        after = subscription_items.shown(call, after)
        billing.prorate(call, after, prorations, params.get("proration_behavior"))
    return call.save("subscription", before, after, "customer.subscription.updated")


def cancel(call: Call) -> Body:
    """At once; what is paid stays paid."""
    before = call.target("subscription")
    refuse(call.params, "invoice_now", "prorate")
    if before["status"] in ENDED:
        raise invalid_request(f"No such subscription: '{before['id']}'", code="resource_missing")
    return end(call, before, call.params.get("cancellation_details") or {})


def end(call: Call, before: Body, details: Body) -> Body:
    """The subscription is over now."""
    after = before | {
        "cancellation_details": before["cancellation_details"]
        | {"reason": "cancellation_requested"}
        | details,
        "canceled_at": before["canceled_at"] or call.now,
        "ended_at": call.now,
        "status": "canceled",
    }
    return call.save("subscription", before, after, "customer.subscription.deleted")


def retrieve(call: Call) -> Body:
    return call.target("subscription")


def list_(call: Call) -> bytes:
    """All that are not canceled, unless `status` says otherwise."""
    params = call.params
    refuse(params, "automatic_tax", "current_period_end", "current_period_start")
    status = params.get("status")
    column = "json_extract(body, '$.status')"
    chosen: list[lists.Condition] = []
    if status is None:
        chosen.append((f"{column} <> 'canceled'", []))
    elif status in ("all", "ended"):
        chosen.append((f"{column} IN {ENDED}" if params.pop("status") == "ended" else "1", []))
    if "price" in params:
        with_price = (
            "id IN (SELECT json_extract(body, '$.subscription') FROM subscription_item "
            "WHERE json_extract(body, '$.price.id') = ?)"
        )
        chosen.append((with_price, [params.pop("price")]))
    return lists.page(call, "subscription", *chosen)


def _new(call: Call, id_: str, customer: str, currency: str) -> Body:
    nobody = {"comment": None, "feedback": None, "feedback_option": None, "reason": None}
    return new_object(
        "subscription",
        call.now,
        id=id_,
        automatic_tax={"disabled_reason": None, "enabled": False, "liability": None},
        billing_cycle_anchor=call.now,
        billing_mode={"flexible": None, "type": "classic"},
        cancellation_details=nobody,
        collection_method="charge_automatically",
        currency=currency,
        customer=customer,
        default_tax_rates=[],
        invoice_settings={
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        payment_settings={
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        start_date=call.now,
        status="incomplete",
        trial_settings={"end_behavior": {"missing_payment_method": "create_invoice"}},
    )


def _at_period_end(call: Call, subscription: Body) -> dict[str, Any]:
    details = subscription["cancellation_details"] | {"reason": "cancellation_requested"}
    return {
        "cancel_at": subscription["items"]["data"][0]["current_period_end"],
        "cancel_at_period_end": True,
        "canceled_at": call.now,
        "cancellation_details": details,
    }
