"""orderCreate: checks, lines, discounts, taxes, shipping, payments, stock."""

from decimal import Decimal
from typing import Any

from docker.common.clock import format_time, parse_time
from docker.shopify.errors import UserError
from docker.shopify.execute import Context
from docker.shopify.money import Bag, parse, shares, total
from docker.shopify.reads.customers import find_by
from docker.shopify.service import Arguments, create, existing, mutation, now, save
from docker.shopify.store import Document
from docker.shopify.writes.customers import address, fill, new_customer
from docker.shopify.writes.fulfillments import fulfill, open_fulfillment_orders
from docker.shopify.writes.metafields import set_metafields
from docker.shopify.writes.stock import claim_stock
from docker.shopify.writes.totals import recalculate, zero_of

FIRST_ORDER_NUMBER = 1001
PLAIN = ("email", "phone", "note", "poNumber", "sourceIdentifier", "sourceName", "test")


@mutation("orderCreate", "order")
def order_create(context: Context, arguments: Arguments) -> dict[str, Any]:
    given = arguments["order"]
    options = arguments.get("options") or {}
    _check(context, given)
    order = _new_order(context, given)
    order["lineItems"] = [
        _line(context, order, entry, index) for index, entry in enumerate(given["lineItems"])
    ]
    order["shippingLines"] = [
        _shipping(context, order, entry) for entry in given.get("shippingLines") or ()
    ]
    order["taxLines"] = _order_taxes(order, given)
    _discount(order, given.get("discountCode") or {})
    order["transactions"] = [
        _transaction(context, order, entry) for entry in given.get("transactions") or ()
    ]
    recalculate(order)
    claim_stock(context, order, options.get("inventoryBehaviour") or "BYPASS")
    customer = _customer(context, order, given)
    set_metafields(context, order, given.get("metafields") or [])
    open_fulfillment_orders(context, order)
    if given.get("fulfillment") or given.get("fulfillmentStatus") == "FULFILLED":
        fulfill(context, order, None, _tracking(given.get("fulfillment") or {}))
    recalculate(order)
    save(context, order, "orders/create")
    if customer:
        count_order(context, customer, order)
    return {"order": order}


def _check(context: Context, given: dict[str, Any]) -> None:
    if not given.get("lineItems"):
        message = "Line items must have at least one line item"
        raise UserError(["order", "lineItems"], message, "INVALID")
    if given.get("customerId") and given.get("customer"):
        message = "Cannot specify both customerId and customer"
        raise UserError(["order"], message, "REDUNDANT_CUSTOMER_FIELDS")
    moment = given.get("processedAt")
    if moment and parse_time(moment) > context.service.clock.now():
        message = "Processed at must not be in the future"
        raise UserError(["order", "processedAt"], message, "PROCESSED_AT_INVALID")
    _check_taxes(given)
    for index, entry in enumerate(given["lineItems"]):
        path = ["order", "lineItems", str(index)]
        variant = entry.get("variantId")
        if variant and context.store.get(variant) is None:
            raise UserError([*path, "variantId"], "Variant does not exist", "INVALID")
        if not variant and not (entry.get("title") or "").strip():
            raise UserError([*path, "title"], "Title can't be blank", "INVALID")
        if entry["quantity"] < 1:
            message = "Quantity must be greater than 0"
            raise UserError([*path, "quantity"], message, "INVALID")


def _check_taxes(given: dict[str, Any]) -> None:
    for name in ("lineItems", "shippingLines"):
        for index, part in enumerate(given.get(name) or ()):
            for position, tax in enumerate(part.get("taxLines") or ()):
                if str(tax["rate"]) == "":
                    path = ["order", name, str(index), "taxLines", str(position), "rate"]
                    message = "Tax line rate is missing"
                    raise UserError(path, message, "TAX_LINE_RATE_MISSING")


def _new_order(context: Context, given: dict[str, Any]) -> Document:
    number = context.store.next_number("order", FIRST_ORDER_NUMBER)
    currency = given.get("currency") or context.service.settings.currency
    order = create(context, "Order", name=given.get("name") or f"#{number}", number=number)
    order |= {name: given.get(name) for name in PLAIN}
    moment = given.get("processedAt")
    order |= {
        "test": bool(given.get("test")),
        "processedAt": format_time(parse_time(moment)) if moment else order["createdAt"],
        "closedAt": _time(given.get("closedAt")),
        "cancelledAt": None,
        "cancelReason": None,
        "confirmed": True,
        "confirmationNumber": order["legacyResourceId"][-9:],
        "currencyCode": currency,
        "presentmentCurrencyCode": given.get("presentmentCurrency") or currency,
        "taxesIncluded": bool(given.get("taxesIncluded")),
        "taxExempt": False,
        "tags": sorted({t.strip() for t in given.get("tags") or ()}, key=str.lower),
        "customAttributes": given.get("customAttributes") or [],
        "customerAcceptsMarketing": bool(given.get("buyerAcceptsMarketing")),
        "sourceName": given.get("sourceName") or "ecomm",
        "statusPageUrl": f"https://{context.service.settings.shop_domain}/orders/{number}",
        "registeredSourceUrl": given.get("sourceUrl"),
        "customer": None,
        "refunds": [],
        "fulfillments": [],
        "metafields": [],
        "discountApplications": [],
        "discountCodes": [],
        "discountCode": None,
        "returnStatus": "NO_RETURN",
        "_fulfillmentOrders": [],
        "_financial": given.get("financialStatus"),
    }
    for name in ("billingAddress", "shippingAddress"):
        order[name] = address(context, given[name]) if given.get(name) else None
    order["displayAddress"] = order["shippingAddress"] or order["billingAddress"]
    return order


