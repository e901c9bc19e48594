"""A customer deleted: their subscriptions end, their drafts stay drafts."""

from docker.stripe.call import Call
from docker.stripe.resources import subscriptions
from docker.stripe.store import Body


def delete(call: Call) -> Body:
    """The id stays known as deleted; the list forgets it."""
    customer = call.target("customer")
    of_customer = "json_extract(body, '$.customer') = ?"
    for subscription in call.store.select("subscription", of_customer, customer["id"]):
        if subscription["status"] not in subscriptions.ENDED:
            subscriptions.end(call, subscription, {})
    drafts = f"{of_customer} AND json_extract(body, '$.status') = 'draft'"
    for invoice in call.store.select("invoice", drafts, customer["id"]):
        stopped = invoice | {"auto_advance": False, "automatically_finalizes_at": None}
        call.save("invoice", invoice, stopped, "invoice.updated")
    stub = {"id": customer["id"], "object": "customer", "deleted": True}
    call.store.update("customer", stub)
    call.emit("customer.deleted", customer)
    return stub
