"""productCreate, productSet, productUpdate, productDelete and the bulk variant mutations."""

import re
from decimal import Decimal
from typing import Any

from docker.shopify.errors import UserError
from docker.shopify.execute import Context
from docker.shopify.money import amount_text, rounded
from docker.shopify.reads.products import product_by_identifier
from docker.shopify.service import (
    Arguments,
    announce,
    create,
    existing,
    mutation,
    now,
    record_deletion,
    save,
)
from docker.shopify.store import Document
from docker.shopify.writes.inventory import change, level_of
from docker.shopify.writes.metafields import set_metafields

PLAIN = ("descriptionHtml", "handle", "productType", "status", "title", "vendor", "templateSuffix")
VARIANT_PLAIN = ("barcode", "inventoryPolicy", "taxable", "position", "taxCode")
MAX_TITLE = 255


def _product(context: Context, given: dict[str, Any]) -> Document:
    product = create(context, "Product", title=given["title"])
    product |= {
        "handle": "",
        "descriptionHtml": "",
        "description": "",
        "vendor": context.service.settings.shop_domain.partition(".")[0],
        "productType": "",
        "status": "ACTIVE",
        "tags": [],
        "publishedAt": None,
        "isGiftCard": bool(given.get("giftCard")),
        "tracksInventory": True,
        "hasOnlyDefaultVariant": True,
        "options": [],
        "metafields": [],
        "_variants": [],
        "_skus": [],
    }
    return product


def _fill(context: Context, product: Document, given: dict[str, Any]) -> None:
    title = given.get("title", product["title"]) or ""
    if not title.strip():
        raise UserError(["title"], "Title can't be blank", "INVALID")
    if len(title) > MAX_TITLE:
        message = f"Title is too long (maximum is {MAX_TITLE} characters)"
        raise UserError(["title"], message, "INVALID")
    product.update({name: given[name] for name in PLAIN if name in given})
    if "descriptionHtml" in given:
        product["description"] = re.sub(r"<[^>]+>", "", given["descriptionHtml"] or "")
    if "tags" in given:
        product["tags"] = sorted(given["tags"] or [], key=str.lower)
    if not product["handle"]:
        product["handle"] = _free_handle(context, product["title"])
    if product["status"] == "ACTIVE" and not product["publishedAt"]:
        product["publishedAt"] = now(context)
    set_metafields(context, product, given.get("metafields") or [])


def _free_handle(context: Context, title: str) -> str:
    base = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "product"
    handle, number = base, 1
    while context.store.find("Product", "handle", handle):
        handle, number = f"{base}-{number}", number + 1
    return handle


def _options(context: Context, product: Document, given: list[dict[str, Any]]) -> None:
    product["options"] = [
        {
            "id": context.store.next_id("ProductOption"),
            "name": option.get("name") or "Title",
            "position": index + 1,
            "values": [v.get("name") or "" for v in option.get("values") or ()],
            "optionValues": [
                {"id": context.store.next_id("ProductOptionValue"), "name": v.get("name") or ""}
                for v in option.get("values") or ()
            ],
        }
        for index, option in enumerate(given)
    ]


def _selected(product: Document, given: dict[str, Any]) -> list[dict[str, str]]:
    values = given.get("optionValues") or []
    names = [o["name"] for o in product["options"]]
    return [
        {
            "name": v.get("optionName") or (names[i] if i < len(names) else "Title"),
            "value": v.get("name") or "",
        }
        for i, v in enumerate(values)
    ] or [{"name": "Title", "value": "Default Title"}]


def _variant(context: Context, product: Document, given: dict[str, Any]) -> Document:
    variant = create(context, "ProductVariant", product=product["id"])
    item = create(context, "InventoryItem", tracked=False, requiresShipping=True)
    item |= {"_variant": variant["id"], "_levels": {}, "sku": None, "unitCost": None}
    item["measurement"] = {"id": item["id"].replace("InventoryItem", "InventoryItemMeasurement")}
    variant |= {
        "inventoryItem": item["id"],
        "price": "0.00",
        "compareAtPrice": None,
        "inventoryPolicy": "DENY",
        "taxable": True,
        "metafields": [],
        "position": len(product["_variants"]) + 1,
    }
    product["_variants"].append(variant["id"])
    context.store.put(item)
    _fill_variant(context, product, variant, given)
    return variant


