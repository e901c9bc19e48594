"""`POST /_admin/seed`: stored documents put in or taken out by hand, for tests and benchmarks.

What no mutation of this service makes (draft orders, returns, payouts ...) and what mutations make
too slowly (thousands of orders) goes in here. Nothing is worked out: documents are kept as given.
"""

import re
from typing import Any

import orjson

from docker.shopify.execute import Context
from docker.shopify.service import create, record_deletion
from docker.shopify.store import Document, Store, gid_number, gid_type

NEW = re.compile(r"gid://shopify/(\w+)/new\b")
NUMBER = re.compile(r"\d{13,}")
# documents that a document has for itself: a copy of it gets copies of them
OWNED = {
    "InventoryItem": ("_levels",),
    "Order": ("_fulfillmentOrders", "_returns"),
    "Product": ("_variants",),
    "ProductVariant": ("inventoryItem",),
}
SUBJECTS = {"DiscountNode": "DISCOUNT_NODE", "DraftOrder": "DRAFT_ORDER"}
SUBJECTS |= {"ProductVariant": "PRODUCT_VARIANT"}


def seed(context: Context, asked: dict[str, Any]) -> dict[str, Any]:
    """`{"type", "objects"}` puts documents, each over a copy of `like` when that is given (one
    with the id of a stored document changes that), and `{"delete": [ids]}` takes some out with the
    event that a deletion leaves. Answers the ids.

    `gid://shopify/<Type>/new` in an object becomes a new id. KeyError: an id is not stored.
    """
    for gid in asked.get("delete", ()):
        _delete(context, gid)
    like = asked.get("like")
    made = []
    for given in asked.get("objects", ()):
        made.append(_copy(context, like, given) if like else _put(context, asked["type"], given))
    context.store.commit()
    return {"ids": made}


def _put(context: Context, kind: str, given: dict[str, Any]) -> str:
    known = context.store.get(given.get("id", ""))
    document = (known or create(context, kind, given.get("id"))) | _with_ids(context, given)
    context.store.put(document)
    if kind == "Return":
        order = context.store.get(document["order"]) or {}
        order.setdefault("_returns", []).append(document["id"])
        order["updatedAt"] = document["createdAt"]
        context.store.put(order)
    return str(document["id"])


def _with_ids(context: Context, given: dict[str, Any]) -> Document:
    text = NEW.sub(lambda found: context.store.next_id(found[1]), orjson.dumps(given).decode())
    document: Document = orjson.loads(text)
    return document


def _copy(context: Context, like: str, given: dict[str, Any]) -> str:
    """A deep copy: ids are numbers of their own, so every number that is copied is replaced."""
    store = context.store
    originals = _whole(store, like)
    numbers: dict[str, str] = {}
    texts = [orjson.dumps(d).decode() for d in originals]
    for document, text in zip(originals, texts, strict=True):
        own = {document["id"], *re.findall(r'"id":"(gid:[^"]+)"', text)}
        for gid in own:
            old = str(gid_number(gid))
            if old not in numbers:
                numbers[old] = str(gid_number(store.next_id(gid_type(gid))))
    made = ""
    for index, text in enumerate(texts):
        copied: Document = orjson.loads(NUMBER.sub(lambda m: numbers.get(m[0], m[0]), text))
        store.put(copied | (_with_ids(context, given) if index == 0 else {}))
        made = made or copied["id"]
    return made


def _whole(store: Store, gid: str) -> list[Document]:
    document = store.get(gid)
    if document is None:
        raise KeyError(gid)
    found = [document]
    for name in OWNED.get(gid_type(gid), ()):
        owned = document.get(name) or []
        owned = list(owned.values()) if isinstance(owned, dict) else owned
        for part in [owned] if isinstance(owned, str) else owned:
            found += _whole(store, part)
    return found


def _delete(context: Context, gid: str) -> None:
    document = context.store.get(gid)
    if document is None:
        raise KeyError(gid)
    context.store.delete(gid)
    kind = gid_type(gid)
    record_deletion(context, document, SUBJECTS.get(kind, kind.upper()))
