"""Collections and their products."""

from typing import Any

from docker.shopify.execute import Context, resolves
from docker.shopify.listing import by_id, count_documents, list_documents
from docker.shopify.pages import Page, list_page
from docker.shopify.reads.orders import counted
from docker.shopify.search import Filter
from docker.shopify.store import Document, gid_number

COLLECTION_FILTERS = {
    "updated_at": Filter("time", lambda d: d["updatedAt"]),
    "id": Filter("number", lambda d: gid_number(d["id"])),
    "title": Filter("prefix", lambda d: d["title"]),
    "handle": Filter("text", lambda d: d["handle"]),
    "product_id": Filter("number", lambda d: [gid_number(gid) for gid in d["_products"]]),
    "": Filter("prefix", lambda d: d["title"]),
}
SORTS = {"TITLE": lambda d: d["title"].lower()}


by_id("collection")


@resolves("QueryRoot", "collections")
def collections(context: Context, _: Any, arguments: dict[str, Any]) -> Page:
    zone = context.service.zone
    return list_documents(context, "Collection", arguments, COLLECTION_FILTERS, SORTS, zone=zone)


@resolves("QueryRoot", "collectionsCount")
def collections_count(context: Context, _: Any, arguments: dict[str, Any]) -> Any:
    text, zone = arguments.get("query"), context.service.zone
    count = count_documents(context, "Collection", text, COLLECTION_FILTERS, zone)
    return counted(count, arguments)


@resolves("Collection", "products")
def products(context: Context, source: Document, arguments: dict[str, Any]) -> Page:
    kept = [gid for gid in source["_products"] if context.store.get(gid)]
    return list_page(kept, arguments, context.unlimited)


@resolves("Collection", "productsCount")
def products_count(context: Context, source: Document, _: dict[str, Any]) -> Any:
    return {"count": len(source["_products"]), "precision": "EXACT"}


@resolves("Collection", "hasProduct")
def has_product(context: Context, source: Document, arguments: dict[str, Any]) -> bool:
    return arguments["id"] in source["_products"]


@resolves("Product", "collections")
def of_product(context: Context, source: Document, arguments: dict[str, Any]) -> Page:
    found = [d for d in context.store.all("Collection") if source["id"] in d["_products"]]
    return list_page(found, arguments, context.unlimited)
