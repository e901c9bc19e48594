"""What a source's record says of people, by its fields: ids, orders, names in two parts."""

from collections.abc import Iterator
from typing import Any

import orjson

from scripts.privacy.person import digits

# Fields that name the customer by id.
CUSTOMER_IDS = frozenset(("customer_id", "customerId", "user_id", "shopify_customer_id"))
# Of a declared source: Shopify's `user_id` is who of the staff took an order or gave money back.
BUYER_IDS = CUSTOMER_IDS - {"user_id"}
# Fields that name an order, by id or by name.
ORDER_IDS = frozenset(("order_id", "orderId", "shopify_order_id", "order_name", "orderName"))
GID = "gid://shopify/Customer/"
# What a name's two parts are called, of a plain key.
FIRST_NAME = ("firstname", "givenname")
LAST_NAME = ("lastname", "familyname", "surname")


def opened(value: Any) -> Any:
    """The object or list that a text holds as JSON (a receipt, a column of a database); None when
    it holds none."""
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return None
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return None


def customer_ids(record: Any, keys: frozenset[str] = CUSTOMER_IDS) -> Iterator[str]:
    for parent, key, value in leaves(record):
        named = key in keys or (key == "id" and parent == "customer")
        if named or str(value).startswith(GID):
            yield digits(value)


def full_names(holder: dict[str, Any]) -> Iterator[str]:
    """As people write a name that an object has in two parts."""
    parts = {plain(key): part for key, part in holder.items() if isinstance(part, str)}
    first = next((parts[key] for key in FIRST_NAME if parts.get(key)), "").strip()
    last = next((parts[key] for key in LAST_NAME if parts.get(key)), "").strip()
    if first and last:
        yield from (f"{first} {last}", f"{last} {first}", f"{last}, {first}")


def plain(key: str) -> str:
    """`firstName` and `First_Name` are both `firstname`."""
    return key.lower().replace("_", "")


def names_order(parent: str, key: str) -> bool:
    return key in ORDER_IDS or (key == "id" and parent == "order")


def leaves(value: Any, key: str = "", parent: str = "") -> Iterator[tuple[str, str, Any]]:
    """(key of the object around it, key, value) of every scalar."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from leaves(part, name, key)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part, key, parent)
    elif value is not None:
        yield parent, key, value


def objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from objects(part)
    elif isinstance(value, list):
        for part in value:
            yield from objects(part)
