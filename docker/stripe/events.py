"""Events: what changed, kept with the object as it was then, visible for 30 days."""

from typing import TYPE_CHECKING

from docker.stripe import ids, webhooks
from docker.stripe.objects import new_object
from docker.stripe.store import Body

if TYPE_CHECKING:
    from docker.stripe.call import Call

VISIBLE_SECONDS = 30 * 86400


def record(call: "Call", type_: str, body: Body, previous: Body | None = None) -> str:
    """Stores the event and its deliveries in the caller's transaction; returns its id."""
    endpoints = webhooks.subscribed(call.store, type_)
    data = {"object": body} | ({"previous_attributes": previous} if previous is not None else {})
    request = {"id": call.request_id or None, "idempotency_key": call.idempotency_key}
    id_ = ids.new_id("event")
    event = new_object(
        "event",
        call.now,
        id=id_,
        type=type_,
        data=data,
        api_version=call.api_version,
        pending_webhooks=len(endpoints),
        request=request,
    )
    call.store.insert("event", event, delivery="pending" if endpoints else "true")
    webhooks.schedule(call.store, event, endpoints)
    return id_
