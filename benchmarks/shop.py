"""Orders, products and customers for the local Shopify.

One of each is made through its API; the others are copies that differ in what two sales, two goods
and two people differ in.
"""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from benchmarks.charges import CITIES, DAYS, FIRST, LAST, STREETS
from benchmarks.services import Service

VERSION = "2026-10"
BATCH = 250
PRODUCT_SET = """mutation($input: ProductSetInput!) { productSet(synchronous: true, input: $input) {
  product { id } userErrors { message } } }"""
ORDER_CREATE = """mutation($order: OrderCreateOrderInput!) { orderCreate(order: $order) {
  order { id } userErrors { message } } }"""
CUSTOMER_CREATE = """mutation($input: CustomerInput!) { customerCreate(input: $input) {
  customer { id } userErrors { message } } }"""
ADDRESS = {
    "firstName": "Ada",
    "lastName": "Abara",
    "address1": "1 Elm Street",
    "city": "Salem",
    "zip": "97301",
    "countryCode": "US",
    "provinceCode": "OR",
}

Fields = dict[str, Any]


def fill(service: Service, token: str, orders: int) -> set[str]:
    """So many orders, a fifth as many products and customers; `stream:id` of each."""
    made = {
        "products": _product(service, token),
        "customers": _customer(service, token),
        "orders": _order(service, token),
    }
    counts = {"products": orders // 5, "customers": orders // 5, "orders": orders}
    found: set[str] = set()
    for stream, gid in made.items():
        kind = stream.removesuffix("s").title()
        draw = random.Random(stream)
        ids = _seed(service, {"type": kind, "objects": [{"id": gid, **VARIED[stream](draw)}]})
        for start in range(1, counts[stream], BATCH):
            size = min(BATCH, counts[stream] - start)
            copies = [VARIED[stream](draw) for _ in range(size)]
            ids += _seed(service, {"type": kind, "like": gid, "objects": copies})
        found |= {f"{stream}:{gid.rpartition('/')[2]}" for gid in ids}
    return found


def _seed(service: Service, asked: Fields) -> list[str]:
    return list(service.admin("POST", "seed", asked)["ids"])


def _order_fields(draw: random.Random) -> Fields:
    moment = _moment(draw)
    return {
        "createdAt": moment,
        "updatedAt": moment,
        "processedAt": moment,
        "name": f"#{draw.randrange(10**6)}",
        "email": f"{draw.choice(FIRST).lower()}.{draw.getrandbits(40):x}@example.com",
        "note": " ".join(draw.choices(STREETS + CITIES + LAST, k=draw.randint(3, 30))),
        "clientIp": ".".join(str(draw.randrange(256)) for _ in range(4)),
        "confirmationNumber": f"{draw.getrandbits(36):X}",
    }


def _product_fields(draw: random.Random) -> Fields:
    moment = _moment(draw)
    words = " ".join(draw.choices(CITIES + LAST, k=3))
    return {
        "createdAt": moment,
        "updatedAt": moment,
        "title": words,
        "handle": f"{words.lower().replace(' ', '-')}-{draw.getrandbits(32):x}",
        "descriptionHtml": f"<p>{' '.join(draw.choices(STREETS + LAST, k=60))}</p>",
    }


def _customer_fields(draw: random.Random) -> Fields:
    moment = _moment(draw)
    return {
        "createdAt": moment,
        "updatedAt": moment,
        "firstName": draw.choice(FIRST),
        "lastName": draw.choice(LAST),
        "email": f"{draw.getrandbits(48):x}@example.com",
        "note": " ".join(draw.choices(STREETS + CITIES, k=draw.randint(0, 12))),
    }


VARIED = {
    "products": _product_fields,
    "customers": _customer_fields,
    "orders": _order_fields,
}


def _moment(draw: random.Random) -> str:
    at = datetime.now(UTC) - timedelta(hours=1, seconds=draw.randrange(DAYS * 86400))
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _product(service: Service, token: str) -> str:
    options = [{"name": "Size", "values": [{"name": "M"}, {"name": "L"}]}]
    variants = [
        {
            "optionValues": [{"optionName": "Size", "name": size}],
            "price": "20.00",
            "sku": f"TEE-{size}",
        }
        for size in ("M", "L")
    ]
    given = {"title": "Tee", "productOptions": options, "variants": variants}
    made = _execute(service, token, PRODUCT_SET, {"input": given})
    return str(made["productSet"]["product"]["id"])


def _customer(service: Service, token: str) -> str:
    given = {"firstName": "Ada", "email": "ada@example.com", "addresses": [ADDRESS]}
    made = _execute(service, token, CUSTOMER_CREATE, {"input": given})
    return str(made["customerCreate"]["customer"]["id"])


def _order(service: Service, token: str) -> str:
    def money(amount: str) -> Fields:
        return {"shopMoney": {"amount": amount, "currencyCode": "USD"}}

    tax = {"title": "Sales tax", "rate": 0.08, "priceSet": money("1.60")}
    lines = [
        {"title": title, "quantity": n, "priceSet": money("20.00"), "sku": title, "taxLines": [tax]}
        for n, title in enumerate(("Tee", "Cap", "Mug"), 1)
    ]
    given = {
        "currency": "USD",
        "email": "ada@example.com",
        "lineItems": lines,
        "shippingAddress": ADDRESS,
        "billingAddress": ADDRESS,
        "shippingLines": [{"title": "Standard", "priceSet": money("5.00")}],
        "transactions": [{"kind": "SALE", "status": "SUCCESS", "amountSet": money("129.80")}],
    }
    made = _execute(service, token, ORDER_CREATE, {"order": given})
    return str(made["orderCreate"]["order"]["id"])


def _execute(service: Service, token: str, query: str, variables: Fields) -> Fields:
    answer = requests.post(
        f"{service.url}/admin/api/{VERSION}/graphql.json",
        json={"query": query, "variables": variables},
        headers={"X-Shopify-Access-Token": token},
        timeout=60,
    )
    answer.raise_for_status()
    found: Fields = answer.json()
    if "errors" in found:
        raise RuntimeError(f"the local Shopify refused {query[:40]}: {found['errors']}")
    return dict(found["data"])
