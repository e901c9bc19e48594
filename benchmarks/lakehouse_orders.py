"""A shop's orders for the lakehouse suite: varied, the same for the same seed, landed as pulls are.

Order n is the same whenever it is asked for, so a later version of it can be made without keeping
the first. Amounts are cents until they are written.
"""

import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from scripts.landing.writer import LandingWriter

SEED = 7
FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 730
PULL = 100_000  # orders a manifest
LATER_SHARE = 0.03  # orders that a later pull brings again
STATES = (("CA", 0.0725), ("NY", 0.08875), ("TX", 0.0625), ("WA", 0.065), ("OR", 0.0))
GOODS = ("Tee", "Cap", "Mug", "Poster", "Hoodie", "Tote", "Socks", "Candle", "Notebook", "Bottle")
CODES = ("WELCOME10", "SPRING", "vip", "Friends ")

Fields = dict[str, Any]


class Folder:
    """What LandingWriter asks of its store, on a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def upload(self, path: Path, key: str) -> None:
        self._place(key)
        shutil.copy(path, self.folder / key)

    def create(self, key: str, document: Fields) -> None:
        self._place(key)
        (self.folder / key).write_bytes(orjson.dumps(document))

    def _place(self, key: str) -> None:
        (self.folder / key).parent.mkdir(parents=True, exist_ok=True)


def land(folder: Path, orders: int) -> int:
    """All orders, PULL a manifest, and in each manifest later versions of some that came before;
    the bytes of JSON Lines."""
    draw = random.Random(SEED)
    size = 0
    for start in range(0, orders, PULL):
        numbers = range(start, min(start + PULL, orders))
        again = [
            draw.randrange(start) for _ in range(int(len(numbers) * LATER_SHARE) if start else 0)
        ]
        size += _pull(folder, [(n, 0) for n in numbers] + [(n, 1) for n in sorted(set(again))])
    return size


def land_changes(folder: Path, orders: int, version: int, count: int = 100) -> None:
    """A pull of `count` orders that have changed."""
    numbers = random.Random(version).sample(range(orders), count)
    _pull(folder, [(n, version) for n in sorted(numbers)])


def _pull(folder: Path, versions: list[tuple[int, int]]) -> int:
    size = 0
    with LandingWriter(Folder(folder), "shopify", "orders", "2026-10") as writer:  # type: ignore[arg-type]
        for number, version in versions:
            line = orjson.dumps(order(number, version)).decode()
            writer.write(f"gid://shopify/Order/{5_000_000_000 + number}", line)
            size += len(line)
        writer.finish(None, None)
    return size


def order(number: int, version: int = 0) -> Fields:
    """version: how often it has changed since it was placed; each time a part is refunded."""
    draw = random.Random(SEED * 1_000_003 + number)
    placed = FIRST_DAY + timedelta(seconds=draw.randrange(DAYS * 86400))
    state, rate = draw.choice(STATES)
    included = draw.random() < 0.1
    lines = [
        _line(draw, number * 8 + position, rate, included)
        for position in range(draw.choice((1, 1, 1, 2, 2)))
    ]
    refunds = max(version, int(draw.random() < 0.05))
    changed = placed + timedelta(days=refunds, hours=version)
    shipping = draw.choice((0, 500, 500, 1250))
    tax = sum(line["tax"] for line in lines)
    paid = sum(line["net"] + (0 if included else line["tax"]) for line in lines) + shipping
    buyer = draw.randrange(number // 3 + 1)
    guest = draw.random() < 0.1
    cancelled = draw.random() < 0.02
    return {
        "id": f"gid://shopify/Order/{5_000_000_000 + number}",
        "name": f"#{1000 + number}",
        "createdAt": _moment(placed),
        "processedAt": _moment(placed),
        "updatedAt": _moment(changed),
        "cancelledAt": _moment(changed) if cancelled else None,
        "test": draw.random() < 0.005,
        "currencyCode": "USD",
        "taxesIncluded": included,
        "displayFinancialStatus": "PARTIALLY_REFUNDED" if refunds else "PAID",
        "displayFulfillmentStatus": draw.choice(("FULFILLED", "UNFULFILLED")),
        "email": f"buyer.{buyer:x}@example.com",
        "customer": None if guest else {"id": f"gid://shopify/Customer/{7_000_000_000 + buyer}"},
        "discountCodes": [draw.choice(CODES)] if any(line["discount"] for line in lines) else [],
        "shippingAddress": {"provinceCode": state, "countryCodeV2": "US"},
        "totalTaxSet": _bag(tax),
        "totalPriceSet": _bag(paid),
        "lineItems": {"nodes": [line["json"] for line in lines]},
        "shippingLines": {"nodes": [_shipping(number, shipping)] if shipping else []},
        "refunds": [
            _refund(draw, number * 8 + n, placed + timedelta(days=n + 1), lines[n % len(lines)])
            for n in range(refunds)
        ],
        "transactions": [_transaction(number, placed, paid)],
    }


def _line(draw: random.Random, number: int, rate: float, included: bool) -> Fields:
    """Its amounts in cents beside the record: tax is in the price where `included`."""
    variant, quantity = draw.randrange(2000), draw.choice((1, 1, 1, 2, 3))
    amount = quantity * (500 + 37 * variant % 9500)
    discount = amount * draw.choice((5, 10, 25)) // 100 if draw.random() < 0.2 else 0
    net = amount - discount
    tax = round(net * rate / (1 + rate)) if included else round(net * rate)
    good = GOODS[variant % len(GOODS)]
    record = {
        "id": f"gid://shopify/LineItem/{9_000_000_000 + number}",
        "title": f"{good} No. {variant}",
        "sku": f"{good.upper()}-{variant}",
        "quantity": quantity,
        "originalUnitPriceSet": _bag(amount // quantity),
        "discountAllocations": [{"allocatedAmountSet": _bag(discount)}] if discount else [],
        "taxLines": [{"title": "Sales tax", "rate": rate, "priceSet": _bag(tax)}] if rate else [],
        "product": {"id": f"gid://shopify/Product/{8_000_000_000 + variant // 4}"},
        "variant": {"id": f"gid://shopify/ProductVariant/{6_000_000_000 + variant}"},
    }
    unit = {"net": net // quantity, "tax": tax // quantity}
    return {"json": record, "net": net, "tax": tax, "discount": discount, "unit": unit}


def _refund(draw: random.Random, number: int, at: datetime, line: Fields) -> Fields:
    goodwill = draw.choice((0, 0, 0, 250))
    adjustment = {"amountSet": _bag(-goodwill), "taxAmountSet": _bag(0)}
    return {
        "id": f"gid://shopify/Refund/{4_000_000_000 + number}",
        "createdAt": _moment(at),
        "refundLineItems": {
            "nodes": [
                {
                    "lineItem": {"id": line["json"]["id"]},
                    "quantity": 1,
                    "subtotalSet": _bag(line["unit"]["net"]),
                    "totalTaxSet": _bag(line["unit"]["tax"]),
                }
            ]
        },
        "orderAdjustments": {"nodes": [adjustment] if goodwill else []},
    }


def _shipping(number: int, cents: int) -> Fields:
    return {
        "id": f"gid://shopify/ShippingLine/{3_000_000_000 + number}",
        "title": "Standard",
        "discountedPriceSet": _bag(cents),
    }


def _transaction(number: int, at: datetime, cents: int) -> Fields:
    return {
        "id": f"gid://shopify/OrderTransaction/{2_000_000_000 + number}",
        "kind": "SALE",
        "status": "SUCCESS",
        "gateway": "shopify_payments",
        "processedAt": _moment(at),
        "amountSet": _bag(cents),
    }


def _bag(cents: int) -> Fields:
    sign = "-" if cents < 0 else ""
    amount = f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"
    return {"shopMoney": {"amount": amount, "currencyCode": "USD"}}


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
