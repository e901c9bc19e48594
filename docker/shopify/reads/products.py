"""Products, variants, inventory items and levels."""

from typing import Any

from docker.shopify.errors import invalid_id
from docker.shopify.execute import Context, resolves
from docker.shopify.listing import by_id, count_documents, list_documents, search_of
from docker.shopify.pages import Page, list_page
from docker.shopify.reads.orders import counted
from docker.shopify.search import Filter
from docker.shopify.store import Document, gid_number, gid_type

TIMES = {
    "created_at": Filter("time", lambda d: d["createdAt"]),
    "updated_at": Filter("time", lambda d: d["updatedAt"]),
    "id": Filter("number", lambda d: gid_number(d["id"])),
}
STATUSES = frozenset({"active", "archived", "draft", "unlisted"})
PRODUCT_FILTERS = TIMES | {
    "status": Filter("choice", lambda d: d["status"], STATUSES),
    "title": Filter("prefix", lambda d: [d["title"], *d["title"].split()]),
    "handle": Filter("text", lambda d: d["handle"]),
    "vendor": Filter("text", lambda d: d["vendor"]),
    "product_type": Filter("text", lambda d: d["productType"]),
    "tag": Filter("text", lambda d: d["tags"]),
    "tag_not": Filter("absent", lambda d: d["tags"]),
    "sku": Filter("text", lambda d: d["_skus"]),
    "published_at": Filter("time", lambda d: d.get("publishedAt")),
    "": Filter("prefix", lambda d: [d["title"], *d["title"].split(), *d["_skus"]]),
}
VARIANT_FILTERS = {
    "updated_at": TIMES["updated_at"],
    "id": TIMES["id"],
    "sku": Filter("text", lambda d: d.get("sku")),
    "barcode": Filter("text", lambda d: d.get("barcode")),
    "title": Filter("text", lambda d: d["title"]),
    "product_id": Filter("number", lambda d: gid_number(d["product"])),
    "tag": Filter("text", lambda d: d.get("_tags")),
    "tag_not": Filter("absent", lambda d: d.get("_tags")),
    "vendor": Filter("text", lambda d: d.get("_vendor")),
    "product_type": Filter("text", lambda d: d.get("_productType")),
    "product_status": Filter("text", lambda d: d.get("_status")),
    "": Filter("prefix", lambda d: [d["title"], d.get("sku")]),
}
ITEM_FILTERS = TIMES | {
    "sku": Filter("text", lambda d: d.get("sku")),
    "": Filter("prefix", lambda d: d.get("sku")),
}
LEVEL_FILTERS = {
    "created_at": Filter("time", lambda d: d["createdAt"]),
    "updated_at": Filter("time", lambda d: d["updatedAt"]),
    "inventory_item_id": Filter("number", lambda d: gid_number(d["item"])),
}
PRODUCT_SORTS = {
    "TITLE": lambda d: d["title"].lower(),
    "VENDOR": lambda d: d["vendor"].lower(),
    "PRODUCT_TYPE": lambda d: d["productType"].lower(),
}
VARIANT_SORTS = {"SKU": lambda d: d.get("sku") or "", "TITLE": lambda d: d["title"]}


@resolves("QueryRoot", "products")
def products(context: Context, _: Any, arguments: dict[str, Any]) -> Page:
    zone = context.service.zone
    return list_documents(context, "Product", arguments, PRODUCT_FILTERS, PRODUCT_SORTS, zone=zone)


@resolves("QueryRoot", "productsCount")
def products_count(context: Context, _: Any, arguments: dict[str, Any]) -> Any:
    zone = context.service.zone
    count = count_documents(context, "Product", arguments.get("query"), PRODUCT_FILTERS, zone)
    return counted(count, arguments)


@resolves("QueryRoot", "productVariants")
def product_variants(context: Context, _: Any, arguments: dict[str, Any]) -> Page:
    zone = context.service.zone
    return list_documents(
        context, "ProductVariant", arguments, VARIANT_FILTERS, VARIANT_SORTS, zone=zone
    )


@resolves("QueryRoot", "productVariantsCount")
def product_variants_count(context: Context, _: Any, arguments: dict[str, Any]) -> Any:
    """The schema's `query` of this count supports no search field."""
    return counted(context.store.count("ProductVariant"), arguments)


@resolves("QueryRoot", "inventoryItems")
def inventory_items(context: Context, _: Any, arguments: dict[str, Any]) -> Page:
    zone = context.service.zone
    return list_documents(context, "InventoryItem", arguments, ITEM_FILTERS, zone=zone)


by_id("product", "productVariant", "inventoryItem", "inventoryLevel")


@resolves("QueryRoot", "productByIdentifier")
def product_by_identifier(context: Context, _: Any, arguments: dict[str, Any]) -> Any:
    identifier = arguments["identifier"]
    if gid := identifier.get("id"):
        return context.store.of_kind("Product", gid)
    return context.store.find("Product", "handle", identifier.get("handle") or "")


