"""Marts whose rows hang together over several sources: after any change they are their own query.

Random orders, charges, refunds, ledger entries, payouts and their lists, stock states and
products. The marts, brought up to date, are compared with their query over all rows; none may be
built whole on the way. Few of many change, so that what a change fails to touch is seen. One
example a run: it costs a minute or two.
"""

import random
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from shopify_records import rest_line, rest_order, rest_refund
from stripe_records import charge, entry, payout

from spark_jobs.gold import job
from spark_jobs.gold.job import MART, held_by, sources_of

pytestmark = pytest.mark.timeout(900)
ZONE = "America/New_York"
NAMES = ("inventory_daily", "payment_reconciliation", "stock_movements")
COMPARED = NAMES[1:]  # the first is read by the last
START = datetime.now(UTC).replace(hour=15, minute=0, second=0, microsecond=0) - timedelta(40)
ORDERS, CHARGES = 40, 80
# A payout touches all that waits for one, a product all days of what it sells.
TOUCHING_MANY = {"payouts", "payout_transactions", "products"}
OF_STOCK = {"inventory_levels", "products", "shopify_orders"}


class Shop:
    """What its sources say of it. Records name each other by chance."""

    def __init__(self, dice: random.Random) -> None:
        self.dice, self.changes, self.first = dice, 0, 0

    def moment(self) -> datetime:
        day = self.dice.randrange(self.first, 24)
        return START + timedelta(days=day, minutes=self.dice.randrange(600))

    def day(self) -> str:
        return self.moment().date().isoformat()

    def order(self) -> dict:
        dice, number = self.dice, self.dice.randrange(1, ORDERS)
        self.changes += 1
        amount = dice.choice(("10.00", "20.00"))
        line = rest_line(number, amount, dice.randrange(1, 4)) | {"sku": str(dice.randrange(1, 5))}
        intent = {"receipt": self.name("pi")}
        named = dice.choice(({}, {"authorization": self.name("ch")}, intent, intent))
        paid = {"id": number, "kind": "sale", "status": "success", "gateway": "stripe"}
        refund = rest_refund(
            number * 10, f"{self.moment():%FT%TZ}", [back(line, dice.choice(("return", "no")))]
        )
        return rest_order(
            number,
            f"{self.moment():%FT%TZ}",
            [line],
            updated_at=f"{START + timedelta(days=30, seconds=self.changes):%FT%TZ}",
            test=dice.random() < 0.1,
            refunds=[refund] if dice.random() < 0.3 else [],
            transactions=[paid | {"amount": amount} | named] if dice.random() < 0.8 else [],
        )

    def name(self, kind: str) -> str:
        return f"{kind}_{self.dice.randrange(1, CHARGES)}"

    def charge(self) -> dict:
        of = self.dice.choice((None, str(self.dice.randrange(1, ORDERS + 3))))
        status = self.dice.choice(("succeeded", "succeeded", "failed"))
        intent = {"payment_intent": self.name("pi")}
        return charge(self.name("ch"), self.dice.choice((1000, 2000)), of, status=status, **intent)

    def refund(self, kind: str) -> dict:
        money = {"amount": 500, "currency": "usd", "created": int(START.timestamp())}
        return {"id": self.name(kind), "charge": self.name("ch"), "status": "succeeded", **money}

    def entry(self) -> dict:
        of = self.dice.choice(("ch", "ch", "ch", "ch", "re", "dp", "po"))
        kinds = {"ch": "charge", "re": "refund", "dp": "adjustment", "po": "payout_failure"}
        moved = entry(self.name("txn"), self.name(of), 1000, 30, self.day(), type=kinds[of])
        return moved | {"created": int(self.moment().timestamp())}

    def payout(self) -> dict:
        status = self.dice.choice(("paid", "paid", "failed"))
        made = payout(self.name("po"), self.day(), 1000, automatic=self.dice.random() < 0.8)
        return made | {"status": status}

    def level(self) -> dict:
        item, self.changes = self.dice.randrange(1, 5), self.changes + 1
        variant = {"id": f"gid://shopify/ProductVariant/{item}", "title": "M"}
        left = self.dice.choice((0, 0, 3, 9, None))
        known = [] if left is None else [{"name": "available", "quantity": left}]
        return {
            "id": f"gid://shopify/InventoryLevel/{item}",
            "updatedAt": f"{self.moment():%FT%T}.{self.changes:03d}Z",
            "location": {"id": "gid://shopify/Location/1", "name": "Shop"},
            "item": {"id": f"gid://shopify/InventoryItem/{item}", "variant": variant}
            | {"sku": str(item), "tracked": self.dice.random() < 0.9},
            "quantities": known,
        }

    def product(self) -> dict:
        item, self.changes = self.dice.randrange(1, 5), self.changes + 1
        cost = {"unitCost": {"amount": f"{self.dice.randrange(1, 4)}.50"}}
        variant = {"id": f"gid://shopify/ProductVariant/{item}", "sku": str(item)}
        return {
            "id": f"gid://shopify/Product/{item}0",
            "updatedAt": f"{START + timedelta(days=30, seconds=self.changes):%FT%TZ}",
            "variants": {"nodes": [variant | {"inventoryItem": cost}]},
        }


