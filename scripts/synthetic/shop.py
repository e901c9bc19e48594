"""What the synthetic activity does in Shopify, through its Admin API."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from scripts.errors import FatalError
from scripts.landing.writer import iso
from scripts.shopify.client import Client
from scripts.synthetic.catalogue import (
    CATALOGUE,
    LOCATIONS,
    SCARCE_VARIANTS,
    VARIANTS,
    Product,
    Variant,
)
from scripts.synthetic.documents import document
from scripts.synthetic.plan import OrderPlan

Record = dict[str, Any]
SHIPPING = {False: ("Standard", Decimal("5.90")), True: ("Express", Decimal("14.90"))}
CARRIERS = ("UPS", "FedEx", "USPS")


@dataclass(frozen=True)
class Shop:
    """Ids that orders need. stock: SKU -> location id -> available."""

    currency: str
    timezone: str
    locations: list[str]
    variants: dict[str, str]
    items: dict[str, str]
    stock: dict[str, dict[str, int]]


def mutate(client: Client, name: str, variables: Record) -> Record:
    """The payload of a mutation; FatalError with its first user error."""
    data = client.execute(document(name), variables)
    payload: Record = next(iter(data.values()))
    if payload["userErrors"]:
        error = payload["userErrors"][0]
        raise FatalError(f"Shopify refused {name}: {error['message']} ({error['field']})")
    return payload


def prepare(client: Client) -> Shop:
    """The shop with its catalogue in place; creates what is missing, so it can be repeated.

    FatalError, and nothing created, in a shop where people buy.
    """
    found = client.execute(document("shop"), {})
    if not found["shop"]["plan"]["partnerDevelopment"]:
        raise FatalError(
            f"{found['shop']['myshopifyDomain']} is no development store: invented products and "
            "orders do not belong into it"
        )
    names = {node["name"]: node["id"] for node in found["locations"]["nodes"]}
    for name, country, province, city, postcode in LOCATIONS:
        if name not in names:
            address = {
                "countryCode": country,
                "provinceCode": province,
                "city": city,
                "zip": postcode,
            }
            made = mutate(client, "add_location", {"input": {"name": name, "address": address}})
            names[name] = made["location"]["id"]
    # The shop's own first location sells too: Shopify stocks every new variant there.
    places = [found["locations"]["nodes"][0]["id"], *(names[place[0]] for place in LOCATIONS)]
    nodes = _variants(client)
    if {variant.sku for variant in VARIANTS} - {node["sku"] for node in nodes}:
        for product in CATALOGUE:
            mutate(client, "set_product", _product_input(product, places))
        nodes = _variants(client)
    shop = found["shop"]
    return Shop(
        currency=shop["currencyCode"],
        timezone=shop["ianaTimezone"],
        locations=places,
        variants={node["sku"]: node["id"] for node in nodes},
        items={node["sku"]: node["inventoryItem"]["id"] for node in nodes},
        stock={node["sku"]: _stock(node) for node in nodes},
    )


def restock(client: Client, shop: Shop, day: date) -> None:
    """Fill every shelf up again; of the scarce items one a week, so that another one is missed."""
    week = day.toordinal() // 7
    turn = SCARCE_VARIANTS[week % len(SCARCE_VARIANTS)]
    now = {node["sku"]: _stock(node) for node in _variants(client)}
    changes = []
    for variant in VARIANTS:
        if variant.scarce and variant != turn:
            continue
        for place, location in enumerate(shop.locations):
            missing = _target(variant, place) - now[variant.sku].get(location, 0)
            if missing > 0:
                changes.append(
                    {
                        "inventoryItemId": shop.items[variant.sku],
                        "locationId": location,
                        "delta": missing,
                        "changeFromQuantity": now[variant.sku].get(location, 0),
                    }
                )
    if changes:
        order = {"name": "available", "reason": "received", "changes": changes}
        order["referenceDocumentUri"] = f"gid://ecomm-synthetic/PurchaseOrder/{day:%Y%m%d}"
        mutate(client, "adjust_stock", {"input": order, "key": f"restock-{day:%Y%m%d}"})


def orders_of_day(client: Client, day: str) -> dict[str, Record]:
    """The synthetic orders that the shop holds of a day (YYYYMMDD), by their key."""
    found: dict[str, Record] = {}
    after = None
    while True:
        variables = {"query": f"tag:synthetic-{day}", "after": after}
        page = client.execute(document("orders_of_day"), variables)["orders"]
        found |= {node["sourceIdentifier"]: node for node in page["nodes"]}
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def create_order(client: Client, shop: Shop, plan: OrderPlan) -> Record:
    """Place the order, unpaid; the customer is found by email or made."""
    made = mutate(
        client,
        "create_order",
        {
            "order": _order_input(shop, plan),
            "options": {"inventoryBehaviour": "DECREMENT_IGNORING_POLICY"},
        },
    )
    order: Record = made["order"]
    return order


def mark_as_paid(client: Client, order: Record) -> Record:
    paid: Record = mutate(client, "mark_as_paid", {"input": {"id": order["id"]}})["order"]
    return paid


def fulfil(client: Client, order: Record, plan: OrderPlan) -> None:
    carrier = CARRIERS[sum(plan.key.encode()) % len(CARRIERS)]
    number = "1Z" + "".join(filter(str.isdigit, plan.key))
    parcels = [
        {"fulfillmentOrderId": node["id"]}
        for node in order["fulfillmentOrders"]["nodes"]
        if node["status"] in ("OPEN", "IN_PROGRESS")
    ]
    for parcel in parcels:
        fulfillment = {
            "lineItemsByFulfillmentOrder": [parcel],
            "trackingInfo": {"company": carrier, "number": number},
        }
        mutate(client, "fulfil", {"fulfillment": fulfillment})


def refund(client: Client, shop: Shop, order: Record, plan: OrderPlan, at: datetime) -> Decimal:
    """Refund the whole order or its first line; the amount that goes back to the buyer."""
    lines = order["lineItems"]["nodes"]
    chosen = lines if plan.refund_whole else lines[:1]
    amount = sum((_line_total(line) for line in chosen), Decimal(0))
    if plan.refund_whole:
        amount = Decimal(order["totalPriceSet"]["shopMoney"]["amount"])
    sale = next(t for t in order["transactions"] if t["kind"] in ("SALE", "CAPTURE"))
    asked: Record = {
        "orderId": order["id"],
        "processedAt": iso(at),
        "note": "Synthetic return",
        "refundLineItems": [
            {
                "lineItemId": line["id"],
                "quantity": line["quantity"],
                "restockType": "RETURN",
                "locationId": shop.locations[0],
            }
            for line in chosen
        ],
        "transactions": [
            {
                "orderId": order["id"],
                "parentId": sale["id"],
                "gateway": sale["gateway"],
                "kind": "REFUND",
                "amount": str(amount),
            }
        ],
    }
    if plan.refund_whole:
        asked["shipping"] = {"fullRefund": True}
    mutate(client, "refund", {"input": asked, "key": f"refund-{plan.key}"})
    return amount


def cancel(client: Client, order: Record) -> None:
    mutate(client, "cancel", {"order": order["id"]})


def _variants(client: Client) -> list[Record]:
    nodes: list[Record] = []
    after = None
    while True:
        page = client.execute(document("variants"), {"after": after})["productVariants"]
        nodes += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return nodes
        after = page["pageInfo"]["endCursor"]


def _stock(node: Record) -> dict[str, int]:
    levels = node["inventoryItem"]["inventoryLevels"]["nodes"]
    return {level["location"]["id"]: level["quantities"][0]["quantity"] for level in levels}


def _target(variant: Variant, place: int) -> int:
    return round(variant.stock * (0.6, 0.3, 0.1)[place])


def _product_input(product: Product, places: list[str]) -> Record:
    handle = product.title.lower().replace(" ", "-")
    values = [{"name": variant.option} for variant in product.variants]
    return {
        "handle": handle,
        "input": {
            "title": product.title,
            "handle": handle,
            "productType": product.product_type,
            "vendor": product.vendor,
            "status": "ACTIVE",
            "tags": ["synthetic"],
            "productOptions": [{"name": product.option_name, "values": values}],
            "variants": [
                {
                    "optionValues": [{"optionName": product.option_name, "name": variant.option}],
                    "sku": variant.sku,
                    "price": str(variant.price),
                    "inventoryItem": {"tracked": True, "cost": str(variant.cost)},
                    "inventoryQuantities": [
                        {"locationId": place, "name": "available", "quantity": _target(variant, n)}
                        for n, place in enumerate(places)
                    ],
                }
                for variant in product.variants
            ],
        },
    }


def _order_input(shop: Shop, plan: OrderPlan) -> Record:
    buyer = plan.buyer
    title, price = SHIPPING[plan.express]
    address = {
        "firstName": buyer.first_name,
        "lastName": buyer.last_name,
        "address1": "1 Example Street",
        "city": buyer.city,
        "provinceCode": buyer.province,
        "countryCode": "US",
        "zip": buyer.zip,
    }
    order: Record = {
        "currency": shop.currency,
        "processedAt": iso(plan.at),
        "email": buyer.email,
        "customer": {
            "toUpsert": {
                "email": buyer.email,
                "firstName": buyer.first_name,
                "lastName": buyer.last_name,
            }
        },
        "shippingAddress": address,
        "financialStatus": "PENDING",
        "sourceIdentifier": plan.key,
        "sourceName": "web",
        "tags": ["synthetic", f"synthetic-{plan.day:%Y%m%d}"],
        "lineItems": [
            {
                "variantId": shop.variants[variant.sku],
                "quantity": quantity,
                "requiresShipping": True,
                "taxLines": _tax_lines(shop, plan, variant.price * quantity),
            }
            for variant, quantity in plan.lines
        ],
        "shippingLines": [{"title": title, "code": title, "priceSet": _money(shop, price)}],
    }
    if plan.discount_percent:
        code = {"code": f"SAVE{plan.discount_percent}", "percentage": float(plan.discount_percent)}
        order["discountCode"] = {"itemPercentageDiscountCode": code}
    return order


def _tax_lines(shop: Shop, plan: OrderPlan, price: Decimal) -> list[Record]:
    rate = plan.buyer.tax_rate
    if not rate:
        return []
    taxed = price * (100 - plan.discount_percent) / 100
    amount = (taxed * rate).quantize(Decimal("0.01"))
    title = f"{plan.buyer.province} sales tax"
    return [{"title": title, "rate": str(rate), "priceSet": _money(shop, amount)}]


def _money(shop: Shop, amount: Decimal) -> Record:
    return {"shopMoney": {"amount": str(amount), "currencyCode": shop.currency}}


def _line_total(line: Record) -> Decimal:
    """What the buyer paid for a line: price less discounts, and its tax."""
    total = Decimal(line["originalTotalSet"]["shopMoney"]["amount"])
    for allocation in line["discountAllocations"]:
        total -= Decimal(allocation["allocatedAmountSet"]["shopMoney"]["amount"])
    for tax in line["taxLines"]:
        total += Decimal(tax["priceSet"]["shopMoney"]["amount"])
    return total
