"""metafieldsSet, metafieldsDelete, tagsAdd, tagsRemove."""

from typing import Any

import orjson

from docker.shopify.errors import UserError
from docker.shopify.execute import Context
from docker.shopify.service import Arguments, create, mutation, now, save
from docker.shopify.store import Document, gid_type

TOPICS = {"Product": "products/update", "Order": "orders/updated", "Customer": "customers/update"}


def set_metafields(context: Context, owner: Document, given: list[dict[str, Any]]) -> list[Any]:
    """Adds or replaces metafields of a document that the caller saves."""
    kept = owner.setdefault("metafields", [])
    changed = []
    for entry in given:
        namespace, key = entry.get("namespace") or "custom", entry.get("key")
        found = next((m for m in kept if (m["namespace"], m["key"]) == (namespace, key)), None)
        if found is None:
            found = create(context, "Metafield", namespace=namespace, key=key, owner=owner["id"])
            found["ownerType"] = gid_type(owner["id"]).upper()
            kept.append(found)
        found["value"] = entry.get("value", "")
        found["type"] = entry.get("type") or found.get("type") or "single_line_text_field"
        found["jsonValue"] = _json(found["value"], found["type"])
        found["updatedAt"] = now(context)
        changed.append(found)
    return changed


def _json(value: str, kind: str) -> Any:
    if kind.startswith(("list.", "json", "number_integer", "boolean", "money", "rating")):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


@mutation("metafieldsSet", "metafields")
def metafields_set(context: Context, arguments: Arguments) -> dict[str, Any]:
    owners = []
    for index, entry in enumerate(arguments["metafields"]):
        owner = context.store.get(entry["ownerId"])
        if owner is None:
            path = ["metafields", str(index), "ownerId"]
            raise UserError(path, "Owner does not exist.", "INVALID_VALUE")
        owners.append((owner, entry))
    changed = []
    for owner, entry in owners:
        changed += set_metafields(context, owner, [entry])
        save(context, owner, TOPICS.get(gid_type(owner["id"])))
    return {"metafields": changed}


@mutation("metafieldsDelete", "deletedMetafields")
def metafields_delete(context: Context, arguments: Arguments) -> dict[str, Any]:
    gone: list[Any] = []
    for entry in arguments["metafields"]:
        owner = context.store.get(entry["ownerId"])
        wanted = (entry["namespace"], entry["key"])
        kept = (owner or {}).get("metafields") or []
        if owner is None or not any((m["namespace"], m["key"]) == wanted for m in kept):
            gone.append(None)
            continue
        owner["metafields"] = [m for m in kept if (m["namespace"], m["key"]) != wanted]
        save(context, owner, TOPICS.get(gid_type(owner["id"])))
        gone.append({"ownerId": owner["id"], "namespace": wanted[0], "key": wanted[1]})
    return {"deletedMetafields": gone}


def _tagged(context: Context, gid: str) -> Document:
    owner = context.store.get(gid)
    kind = gid_type(gid)
    if owner is None or kind not in TOPICS:
        raise UserError(["id"], f"{kind} does not exist")
    return owner


@mutation("tagsAdd", "node")
def tags_add(context: Context, arguments: Arguments) -> dict[str, Any]:
    owner = _tagged(context, arguments["id"])
    known = {t.lower() for t in owner["tags"]}
    new = [t for t in arguments["tags"] if t.lower() not in known]
    owner["tags"] = sorted([*owner["tags"], *new], key=str.lower)
    save(context, owner, TOPICS[gid_type(owner["id"])])
    return {"node": owner}


@mutation("tagsRemove", "node")
def tags_remove(context: Context, arguments: Arguments) -> dict[str, Any]:
    owner = _tagged(context, arguments["id"])
    gone = {t.lower() for t in arguments["tags"]}
    owner["tags"] = [t for t in owner["tags"] if t.lower() not in gone]
    save(context, owner, TOPICS[gid_type(owner["id"])])
    return {"node": owner}