def _fill_variant(
    context: Context, product: Document, variant: Document, given: dict[str, Any]
) -> None:
    item = context.store.get(variant["inventoryItem"])
    if item is None:
        raise LookupError(f"{variant['id']} has no inventory item")
    variant.update({name: given[name] for name in VARIANT_PLAIN if given.get(name) is not None})
    for name in ("price", "compareAtPrice"):
        if name in given:
            variant[name] = None if given[name] is None else f"{rounded(_decimal(given[name])):.2f}"
    if "optionValues" in given or "title" not in variant:
        variant["selectedOptions"] = _selected(product, given)
        variant["title"] = " / ".join(o["value"] for o in variant["selectedOptions"])
    details = given.get("inventoryItem") or {}
    sku = given.get("sku", details.get("sku"))
    if sku is not None:
        variant["sku"] = item["sku"] = sku
    for name in ("tracked", "requiresShipping", "countryCodeOfOrigin", "harmonizedSystemCode"):
        if details.get(name) is not None:
            item[name] = details[name]
    if details.get("cost") is not None:
        cost = amount_text(_decimal(details["cost"]))
        item["unitCost"] = f"{cost} {context.service.settings.currency}"
    if weight := (details.get("measurement") or {}).get("weight"):
        item["measurement"]["weight"] = weight
    set_metafields(context, variant, given.get("metafields") or [])
    save(context, variant)
    save(context, item, "inventory_items/update")
    _quantities(context, item, given.get("inventoryQuantities"))


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value))


def _quantities(context: Context, item: Document, given: list[dict[str, Any]] | None) -> None:
    locations = [location["id"] for location in context.store.all("Location")]
    if not item["_levels"] and locations:
        level_of(context, item, locations[0])
    for quantity in given or ():
        level = level_of(context, item, quantity["locationId"])
        name = quantity.get("name", "available")
        wanted = quantity.get("quantity", quantity.get("availableQuantity", 0))
        change(context, level, name, wanted - level["_quantities"].get(name, 0))


def _finish(context: Context, product: Document, topic: str) -> None:
    variants = [v for gid in product["_variants"] if (v := context.store.get(gid))]
    product["_skus"] = [v["sku"] for v in variants if v.get("sku")]
    titles = [v["title"] for v in variants]
    product["hasOnlyDefaultVariant"] = titles == ["Default Title"]
    searched = {
        "_tags": product["tags"],
        "_vendor": product["vendor"],
        "_productType": product["productType"],
        "_status": product["status"],
    }
    for variant in variants:
        if any(variant.get(name) != value for name, value in searched.items()):
            variant.update(searched)
            context.store.put(variant)
    if not product["options"]:
        _options(context, product, [{"name": "Title", "values": [{"name": "Default Title"}]}])
    save(context, product, topic)


@mutation("productCreate", "product")
def product_create(context: Context, arguments: Arguments) -> dict[str, Any]:
    given = arguments.get("product") or arguments.get("input") or {}
    if not (given.get("title") or "").strip():
        raise UserError(["title"], "Title can't be blank", "INVALID")
    product = _product(context, given)
    _fill(context, product, given)
    options = given.get("productOptions") or []
    _options(context, product, options)
    first = [
        {"optionName": o["name"], "name": o["values"][0]} for o in product["options"] if o["values"]
    ]
    _variant(context, product, {"optionValues": first} if first else {})
    _finish(context, product, "products/create")
    return {"product": product, "shop": None}


