"""collectionCreate, collectionUpdate, collectionAddProducts, -RemoveProducts, collectionDelete."""

import re
from typing import Any

from docker.shopify.errors import UserError
from docker.shopify.execute import Context
from docker.shopify.service import (
    Arguments,
    announce,
    create,
    existing,
    mutation,
    record_deletion,
    save,
)
from docker.shopify.store import Document
from docker.shopify.writes.metafields import set_metafields

PLAIN = ("title", "handle", "descriptionHtml", "sortOrder", "templateSuffix")


def _collection(context: Context, gid: str) -> Document:
    return existing(context, gid, "Collection", ["id"], "Collection does not exist")


def _fill(context: Context, collection: Document, given: dict[str, Any]) -> None:
    collection.update({name: given[name] for name in PLAIN if given.get(name) is not None})
    if not (collection.get("title") or "").strip():
        raise UserError(["title"], "Title can't be blank")
    if not collection.get("handle"):
        slug = re.sub(r"[^a-z0-9]+", "-", collection["title"].lower()).strip("-")
        collection["handle"] = slug or "collection"
    set_metafields(context, collection, given.get("metafields") or [])


def _add(collection: Document, products: list[str]) -> None:
    known = set(collection["_products"])
    collection["_products"] += [gid for gid in products if gid not in known]


@mutation("collectionCreate", "collection")
def collection_create(context: Context, arguments: Arguments) -> dict[str, Any]:
    given = arguments.get("collection") or arguments.get("input") or {}
    collection = create(context, "Collection", _products=[], sortOrder="BEST_SELLING")
    _fill(context, collection, given)
    _add(collection, given.get("products") or [])
    save(context, collection, "collections/create")
    return {"collection": collection}


@mutation("collectionUpdate", "collection")
def collection_update(context: Context, arguments: Arguments) -> dict[str, Any]:
    given = arguments.get("collection") or arguments.get("input") or {}
    collection = _collection(context, given.get("id") or "")
    _fill(context, collection, given)
    save(context, collection, "collections/update")
    return {"collection": collection, "job": None}


@mutation("collectionAddProducts", "collection")
def add_products(context: Context, arguments: Arguments) -> dict[str, Any]:
    collection = _collection(context, arguments["id"])
    _add(collection, arguments["productIds"])
    save(context, collection, "collections/update")
    return {"collection": collection}


@mutation("collectionRemoveProducts", "job")
def remove_products(context: Context, arguments: Arguments) -> dict[str, Any]:
    collection = _collection(context, arguments["id"])
    gone = set(arguments["productIds"])
    collection["_products"] = [gid for gid in collection["_products"] if gid not in gone]
    save(context, collection, "collections/update")
    return {"job": {"id": "gid://shopify/Job/1", "done": True}}


@mutation("collectionDelete", "deletedCollectionId")
def collection_delete(context: Context, arguments: Arguments) -> dict[str, Any]:
    collection = _collection(context, arguments["input"]["id"])
    context.store.delete(collection["id"])
    record_deletion(context, collection, "COLLECTION")
    announce(context, "collections/delete", {"id": collection["id"]})
    return {"deletedCollectionId": collection["id"], "shop": None}
