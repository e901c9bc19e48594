"""`expand[]`: ids replaced by the objects they name, at most four levels deep."""

from typing import Any

from docker.stripe import ids, lists
from docker.stripe.data import table
from docker.stripe.errors import StripeError, invalid_request
from docker.stripe.objects import UNTOUCHED
from docker.stripe.store import Body, Store

EXPANDABLE: dict[str, list[str]] = table("expandable")["rows"]
MAX_LEVELS = 4
# Lists that Stripe leaves out of an object until they are expanded: the kind of their rows, the
# field that names the object, their URL. None where this service has no such rows.
LISTS: dict[str, tuple[str | None, str, str]] = {
    "line_items": ("item", "session", "/v1/checkout/sessions/{}/line_items"),
    "payments": ("invoice_payment", "invoice", "/v1/invoice_payments?invoice={}"),
    "refunds": ("refund", "charge", "/v1/charges/{}/refunds"),
    "sources": (None, "", "/v1/customers/{}/sources"),
    "subscriptions": ("subscription", "customer", "/v1/subscriptions?customer={}"),
    "tax_ids": (None, "", "/v1/customers/{}/tax_ids"),
}


def check(paths: list[str], kind: str, *, in_list: bool) -> None:
    """Raises Stripe's 400 for a path that is too deep or whose first step cannot be expanded."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > MAX_LEVELS:
            message = (
                f"You cannot expand more than {MAX_LEVELS} levels of a property. Property: {path}"
            )
            raise invalid_request(message, code="property_expansion_max_depth")
        if in_list and steps[0] != "data":
            raise _not_in_list(steps[0], kind)
        first = steps[1] if in_list and len(steps) > 1 else steps[0]
        if not (in_list and steps == ["data"]) and first not in EXPANDABLE[kind]:
            raise _not_expandable(first, kind)


def _not_expandable(name: str, kind: str) -> StripeError:
    if name in UNTOUCHED[kind]:
        return invalid_request(f"This property cannot be expanded ({name}).")
    return invalid_request(f"This property cannot be expanded because it doesn't exist: {name}.")


def _not_in_list(name: str, kind: str) -> StripeError:
    if name not in EXPANDABLE[kind]:
        return _not_expandable(name, kind)
    return invalid_request(
        f"This property cannot be expanded ({name}). You may want to try expanding "
        f"'data.{name}' instead."
    )


def expand(store: Store, body: Body, paths: list[str]) -> Body:
    """Expands in place and returns the body; an empty reference stays null."""
    for path in paths:
        _walk(store, body, path.split("."))
    return body


def _walk(store: Store, node: Any, steps: list[str]) -> None:
    if isinstance(node, list):
        for item in node:
            _walk(store, item, steps)
        return
    if not isinstance(node, dict) or not steps:
        return
    name = steps[0]
    kind = node.get("object", "").replace(".", "_")
    if name in LISTS and name in EXPANDABLE.get(kind, ()):
        node[name] = _included_list(store, node, name)
    value = node.get(name)
    if isinstance(value, str) and (named := ids.kind_of(value)) and name != "id":
        node[name] = store.get(named, value) or value
    _walk(store, node.get(name), steps[1:])


def _included_list(store: Store, node: Body, name: str) -> Body:
    kind, field, url = LISTS[name]
    if kind is None:
        return {"object": "list", "data": [], "has_more": False, "url": url.format(node["id"])}
    return lists.embedded(store, kind, field, node["id"], url.format(node["id"]))
