"""The parts of a new order: lines, shipping, taxes and its discount code."""

from decimal import Decimal
from typing import Any

from docker.shopify.errors import UserError
from docker.shopify.execute import Context
from docker.shopify.money import Bag, parse, shares, total
from docker.shopify.store import Document
from docker.shopify.writes.totals import zero_of


def bag(order: Document, given: dict[str, Any]) -> Bag:
    """A MoneyBagInput; presentment money that is not given is the shop money."""
    shop = given["shopMoney"]
    presentment = given.get("presentmentMoney") or shop
    return Bag(
        Decimal(str(shop["amount"])),
        order["currencyCode"],
        Decimal(str(presentment["amount"])),
        order["presentmentCurrencyCode"],
    )


def taxes_of(order: Document, given: list[dict[str, Any]] | None, base: Bag) -> list[Document]:
    out = []
    for entry in given or ():
        rate = Decimal(str(entry["rate"]))
        price = entry.get("priceSet")
        factor = rate / (1 + rate) if order["taxesIncluded"] else rate
        out.append(
            {
                "title": entry["title"],
                "rate": float(rate),
                "ratePercentage": float(rate * 100),
                "channelLiable": entry.get("channelLiable"),
                "source": None,
                "priceSet": str(bag(order, price) if price else base.times(factor)),
            }
        )
    return out


def line_of(context: Context, order: Document, given: dict[str, Any], index: int) -> Document:
    variant = context.store.of_kind("ProductVariant", given.get("variantId") or "")
    of_product = variant["product"] if variant else given.get("productId") or ""
    product = context.store.of_kind("Product", of_product)
    if given.get("priceSet"):
        unit = bag(order, given["priceSet"])
    elif variant:
        unit = zero_of(order) + Bag(Decimal(variant["price"]), order["currencyCode"])
    else:
        path = ["order", "lineItems", str(index), "priceSet"]
        raise UserError(path, "Price set can't be blank", "INVALID")
    title = given.get("title") or (product["title"] if product else "")
    variant_title = given.get("variantTitle")
    if variant and variant_title is None and variant["title"] != "Default Title":
        variant_title = variant["title"]
    item = context.store.get(variant["inventoryItem"]) if variant else None
    shipping = given.get("requiresShipping")
    return {
        "id": context.store.next_id("LineItem"),
        "title": title,
        "name": f"{title} - {variant_title}" if variant_title else title,
        "variantTitle": variant_title,
        "quantity": given["quantity"],
        "sku": given.get("sku") or (variant.get("sku") if variant else None),
        "vendor": given.get("vendor") or (product["vendor"] if product else None),
        "variant": variant["id"] if variant else None,
        "product": product["id"] if product else None,
        "requiresShipping": item["requiresShipping"] if item and shipping is None else
        bool(shipping),
        "taxable": given.get("taxable", True),
        "isGiftCard": bool(given.get("giftCard")),
        "customAttributes": [
            {"key": p["name"], "value": p["value"]} for p in given.get("properties") or ()
        ],
        "originalUnitPriceSet": str(unit),
        "taxLines": taxes_of(order, given.get("taxLines"), unit.times(given["quantity"])),
        "discountAllocations": [],
        "merchantEditable": True,
        "_item": item["id"] if item else None,
        "_fulfilled": 0,
        "_removed": 0,
        "_claimed": 0,
        "_location": None,
    }  # fmt: skip


def shipping_of(context: Context, order: Document, given: dict[str, Any]) -> Document:
    price = bag(order, given["priceSet"])
    return {
        "id": context.store.next_id("ShippingLine"),
        "title": given["title"],
        "code": given.get("code") or given["title"],
        "source": given.get("source"),
        "custom": not given.get("code"),
        "isRemoved": False,
        "originalPriceSet": str(price),
        "discountedPriceSet": str(price),
        "currentDiscountedPriceSet": str(price),
        "discountAllocations": [],
        "taxLines": taxes_of(order, given.get("taxLines"), price),
    }


def order_taxes(order: Document, given: dict[str, Any]) -> list[Document]:
    """The taxes of the order: its own where given, else its parts' added up by title and rate."""
    if given.get("taxLines"):
        prices = [parse(line["originalUnitPriceSet"]).times(line["quantity"])
                  for line in order["lineItems"]]  # fmt: skip
        return taxes_of(order, given["taxLines"], total(prices, zero_of(order)))
    merged: dict[tuple[str, float], Document] = {}
    for part in (*order["lineItems"], *order["shippingLines"]):
        for tax in part["taxLines"]:
            key = (tax["title"], tax["rate"])
            if key in merged:
                added = parse(merged[key]["priceSet"]) + parse(tax["priceSet"])
                merged[key]["priceSet"] = str(added)
            else:
                merged[key] = dict(tax)
    return list(merged.values())


def apply_discount(order: Document, given: dict[str, Any]) -> None:
    """Applies the order's only discount code to its lines, or to its shipping."""
    kind = next((name for name, value in given.items() if value), None)
    if kind is None:
        return
    code: dict[str, Any] = given[kind]
    percentage = Decimal(str(code.get("percentage") or 0))
    lines = order["lineItems"]
    totals = [parse(line["originalUnitPriceSet"]).times(line["quantity"]) for line in lines]
    whole = total(totals, zero_of(order))
    value: Document = {"__typename": "PricingPercentageValue", "percentage": float(percentage)}
    if kind == "itemFixedDiscountCode":
        fixed = bag(order, code["amountSet"]) if code.get("amountSet") else zero_of(order)
        if fixed.shop > whole.shop:
            fixed = whole
        money = {"amount": f"{fixed.shop}", "currencyCode": order["currencyCode"]}
        value = {"__typename": "MoneyV2", **money}
        _allocate(order, lines, totals, fixed)
    elif kind == "itemPercentageDiscountCode":
        _allocate(order, lines, totals, whole.times(percentage / 100))
    else:
        value["percentage"] = 100.0
        for line in order["shippingLines"]:
            price = line["originalPriceSet"]
            line["discountAllocations"] = [_allocation(price)]
            line["discountedPriceSet"] = line["currentDiscountedPriceSet"] = str(zero_of(order))
            line["taxLines"] = [t | {"priceSet": str(zero_of(order))} for t in line["taxLines"]]
    order["discountCodes"] = [code["code"]]
    order["discountCode"] = code["code"]
    order["discountApplications"] = [
        {
            "__typename": "DiscountCodeApplication",
            "code": code["code"],
            "index": 0,
            "allocationMethod": "ACROSS",
            "targetSelection": "ALL",
            "targetType": "SHIPPING_LINE" if kind.startswith("free") else "LINE_ITEM",
            "value": value,
        }
    ]
    for part in (*lines, *order["shippingLines"]):
        for allocation in part["discountAllocations"]:
            allocation["discountApplication"] = order["discountApplications"][0]


def _allocation(amount: str) -> Document:
    return {"allocatedAmountSet": amount, "allocatedAmount": amount}


def _allocate(order: Document, lines: list[Document], totals: list[Bag], amount: Bag) -> None:
    shop = shares(amount.shop, [t.shop for t in totals], order["currencyCode"])
    other = shares(
        amount.presentment, [t.presentment for t in totals], order["presentmentCurrencyCode"]
    )
    for line, mine, theirs in zip(lines, shop, other, strict=True):
        share = Bag(mine, order["currencyCode"], theirs, order["presentmentCurrencyCode"])
        line["discountAllocations"] = [_allocation(str(share))]
