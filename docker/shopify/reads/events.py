"""Events of deleted orders, deletion events of products, webhook subscriptions, jobs."""

from typing import Any

from docker.shopify.execute import Context, resolves
from docker.shopify.listing import by_id, list_documents
from docker.shopify.pages import Page
from docker.shopify.search import Filter
from docker.shopify.store import gid_number

EVENT_FILTERS = {
    "created_at": Filter("time", lambda d: d["createdAt"]),
    "id": Filter("number", lambda d: gid_number(d["id"])),
    "action": Filter("text", lambda d: d["action"]),
    "subject_type": Filter("text", lambda d: d["subjectType"]),
}
DELETION_FILTERS = {"occurred_at": Filter("time", lambda d: d["occurredAt"])}
WEBHOOK_FILTERS = {
    "created_at": Filter("time", lambda d: d["createdAt"]),
    "updated_at": Filter("time", lambda d: d["updatedAt"]),
    "id": Filter("number", lambda d: gid_number(d["id"])),
}


@resolves("QueryRoot", "events")
def events(context: Context, _: Any, arguments: dict[str, Any]) -> Page:
    zone = context.service.zone
    return list_documents(context, "BasicEvent", arguments, EVENT_FILTERS, zone=zone)


@resolves("QueryRoot", "deletionEvents")
def deletion_events(context: Context, _: Any, arguments: dict[str, Any]) -> Page:
    wanted = arguments.get("subjectTypes")
    return list_documents(
        context,
        "DeletionEvent",
        arguments,
        DELETION_FILTERS,
        default_sort="CREATED_AT",
        zone=context.service.zone,
        keep=None if wanted is None else lambda d: d["subjectType"] in wanted,
    )


@resolves("QueryRoot", "webhookSubscriptions")
def webhook_subscriptions(context: Context, _: Any, arguments: dict[str, Any]) -> Page:
    topics, uri = arguments.get("topics"), arguments.get("uri") or arguments.get("callbackUrl")
    return list_documents(
        context,
        "WebhookSubscription",
        arguments,
        WEBHOOK_FILTERS,
        zone=context.service.zone,
        keep=lambda d: (not topics or d["topic"] in topics) and (not uri or d["uri"] == uri),
    )


by_id("webhookSubscription")


@resolves("QueryRoot", "job")
def job(context: Context, _: Any, arguments: dict[str, Any]) -> Any:
    return {"id": arguments["id"], "done": True}
