"""Webhook endpoints, and the events that they and clients read."""

import copy

from docker.stripe import ids, lists
from docker.stripe.call import Call
from docker.stripe.errors import invalid_request, resource_missing
from docker.stripe.events import VISIBLE_SECONDS
from docker.stripe.objects import assign, merge_metadata, new_object
from docker.stripe.store import Body


def create(call: Call) -> Body:
    """The signing secret is shown in this answer only."""
    _check_url(call.params["url"])
    endpoint = new_object(
        "webhook_endpoint",
        call.now,
        api_version=call.params.get("api_version"),
        description=call.params.get("description"),
        enabled_events=call.params["enabled_events"],
        status="enabled",
        url=call.params["url"],
    )
    merge_metadata(endpoint, call.params)
    secret = f"whsec_{ids.token(32)}"
    call.store.db.execute("INSERT INTO secret VALUES (?, ?)", (endpoint["id"], secret))
    return call.create("webhook_endpoint", endpoint) | {"secret": secret}


def update(call: Call) -> Body:
    before = call.target("webhook_endpoint")
    after = copy.deepcopy(before)
    assign(after, call.params, "description", "enabled_events", "url")
    _check_url(after["url"])
    if "disabled" in call.params:
        after["status"] = "disabled" if call.params["disabled"] else "enabled"
    merge_metadata(after, call.params)
    return call.save("webhook_endpoint", before, after)


def delete(call: Call) -> Body:
    endpoint = call.target("webhook_endpoint")
    for table, column in (("webhook_endpoint", "id"), ("secret", "endpoint")):
        call.store.db.execute(f"DELETE FROM {table} WHERE {column} = ?", (endpoint["id"],))
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


def retrieve(call: Call) -> Body:
    return call.target("webhook_endpoint")


def list_(call: Call) -> bytes:
    return lists.page(call, "webhook_endpoint")


def retrieve_event(call: Call) -> Body:
    event = call.target("event")
    if event["created"] <= call.now - VISIBLE_SECONDS:
        raise resource_missing("event", event["id"], in_path=True)
    return event


def list_events(call: Call) -> bytes:
    """Types may end in `*`: `charge.*` and `*` match as in Stripe's own filter."""
    if "type" in call.params and "types" in call.params:
        raise invalid_request("You may pass either `type` or `types`, but not both.", param="type")
    types = call.params.pop("types", None) or [call.params.pop("type", "*")]
    delivered = call.params.pop("delivery_success", None)
    conditions: list[lists.Condition] = [("created > ?", [call.now - VISIBLE_SECONDS])]
    if types != ["*"]:
        column = "json_extract(body, '$.type')"
        tests = [f"{column} GLOB ?" if "*" in name else f"{column} = ?" for name in types]
        conditions.append((" OR ".join(tests), types))
    if delivered is not None:
        conditions.append(("delivery = ?", ["true" if delivered else "false"]))
    return lists.page(call, "event", *conditions)


def _check_url(url: str) -> None:
    """Plain HTTP is taken, unlike in live mode: local receivers have no certificate."""
    if not url.startswith(("http://", "https://")):
        message = "Invalid URL: An explicit scheme (such as https) must be provided."
        raise invalid_request(message, param="url", code="url_invalid")
