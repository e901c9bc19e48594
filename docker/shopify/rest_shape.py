"""Documents in the shape of Shopify's REST Admin API, which webhooks and REST paths speak."""

from typing import Any

from docker.shopify.money import parse
from docker.shopify.store import Document, Store, gid_number

Shape = dict[str, Any]


def _base(document: Document) -> Shape:
    return {
        "id": gid_number(document["id"]),
        "admin_graphql_api_id": document["id"],
        "created_at": document.get("createdAt"),
        "updated_at": document.get("updatedAt"),
    }


def _number(gid: str | None) -> int | None:
    return gid_number(gid) if gid else None


def _price(bag: str) -> str:
    return f"{parse(bag).shop:.2f}"


def _set(bag: str) -> Shape:
    money = parse(bag)
    return {
        "shop_money": {"amount": f"{money.shop:.2f}", "currency_code": money.shop_currency},
        "presentment_money": {
            "amount": f"{money.presentment:.2f}",
            "currency_code": money.presentment_currency,
        },
    }


def _both(name: str, bag: str) -> Shape:
    return {name: _price(bag), f"{name}_set": _set(bag)}


def _tax(tax: Document) -> Shape:
    return {
        "title": tax["title"],
        "rate": tax["rate"],
        "channel_liable": tax["channelLiable"],
        **_both("price", tax["priceSet"]),
    }


def _address(address: Document | None) -> Shape | None:
    if address is None:
        return None
    names = ("address1", "address2", "city", "company", "country", "phone", "province", "zip")
    return {name: address.get(name) for name in names} | {
        "first_name": address.get("firstName"),
        "last_name": address.get("lastName"),
        "name": address.get("name"),
        "country_code": address.get("countryCodeV2"),
        "province_code": address.get("provinceCode"),
    }


def _line(line: Document) -> Shape:
    shipped, current = line["_fulfilled"], line["currentQuantity"]
    status = "fulfilled" if shipped >= line["quantity"] else "partial" if shipped else None
    return {
        "id": gid_number(line["id"]),
        "admin_graphql_api_id": line["id"],
        "title": line["title"],
        "name": line["name"],
        "variant_title": line["variantTitle"],
        "quantity": line["quantity"],
        "current_quantity": current,
        "fulfillable_quantity": line["unfulfilledQuantity"],
        "fulfillment_status": status,
        "sku": line["sku"],
        "vendor": line["vendor"],
        "product_id": _number(line["product"]),
        "variant_id": _number(line["variant"]),
        "requires_shipping": line["requiresShipping"],
        "taxable": line["taxable"],
        "gift_card": line["isGiftCard"],
        "total_discount": "0.00",
        "properties": [{"name": p["key"], "value": p["value"]} for p in line["customAttributes"]],
        "tax_lines": [_tax(tax) for tax in line["taxLines"]],
        "discount_allocations": [_allocation(a) for a in line["discountAllocations"]],
        **_both("price", line["originalUnitPriceSet"]),
    }


def _allocation(allocation: Document) -> Shape:
    index = allocation.get("discountApplication", {}).get("index", 0)
    money = allocation["allocatedAmountSet"]
    return {"discount_application_index": index} | _both("amount", money)


def _shipping(line: Document) -> Shape:
    return {
        "id": gid_number(line["id"]),
        "title": line["title"],
        "code": line["code"],
        "source": line["source"],
        "tax_lines": [_tax(tax) for tax in line["taxLines"]],
        "discount_allocations": [_allocation(a) for a in line["discountAllocations"]],
        **_both("price", line["originalPriceSet"]),
        **_both("discounted_price", line["discountedPriceSet"]),
    }


def transaction(document: Document) -> Shape:
    money = parse(document["amountSet"])
    return _base(document) | {
        "order_id": _number(document["order"]),
        "kind": document["kind"].lower(),
        "status": document["status"].lower(),
        "gateway": document["gateway"],
        "amount": f"{money.presentment:.2f}",
        "currency": money.presentment_currency,
        "parent_id": _number(document["parentTransaction"]),
        "processed_at": document["processedAt"],
        "authorization": document.get("authorizationCode"),
        "receipt": document.get("receiptJson") or {},
        "test": document["test"],
    }