def back(line: dict, restock: str) -> dict:
    given_back = {"line_item_id": line["id"], "quantity": 1, "subtotal": line["price"]}
    return given_back | {"total_tax": 0, "restock_type": restock}


def streams(shop: Shop) -> dict[tuple[str, str], Callable[[], dict]]:
    return {
        ("files", "shopify_orders"): shop.order,
        ("stripe", "charges"): shop.charge,
        ("stripe", "refunds"): lambda: shop.refund("re"),
        ("stripe", "disputes"): lambda: shop.refund("dp"),
        ("stripe", "balance_transactions"): shop.entry,
        ("stripe", "payouts"): shop.payout,
        ("stripe", "payout_transactions"): lambda: shop.entry() | {"payout": shop.name("po")},
        ("shopify", "inventory_levels"): shop.level,
        ("shopify", "products"): shop.product,
    }


def land(lab, shop: Shop, names: Collection[str], most: int) -> None:
    """Of each of the streams up to `most` records: of most one state each, of stock several."""
    for (source, stream), make in streams(shop).items():
        if stream in names:
            records = [make() for _ in range(most)]
            made = {(record["id"], record.get("updatedAt")): record for record in records}
            lab.land(source, stream, list(made.values()))


def change(lab, shop: Shop, names: Collection[str]) -> None:
    """A few recent records of each of the streams, and a deletion."""
    shop.first = shop.dice.randrange(24)
    land(lab, shop, names, 5)
    if "shopify_orders" in names:
        lab.land("shopify", "orders", [{"id": shop.dice.randrange(1, ORDERS)}], deleted=True)
    if "charges" in names:
        lab.land("stripe", "charges", [{"id": shop.name("ch")}], deleted=True)


def rounds(shop: Shop) -> list[Collection[str]]:
    """Streams that change: all that touch a few rows only; then some, and one of the stock's, since
    of several the earliest day hides what the others touch."""
    names, dice = {stream for _, stream in streams(shop)}, shop.dice
    some = [name for name in sorted(names - OF_STOCK) if dice.random() < 0.5]
    return [names - TOUCHING_MANY, [*some, dice.choice(sorted(OF_STOCK))]]


def follow(lab) -> None:
    lab.build()
    job.run(lab.lake, ZONE)


def differing(lab, name: str) -> list[dict]:
    """Rows of the mart that its query does not give, and the other way round."""
    sources = sources_of(lab.lake, held_by(lab.lake), ZONE)
    columns = ", ".join(MART[name].description.columns)
    held = f"SELECT {columns} FROM {lab.lake.name('gold', name)}"
    asked = f"SELECT {columns} FROM ({MART[name].query(sources)})"
    rows = lab.lake.rows(
        f"SELECT 'too much' AS side, * FROM ({held} EXCEPT ALL {asked}) "
        f"UNION ALL SELECT 'missing', * FROM ({asked} EXCEPT ALL {held})"
    )
    return [row.asDict() for row in rows]


@settings(
    max_examples=1,
    phases=[Phase.generate],  # to shrink a failure would build for an hour
    suppress_health_check=[HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32))
def test_a_mart_that_follows_is_its_own_query(new_lab, seed: int) -> None:
    assume(seed)  # hypothesis always tries the simplest first: of one example that is all
    lab, shop, whole = new_lab(), Shop(random.Random(seed)), []
    bring_up = job.bring_up

    def told(lake, mart, *given):
        brought = bring_up(lake, mart, *given)
        whole.extend([mart.name] if brought is None else [])
        return brought

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(job, "MARTS", tuple(MART[name] for name in NAMES))
        patched.setattr(job, "bring_up", told)
        patched.setattr("spark_jobs.gold.follow.MANY_ROWS", 0)
        patched.setattr("spark_jobs.silver.job.EXPLODED", ())  # none of the marts reads them
        land(lab, shop, [stream for _, stream in streams(shop)], 60)
        follow(lab)
        for names in rounds(shop):
            change(lab, shop, names)
            follow(lab)
            found = {name: rows for name in COMPARED if (rows := differing(lab, name))}
            assert found == {}
    assert whole == []
    assert lab.disagreements(*NAMES) == []