def _time(text: str | None) -> str | None:
    return format_time(parse_time(text)) if text else None


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


def _taxes(order: Document, given: list[dict[str, Any]] | None, base: Bag) -> list[Document]:
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


def _line(context: Context, order: Document, given: dict[str, Any], index: int) -> Document:
    variant = context.store.get(given.get("variantId") or "")
    product = context.store.get(variant["product"] if variant else given.get("productId") or "")
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
        "taxLines": _taxes(order, given.get("taxLines"), unit.times(given["quantity"])),
        "discountAllocations": [],
        "merchantEditable": True,
        "_item": item["id"] if item else None,
        "_fulfilled": 0,
        "_removed": 0,
        "_claimed": 0,
        "_location": None,
    }  # fmt: skip


def _shipping(context: Context, order: Document, given: dict[str, Any]) -> Document:
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
        "taxLines": _taxes(order, given.get("taxLines"), price),
    }


def _order_taxes(order: Document, given: dict[str, Any]) -> list[Document]:
    """The taxes of the order: its own where given, else its parts' added up by title and rate."""
    if given.get("taxLines"):
        prices = [parse(line["originalUnitPriceSet"]).times(line["quantity"])
                  for line in order["lineItems"]]  # fmt: skip
        return _taxes(order, given["taxLines"], total(prices, zero_of(order)))
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


def _discount(order: Document, given: dict[str, Any]) -> None:
    """Applies the order's only discount code to its lines, or to its shipping."""
    kind, code = next(((k, v) for k, v in given.items() if v), (None, {}))
    if kind is None:
        return
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
        order["taxLines"] = _order_taxes(order, {})
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


def _transaction(context: Context, order: Document, given: dict[str, Any]) -> Document:
    return new_transaction(
        context,
        order,
        kind=given.get("kind") or "SALE",
        status=given.get("status") or "SUCCESS",
        gateway=given.get("gateway") or "",
        amount=str(bag(order, given["amountSet"])),
        processed=_time(given.get("processedAt")) or order["processedAt"],
        authorizationCode=given.get("authorizationCode"),
        receiptJson=given.get("receiptJson"),
        test=bool(given.get("test", order["test"])),
        location=given.get("locationId"),
    )


def new_transaction(
    context: Context,
    order: Document,
    *,
    kind: str,
    gateway: str,
    amount: str,
    status: str = "SUCCESS",
    parent: str | None = None,
    processed: str | None = None,
    **more: Any,
) -> Document:
    """A transaction; the caller adds it to the order."""
    moment = now(context)
    gateway_name = gateway.replace("_", " ").title()
    return {
        "id": context.store.next_id("OrderTransaction"),
        "order": order["id"],
        "kind": kind,
        "status": status,
        "gateway": gateway,
        "formattedGateway": gateway_name,
        "manualPaymentGateway": gateway == "manual",
        "amountSet": amount,
        "amount": amount.partition(" ")[0],
        "parentTransaction": parent,
        "createdAt": moment,
        "processedAt": processed or moment,
        "test": order["test"],
        "errorCode": None,
        "fees": [],
    } | more


def _tracking(given: dict[str, Any]) -> dict[str, Any]:
    numbers = given.get("trackingNumbers") or [given.get("trackingNumber")]
    return {
        "company": given.get("trackingCompany"),
        "numbers": [n for n in numbers if n],
        "location": given.get("locationId"),
    }


def _customer(context: Context, order: Document, given: dict[str, Any]) -> Document | None:
    asked = given.get("customer") or {}
    associate, upsert = asked.get("toAssociate") or {}, asked.get("toUpsert")
    gid = given.get("customerId") or associate.get("id")
    if gid:
        path = ["order", "customerId"]
        customer = existing(context, gid, "Customer", path, "Customer does not exist", "INVALID")
    elif associate.get("email"):
        customer = find_by(context, "email", associate["email"])
    elif upsert is not None:
        email = upsert.get("email")
        customer = context.store.get(upsert["id"]) if upsert.get("id") else None
        customer = customer or (find_by(context, "email", email) if email else None)
        wanted = {k: v for k, v in upsert.items() if k not in ("id", "addresses")}
        if customer:
            fill(context, customer, wanted)
        else:
            customer = new_customer(context, wanted)
    elif order["email"]:
        customer = find_by(context, "email", order["email"])
        customer = customer or new_customer(context, {"email": order["email"]})
    else:
        return None
    if customer:
        order["customer"] = customer["id"]
        order["email"] = order["email"] or customer.get("email")
    return customer


def count_order(context: Context, customer: Document, order: Document | None = None) -> None:
    """Brings a customer's order count and spending up to date; a cancelled order is not spent."""
    if order and order["id"] not in customer["_orders"]:
        customer["_orders"].append(order["id"])
    orders = [o for gid in customer["_orders"] if (o := context.store.get(gid))]
    customer["numberOfOrders"] = str(len(orders))
    spent = sum((parse(o["netPaymentSet"]).shop for o in orders), Decimal(0))
    currency = context.service.settings.currency
    customer["amountSpent"] = str(Bag(spent, currency))
    save(context, customer, "customers/update")