def refund(store: Store, document: Document) -> Shape:
    payments = [p for gid in document["transactions"] if (p := store.get(gid))]
    return _base(document) | {
        "order_id": _number(document["order"]),
        "note": document["note"],
        "processed_at": document["processedAt"],
        "restock": any(part["restocked"] for part in document["refundLineItems"]),
        "transactions": [transaction(p) for p in payments],
        "refund_line_items": [
            {
                "id": gid_number(part["id"]),
                "line_item_id": _number(part["lineItem"]),
                "line_item": _line(line) if (line := store.get(part["lineItem"])) else None,
                "quantity": part["quantity"],
                "restock_type": part["restockType"].lower(),
                "location_id": _number(part["location"]),
                "subtotal": float(parse(part["subtotalSet"]).shop),
                "subtotal_set": _set(part["subtotalSet"]),
                "total_tax": float(parse(part["totalTaxSet"]).shop),
                "total_tax_set": _set(part["totalTaxSet"]),
            }
            for part in document["refundLineItems"]
        ],
        "refund_shipping_lines": [
            {
                "id": gid_number(part["id"]),
                "shipping_line": {"id": _number(part["shippingLine"])},
                "subtotal_amount_set": _set(part["subtotalAmountSet"]),
            }
            for part in document["refundShippingLines"]
        ],
        "order_adjustments": [
            {
                "id": gid_number(part["id"]),
                "order_id": _number(document["order"]),
                "refund_id": gid_number(document["id"]),
                "kind": "refund_discrepancy",
                "reason": part["reason"].replace("_", " ").capitalize(),
                "tax_amount": "0.00",
                **_both("amount", part["amountSet"]),
            }
            for part in document["orderAdjustments"]
        ],
    }


def fulfillment(store: Store, document: Document) -> Shape:
    tracking = document["trackingInfo"]
    lines = [x for p in document["fulfillmentLineItems"] if (x := store.get(p["lineItem"]))]
    return _base(document) | {
        "order_id": _number(document["order"]),
        "name": document["name"],
        "status": document["status"].lower(),
        "location_id": _number(document["location"]),
        "tracking_company": tracking[0]["company"] if tracking else None,
        "tracking_number": tracking[0]["number"] if tracking else None,
        "tracking_numbers": [t["number"] for t in tracking if t["number"]],
        "tracking_url": tracking[0]["url"] if tracking else None,
        "tracking_urls": [t["url"] for t in tracking if t["url"]],
        "line_items": [_line(line) for line in lines],
    }


def customer(document: Document) -> Shape:
    addresses = [_address(a) for a in document["addressesV2"]]
    return _base(document) | {
        "email": document["email"],
        "phone": document["phone"],
        "first_name": document.get("firstName"),
        "last_name": document.get("lastName"),
        "note": document.get("note"),
        "orders_count": int(document["numberOfOrders"]),
        "total_spent": _price(document["amountSpent"]),
        "currency": parse(document["amountSpent"]).shop_currency,
        "last_order_id": _number(document["_orders"][-1] if document["_orders"] else None),
        "state": document["state"].lower(),
        "tags": ", ".join(document["tags"]),
        "verified_email": document["verifiedEmail"],
        "tax_exempt": document["taxExempt"],
        "tax_exemptions": document["taxExemptions"],
        "email_marketing_consent": _consent(document) if document["email"] else None,
        "addresses": addresses,
        "default_address": addresses[0] if addresses else None,
    }


def _consent(document: Document) -> Shape:
    given = document["_consent"]
    return {
        "state": given["marketingState"].lower(),
        "opt_in_level": given["marketingOptInLevel"].lower(),
        "consent_updated_at": given["marketingUpdatedAt"],
    }


