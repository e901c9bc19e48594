"""What the passing of time bills: periods end, drafts are finalized and paid, sessions expire.

At a period's end a subscription goes on with a draft invoice, which is finalized and collected an
hour later; a decline makes the subscription `past_due` and is not tried again by itself.
"""

from docker.stripe import periods
from docker.stripe.call import Call
from docker.stripe.resources import (
    billing,
    collections,
    drafts,
    sessions,
    subscription_items,
    subscriptions,
)
from docker.stripe.store import Body

PERIOD_END = "json_extract(body, '$.items.data[0].current_period_end')"
FINALIZES = "json_extract(body, '$.automatically_finalizes_at')"
EXPIRES = "json_extract(body, '$.expires_at')"
STATUS = "json_extract(body, '$.status')"
# One index range each: a session, a draft and a running subscription that come first.
DUE = f"""
    SELECT min({PERIOD_END}) AS due FROM subscription WHERE {STATUS} = 'active'
    UNION ALL SELECT min({PERIOD_END}) FROM subscription WHERE {STATUS} = 'past_due'
    UNION ALL SELECT min({FINALIZES}) FROM invoice WHERE {STATUS} = 'draft'
    UNION ALL SELECT min({EXPIRES}) FROM checkout_session WHERE {STATUS} = 'open'
"""


def live(call: Call) -> None:
    """Does what is due at `call.now`, what was due first first."""
    for session in _due(call, "checkout_session", EXPIRES, "open"):
        sessions.expired(call, session)
    for invoice in _due(call, "invoice", FINALIZES, "draft"):
        _finalize(call, invoice)
    for status in ("active", "past_due"):
        for subscription in _due(call, "subscription", PERIOD_END, status):
            _renew(call, subscription)


def _due(call: Call, kind: str, moment: str, status: str) -> list[Body]:
    return call.store.select(kind, f"{STATUS} = ? AND {moment} <= ?", status, call.now)[::-1]


def _finalize(call: Call, invoice: Body) -> None:
    invoice = drafts.finalize(call, invoice)
    if invoice["collection_method"] == "send_invoice":
        collections.settled(call, invoice)
        return
    invoice, error = collections.collect(call, invoice)
    if not error:
        collections.revive(call, invoice)
    id_ = collections.subscription_of(invoice)
    subscription = call.store.get("subscription", id_) if id_ else None
    if error and subscription and subscription["status"] == "active":
        after = subscription | {"status": "past_due"}
        call.save("subscription", subscription, after, "customer.subscription.updated")


def _renew(call: Call, before: Body) -> None:
    if before["cancel_at_period_end"]:
        subscriptions.end(call, before, {})
        return
    items = subscription_items.all_of(call, before)
    start = items[0]["current_period_end"]
    end = periods.end(before["billing_cycle_anchor"], start, items[0]["price"]["recurring"])
    for item in items:
        moved = item | {"current_period_end": end, "current_period_start": start}
        call.store.update("subscription_item", moved)
    after = subscription_items.shown(call, before)
    last = before["items"]["data"][0]["current_period_start"]
    invoice = billing.draft(call, after, "subscription_cycle", last)
    after = after | {"latest_invoice": invoice["id"]}
    call.save("subscription", before, after, "customer.subscription.updated")
