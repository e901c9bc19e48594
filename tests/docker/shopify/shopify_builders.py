"""Inputs that the tests build shops from."""

from collections.abc import Callable
from typing import Any

import shopify_documents as documents

Ask = Callable[..., dict[str, Any]]


def money(amount: str, currency: str = "USD") -> dict[str, Any]:
    return {"shopMoney": {"amount": amount, "currencyCode": currency}}


def bags(node: dict[str, Any]) -> dict[str, str]:
    """Every `...Set` of an object as its shop amount."""
    return {
        name: value["shopMoney"]["amount"]
        for name, value in node.items()
        if name.endswith("Set") and value
    }


def tax(amount: str, rate: float = 0.1, title: str = "Tax") -> dict[str, Any]:
    return {"title": title, "rate": rate, "priceSet": money(amount)}


def line(title: str, price: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"title": title, "quantity": quantity, "priceSet": money(price)} | more


def sale(amount: str, **more: Any) -> dict[str, Any]:
    return {"kind": "SALE", "status": "SUCCESS", "gateway": "stripe"} | {
        "amountSet": money(amount),
        **more,
    }


def order(ask: Ask, *lines: dict[str, Any], behaviour: str = "BYPASS", **given: Any) -> Any:
    """Creates an order and returns it."""
    return ask(
        documents.ORDER_CREATE,
        order={"lineItems": list(lines), **given},
        options={"inventoryBehaviour": behaviour},
    )["orderCreate"]["order"]


def location(ask: Ask) -> str:
    return ask("{ locations(first: 1) { nodes { id } } }")["locations"]["nodes"][0]["id"]


def tee(ask: Ask, stock: int = 10, price: str = "20.00") -> dict[str, Any]:
    """A tracked product with one variant in stock at the only location; returns the variant."""
    variant = {
        "optionValues": [{"optionName": "Size", "name": "M"}],
        "price": price,
        "sku": "TEE-M",
        "inventoryItem": {"tracked": True},
        "inventoryQuantities": [
            {"locationId": location(ask), "name": "available", "quantity": stock}
        ],
    }
    options = [{"name": "Size", "position": 1, "values": [{"name": "M"}]}]
    given = {"title": "Tee", "productOptions": options, "variants": [variant]}
    product = ask(documents.PRODUCT_SET, input=given)["productSet"]["product"]
    return product["variants"]["nodes"][0]


def stock_of(ask: Ask, variant: dict[str, Any]) -> dict[str, int]:
    """Quantities by name at the first location."""
    item = ask(documents.LEVELS, id=variant["inventoryItem"]["id"])["inventoryItem"]
    level = item["inventoryLevels"]["nodes"][0]
    return {q["name"]: q["quantity"] for q in level["quantities"]}