def order(store: Store, document: Document) -> Shape:
    buyer = store.get(document["customer"] or "")
    status = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial"}
    reason = document["cancelReason"]
    lines = [_line(line) for line in document["lineItems"]]
    goods = sum(float(line["price"]) * line["quantity"] for line in lines)
    return _base(document) | {
        "name": document["name"],
        "number": document["number"] - 1000,
        "order_number": document["number"],
        "email": document["email"] or "",
        "contact_email": document["email"],
        "phone": document["phone"],
        "note": document["note"],
        "tags": ", ".join(document["tags"]),
        "test": document["test"],
        "confirmed": True,
        "currency": document["currencyCode"],
        "presentment_currency": document["presentmentCurrencyCode"],
        "processed_at": document["processedAt"],
        "cancelled_at": document["cancelledAt"],
        "cancel_reason": reason.lower() if reason else None,
        "closed_at": document["closedAt"],
        "taxes_included": document["taxesIncluded"],
        "source_name": document["sourceName"],
        "source_identifier": document["sourceIdentifier"],
        "financial_status": (document["displayFinancialStatus"] or "pending").lower(),
        "fulfillment_status": status.get(document["displayFulfillmentStatus"]),
        "payment_gateway_names": document["paymentGatewayNames"],
        "total_line_items_price": f"{goods:.2f}",
        **_both("subtotal_price", document["subtotalPriceSet"]),
        **_both("total_price", document["totalPriceSet"]),
        **_both("total_tax", document["totalTaxSet"]),
        **_both("total_discounts", document["totalDiscountsSet"]),
        **_both("current_subtotal_price", document["currentSubtotalPriceSet"]),
        **_both("current_total_price", document["currentTotalPriceSet"]),
        **_both("current_total_tax", document["currentTotalTaxSet"]),
        **_both("current_total_discounts", document["currentTotalDiscountsSet"]),
        "total_shipping_price_set": _set(document["totalShippingPriceSet"]),
        "total_outstanding": _price(document["totalOutstandingSet"]),
        "discount_codes": [
            {"code": code, "amount": _price(document["totalDiscountsSet"])}
            for code in document["discountCodes"]
        ],
        "note_attributes": [
            {"name": a["key"], "value": a["value"]} for a in document["customAttributes"]
        ],
        "line_items": lines,
        "shipping_lines": [_shipping(line) for line in document["shippingLines"]],
        "tax_lines": [_tax(tax) for tax in document["taxLines"]],
        "fulfillments": [fulfillment(store, f) for f in document["fulfillments"]],
        "refunds": [refund(store, r) for r in document["refunds"]],
        "billing_address": _address(document["billingAddress"]),
        "shipping_address": _address(document["shippingAddress"]),
        "customer": customer(buyer) if buyer else None,
    }


def product(store: Store, document: Document) -> Shape:
    variants = [v for gid in document["_variants"] if (v := store.get(gid))]
    return _base(document) | {
        "title": document["title"],
        "handle": document["handle"],
        "body_html": document["descriptionHtml"],
        "vendor": document["vendor"],
        "product_type": document["productType"],
        "status": document["status"].lower(),
        "tags": ", ".join(document["tags"]),
        "published_at": document["publishedAt"],
        "variants": [
            _base(variant)
            | {
                "product_id": gid_number(document["id"]),
                "title": variant["title"],
                "sku": variant.get("sku"),
                "price": variant["price"],
                "compare_at_price": variant["compareAtPrice"],
                "position": variant["position"],
                "inventory_item_id": _number(variant["inventoryItem"]),
            }
            for variant in variants
        ],
        "options": [
            {"id": _number(o["id"]), "name": o["name"], "values": o["values"]}
            for o in document["options"]
        ],
    }


def inventory_level(document: Document) -> Shape:
    return {
        "inventory_item_id": gid_number(document["item"]),
        "location_id": gid_number(document["location"]),
        "available": document["_quantities"].get("available", 0),
        "updated_at": document["updatedAt"],
        "admin_graphql_api_id": document["id"],
    }


def bulk_operation(document: Document) -> Shape:
    return {
        "admin_graphql_api_id": document["id"],
        "completed_at": document["completedAt"],
        "created_at": document["createdAt"],
        "error_code": document["errorCode"],
        "status": document["status"].lower(),
        "type": document["type"].lower(),
    }


def payload(store: Store, topic: str, document: Document) -> Shape:
    """The body of a webhook; a deletion carries the id alone."""
    if topic.endswith("/delete"):
        return {"id": gid_number(document["id"])}
    match topic.partition("/")[0]:
        case "orders":
            return order(store, document)
        case "products":
            return product(store, document)
        case "customers":
            return customer(document)
        case "refunds":
            return refund(store, document)
        case "fulfillments":
            return fulfillment(store, document)
        case "inventory_levels":
            return inventory_level(document)
        case "bulk_operations":
            return bulk_operation(document)
    return _base(document)
