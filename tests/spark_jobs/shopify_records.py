"""Small Shopify records in both shapes, with only the fields that a test is about."""


def rest_line(line_id: int, price: str, quantity: int, **more) -> dict:
    line = {"id": line_id, "title": "Thing", "sku": f"SKU-{line_id}", "variant_id": line_id * 10}
    line |= {"price": price, "quantity": quantity, "product_id": line_id * 100}
    discount, tax = more.get("discount"), more.get("tax")
    line["discount_allocations"] = [{"amount": discount}] if discount else []
    line["tax_lines"] = [{"price": tax, "rate": more["rate"], "title": "Tax"}] if tax else []
    return line


def rest_order(order_id: int, processed_at: str, lines: list[dict], **more) -> dict:
    tax = sum(float(t["price"]) for line in lines for t in line["tax_lines"])
    return {
        "id": order_id,
        "name": f"#{order_id}",
        "created_at": processed_at,
        "processed_at": processed_at,
        "updated_at": processed_at,
        "currency": "USD",
        "test": False,
        "taxes_included": False,
        "line_items": lines,
        "total_tax": f"{tax:.2f}",
        "total_price": "0.00",
        "refunds": [],
        "shipping_lines": [],
        **more,
    }


def rest_shipping(price: str) -> dict:
    return {"id": 1, "title": "Standard", "price": price, "discounted_price": price}


def rest_refund(refund_id: int, at: str, lines: list[dict], adjustments: list[dict] = ()) -> dict:
    return {
        "id": refund_id,
        "created_at": at,
        "processed_at": at,
        "refund_line_items": lines,
        "order_adjustments": list(adjustments),
    }


def bag(amount: str, currency: str = "USD") -> dict:
    return {"shopMoney": {"amount": amount, "currencyCode": currency}}


def graphql_order(order_id: int, processed_at: str, price: str, quantity: int, **more) -> dict:
    line = {
        "id": f"gid://shopify/LineItem/{order_id}1",
        "title": "Thing",
        "sku": "SKU-G",
        "quantity": quantity,
        "currentQuantity": quantity,
        "originalUnitPriceSet": bag(price),
        "discountAllocations": [],
        "taxLines": [],
        "product": {"id": "gid://shopify/Product/9"},
        "variant": {"id": "gid://shopify/ProductVariant/99"},
    }
    return {
        "id": f"gid://shopify/Order/{order_id}",
        "name": f"#{order_id}",
        "createdAt": processed_at,
        "processedAt": processed_at,
        "updatedAt": processed_at,
        "currencyCode": "USD",
        "test": False,
        "taxesIncluded": False,
        "lineItems": {"nodes": [line], "pageInfo": {"hasNextPage": False}},
        "shippingLines": {"nodes": []},
        "refunds": [],
        "transactions": [],
        "fulfillments": [],
        "totalTaxSet": bag("0.00"),
        "totalPriceSet": bag(price),
        **more,
    }
