"""webhookSubscriptionCreate, webhookSubscriptionUpdate, webhookSubscriptionDelete."""

import re
from typing import Any
from urllib.parse import urlsplit

from docker.shopify.errors import UserError
from docker.shopify.execute import Context
from docker.shopify.service import Arguments, create, existing, mutation, save

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def _check_uri(context: Context, uri: str, topic: str, known: str | None) -> None:
    path = ["webhookSubscription", "callbackUrl"]
    parts = urlsplit(uri)
    # plain http is Shopify's error; a receiver on this machine has no certificate
    allowed = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if parts.scheme and not allowed:
        raise UserError(path, f"Address protocol {parts.scheme}:// is not supported")
    if not parts.hostname:
        raise UserError(path, "Address is invalid")
    for other in context.store.all("WebhookSubscription"):
        if (other["uri"], other["topic"]) == (uri, topic) and other["id"] != known:
            raise UserError(path, "Address for this topic has already been taken")


def _check(given: dict[str, Any]) -> None:
    name, fault = given.get("name"), None
    if name is not None and not name:
        fault = "Name is too short (minimum is 1 character)"
    elif name is not None and not re.fullmatch(r"[\w-]+", name):
        fault = "Name name field can only contain alphanumeric characters, underscores, and hyphens"
    if fault:
        raise UserError(["webhookSubscription", "name"], fault)
    terms = (given.get("filter") or "").split()
    if any(":" not in term for term in terms if term not in ("AND", "OR", "NOT")):
        message = (
            "The specified filter is invalid, please ensure you specify the field(s) you wish to "
            "filter on."
        )
        raise UserError(["webhookSubscription"], message)


def _fields(given: dict[str, Any]) -> dict[str, Any]:
    uri = given.get("uri") or given.get("callbackUrl")
    fields: dict[str, Any] = {
        "format": given.get("format") or "JSON",
        "includeFields": given.get("includeFields") or [],
        "metafieldNamespaces": given.get("metafieldNamespaces") or [],
        "filter": given.get("filter"),
        "name": given.get("name"),
    }
    if uri:
        endpoint = {"__typename": "WebhookHttpEndpoint", "callbackUrl": uri}
        fields |= {"uri": uri, "callbackUrl": uri, "endpoint": endpoint}
    return fields


@mutation("webhookSubscriptionCreate", "webhookSubscription")
def subscription_create(context: Context, arguments: Arguments) -> dict[str, Any]:
    given, topic = arguments["webhookSubscription"], arguments["topic"]
    fields = _fields(given)
    _check(given)
    _check_uri(context, fields.get("uri") or "", topic, None)
    subscription = create(context, "WebhookSubscription", topic=topic, **fields)
    version = context.service.version
    subscription["apiVersion"] = {"handle": version, "displayName": version, "supported": True}
    context.store.put(subscription)
    return {"webhookSubscription": subscription}


@mutation("webhookSubscriptionUpdate", "webhookSubscription")
def subscription_update(context: Context, arguments: Arguments) -> dict[str, Any]:
    path, message = ["id"], "Webhook subscription does not exist"
    subscription = existing(context, arguments["id"], "WebhookSubscription", path, message)
    given = arguments["webhookSubscription"]
    fields = _fields(given)
    _check(given)
    uri = fields.get("uri") or subscription["uri"]
    _check_uri(context, uri, subscription["topic"], subscription["id"])
    subscription.update(fields)
    save(context, subscription)
    return {"webhookSubscription": subscription}


@mutation("webhookSubscriptionDelete", "deletedWebhookSubscriptionId")
def subscription_delete(context: Context, arguments: Arguments) -> dict[str, Any]:
    path, message = ["id"], "Webhook subscription does not exist"
    existing(context, arguments["id"], "WebhookSubscription", path, message)
    context.store.delete(arguments["id"])
    return {"deletedWebhookSubscriptionId": arguments["id"]}