@resolves("Product", "variants")
def variants(context: Context, source: Document, arguments: dict[str, Any]) -> Page:
    return list_page(source["_variants"], arguments, context.unlimited)


@resolves("Product", "mediaCount")
def media_count(context: Context, source: Document, _: dict[str, Any]) -> Any:
    """Media are not kept here; Shopify counts none as 0, where its schema would permit null."""
    return {"count": 0, "precision": "EXACT"}


@resolves("Product", "variantsCount")
def variants_count(context: Context, source: Document, _: dict[str, Any]) -> Any:
    return {"count": len(source["_variants"]), "precision": "EXACT"}


@resolves("Product", "totalInventory")
def total_inventory(context: Context, source: Document, _: dict[str, Any]) -> int:
    return sum(available(context, _variant(context, gid)) for gid in source["_variants"])


@resolves("Product", "hasOutOfStockVariants")
def has_out_of_stock(context: Context, source: Document, _: dict[str, Any]) -> bool:
    return any(available(context, _variant(context, gid)) <= 0 for gid in source["_variants"])


@resolves("Product", "priceRangeV2")
def price_range(context: Context, source: Document, _: dict[str, Any]) -> Any:
    currency = context.service.settings.currency
    prices = sorted(float(_variant(context, gid)["price"]) for gid in source["_variants"]) or [0.0]
    return {
        "minVariantPrice": f"{prices[0]} {currency}",
        "maxVariantPrice": f"{prices[-1]} {currency}",
    }


@resolves("ProductVariant", "inventoryQuantity", "sellableOnlineQuantity")
def inventory_quantity(context: Context, source: Document, _: dict[str, Any]) -> int:
    return available(context, source)


@resolves("ProductVariant", "displayName")
def display_name(context: Context, source: Document, _: dict[str, Any]) -> str:
    product = context.store.get(source["product"])
    return f"{product['title'] if product else ''} - {source['title']}"


@resolves("ProductVariant", "availableForSale")
def available_for_sale(context: Context, source: Document, _: dict[str, Any]) -> bool:
    return source["inventoryPolicy"] == "CONTINUE" or available(context, source) > 0


@resolves("InventoryItem", "variant")
def item_variant(context: Context, source: Document, _: dict[str, Any]) -> Any:
    return source["_variant"]


@resolves("InventoryItem", "inventoryLevels")
def item_levels(context: Context, source: Document, arguments: dict[str, Any]) -> Page:
    levels = [context.store.get(gid) for gid in source["_levels"].values()]
    shown = [d for d in levels if d and (d["isActive"] or arguments.get("includeInactive"))]
    search = search_of(context, arguments.get("query"), LEVEL_FILTERS, context.service.zone)
    if search and search.matches:
        shown = [d for d in shown if search.matches(d)]
    return list_page(shown, arguments, context.unlimited)


@resolves("InventoryItem", "inventoryLevel")
def item_level(context: Context, source: Document, arguments: dict[str, Any]) -> Any:
    return source["_levels"].get(arguments["locationId"])


@resolves("InventoryItem", "locationsCount")
def locations_count(context: Context, source: Document, _: dict[str, Any]) -> Any:
    return {"count": len(source["_levels"]), "precision": "EXACT"}


@resolves("Location", "inventoryLevels")
def location_levels(context: Context, source: Document, arguments: dict[str, Any]) -> Page:
    inactive = bool(arguments.get("includeInactive"))
    return list_documents(
        context,
        "InventoryLevel",
        arguments,
        LEVEL_FILTERS,
        zone=context.service.zone,
        keep=lambda d: d["location"] == source["id"] and (d["isActive"] or inactive),
    )


@resolves("Location", "inventoryLevel")
def location_level(context: Context, source: Document, arguments: dict[str, Any]) -> Any:
    if gid_type(arguments["inventoryItemId"]) != "InventoryItem":
        raise invalid_id(arguments["inventoryItemId"])
    item = context.store.get(arguments["inventoryItemId"])
    return item["_levels"].get(source["id"]) if item else None


@resolves("InventoryLevel", "quantities")
def quantities(context: Context, source: Document, arguments: dict[str, Any]) -> Any:
    level = source["id"].rpartition("/")[2]
    return [
        {
            "id": f"gid://shopify/InventoryQuantity/{level.replace('?', f'?name={name}&')}",
            "name": name,
            "quantity": source["_quantities"].get(name, 0),
            # on_hand is a sum and has no time of its own, as recorded
            "updatedAt": None if name == "on_hand" else source["_changed"].get(name),
        }
        for name in arguments["names"]
    ]


def available(context: Context, variant: Document) -> int:
    """What can be sold of a variant, over all locations."""
    item = context.store.get(variant["inventoryItem"])
    if item is None:
        return 0
    levels = (context.store.get(gid) for gid in item["_levels"].values())
    return sum(level["_quantities"].get("available", 0) for level in levels if level)


def _variant(context: Context, gid: str) -> Document:
    variant = context.store.get(gid)
    if variant is None:
        raise LookupError(f"a product names the variant {gid}, which is not stored")
    return variant