@mutation("productSet", "product", "productSetOperation")
def product_set(context: Context, arguments: Arguments) -> dict[str, Any]:
    given = arguments["input"]
    identifier = arguments.get("identifier") or ({"id": given["id"]} if given.get("id") else None)
    known = product_by_identifier(context, None, {"identifier": identifier}) if identifier else None
    if identifier and identifier.get("id") and known is None:
        raise UserError(["input"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")
    if known is None and not (given.get("title") or "").strip():
        raise UserError(["input", "title"], "Title can't be blank", "INVALID")
    if given.get("productOptions") and "variants" not in given:
        message = "Variants input is required when updating product options"
        raise UserError(["input", "variants"], message, "VARIANTS_INPUT_REQUIRED")
    product = known or _product(context, given)
    _fill(context, product, given)
    if "productOptions" in given:
        _options(context, product, given["productOptions"] or [])
    if "variants" in given:
        _replace_variants(context, product, given["variants"] or [])
    elif known is None:
        _variant(context, product, {})
    _finish(context, product, "products/update" if known else "products/create")
    return {"product": product, "productSetOperation": None}


def _replace_variants(context: Context, product: Document, given: list[dict[str, Any]]) -> None:
    """The list given is the list kept: matched by id, else by option values."""
    known = [v for gid in product["_variants"] if (v := context.store.get(gid))]
    kept: list[str] = []
    for entry in given:
        title = " / ".join(o["value"] for o in _selected(product, entry))
        match = next(
            (v for v in known if v["id"] == entry.get("id") or v["title"] == title),
            None,
        )
        if match:
            _fill_variant(context, product, match, entry)
        else:
            match = _variant(context, product, entry)
        kept.append(match["id"])
    for variant in known:
        if variant["id"] not in kept:
            _drop_variant(context, variant)
    product["_variants"] = kept


def _drop_variant(context: Context, variant: Document) -> None:
    item = context.store.get(variant["inventoryItem"])
    if item:
        for level in item["_levels"].values():
            context.store.delete(level)
        context.store.delete(item["id"])
    context.store.delete(variant["id"])


@mutation("productUpdate", "product")
def product_update(context: Context, arguments: Arguments) -> dict[str, Any]:
    given = arguments.get("product") or arguments.get("input") or {}
    gid = given.get("id") or (arguments.get("identifier") or {}).get("id") or ""
    product = existing(context, gid, "Product", ["id"], "Product does not exist")
    _fill(context, product, given)
    _finish(context, product, "products/update")
    return {"product": product, "shop": None}


@mutation("productDelete", "deletedProductId")
def product_delete(context: Context, arguments: Arguments) -> dict[str, Any]:
    gid = arguments["input"]["id"]
    product = existing(context, gid, "Product", ["id"], "Product does not exist")
    for variant in [v for v in product["_variants"] if context.store.get(v)]:
        _drop_variant(context, context.store.get(variant) or {})
    context.store.delete(gid)
    record_deletion(context, product, "PRODUCT")
    announce(context, "products/delete", {"id": gid})
    return {"deletedProductId": gid, "shop": None}


@mutation("productVariantsBulkCreate", "product", "productVariants")
def variants_create(context: Context, arguments: Arguments) -> dict[str, Any]:
    product = existing(
        context, arguments["productId"], "Product", ["productId"], "Product does not exist",
        "PRODUCT_DOES_NOT_EXIST",
    )  # fmt: skip
    first = context.store.get(product["_variants"][0]) if product["_variants"] else None
    standalone = first is not None and first["title"] == "Default Title"
    if standalone and arguments.get("strategy") != "PRESERVE_STANDALONE_VARIANT" and first:
        product["_variants"].remove(first["id"])
        _drop_variant(context, first)
    made = [_variant(context, product, entry) for entry in arguments["variants"]]
    _finish(context, product, "products/update")
    return {"product": product, "productVariants": made}


@mutation("productVariantsBulkUpdate", "product", "productVariants")
def variants_update(context: Context, arguments: Arguments) -> dict[str, Any]:
    product = existing(
        context, arguments["productId"], "Product", ["productId"], "Product does not exist",
        "PRODUCT_DOES_NOT_EXIST",
    )  # fmt: skip
    changed = []
    for index, entry in enumerate(arguments["variants"]):
        if entry.get("id") not in product["_variants"]:
            path = ["variants", str(index), "id"]
            message = "Product variant does not exist"
            raise UserError(path, message, "PRODUCT_VARIANT_DOES_NOT_EXIST")
        changed.append((context.store.get(entry["id"]) or {}, entry))
    for variant, entry in changed:
        _fill_variant(context, product, variant, entry)
    _finish(context, product, "products/update")
    return {"product": product, "productVariants": [variant for variant, _ in changed]}


@mutation("productVariantsBulkDelete", "product")
def variants_delete(context: Context, arguments: Arguments) -> dict[str, Any]:
    product = existing(
        context, arguments["productId"], "Product", ["productId"], "Product does not exist",
        "PRODUCT_DOES_NOT_EXIST",
    )  # fmt: skip
    for index, gid in enumerate(arguments["variantsIds"]):
        if gid not in product["_variants"]:
            message = "At least one variant does not belong to the product"
            code = "AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT"
            raise UserError(["variantsIds", str(index)], message, code)
    for gid in arguments["variantsIds"]:
        product["_variants"].remove(gid)
        variant = context.store.get(gid) or {}
        _drop_variant(context, variant)
        record_deletion(context, variant, "PRODUCT_VARIANT")
    _finish(context, product, "products/update")
    return {"product": product}
