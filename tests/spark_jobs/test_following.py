"""Marts whose rows hang together over several sources: after any change they are their own query.

Random orders, charges, refunds, ledger entries, payouts and their lists, stock states and
products. The marts, brought up to date, are compared with their query over all rows; none may be
built whole on the way. One example and one round a run: they cost a minute.
"""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from shopify_records import rest_line, rest_order, rest_refund
from stripe_records import charge, entry, payout

from spark_jobs.gold import job
from spark_jobs.gold.job import MART, held_by, sources_of

pytestmark = pytest.mark.timeout(900)
ZONE = "America/New_York"
NAMES = ("inventory_daily", "payment_reconciliation", "stock_movements")
COMPARED = NAMES[1:]  # the first is read by the last
START = datetime(2026, 3, 1, 15, tzinfo=UTC)


class Shop:
    """What its sources say of it, of few orders, charges and items, so that they often meet."""

    def __init__(self, dice: random.Random) -> None:
        self.dice, self.changes = dice, 0

    def moment(self, days: int = 24) -> datetime:
        return START + timedelta(days=self.dice.randrange(days), minutes=self.dice.randrange(600))

    def day(self) -> str:
        return self.moment().date().isoformat()

    def order(self) -> dict:
        dice, number = self.dice, self.dice.randrange(1, 12)
        self.changes += 1
        amount = dice.choice(("10.00", "20.00"))
        line = rest_line(number, amount, dice.randrange(1, 4), variant_id=dice.randrange(1, 5))
        named = dice.choice(({}, {"authorization": self.name("ch")}, {"receipt": self.name("pi")}))
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
        return f"{kind}_{self.dice.randrange(1, 16)}"

    def charge(self) -> dict:
        of = self.dice.choice((None, str(self.dice.randrange(1, 14))))
        status = self.dice.choice(("succeeded", "succeeded", "failed"))
        intent = {"payment_intent": self.name("pi")}
        return charge(self.name("ch"), self.dice.choice((1000, 2000)), of, status=status, **intent)

    def refund(self, kind: str) -> dict:
        money = {"amount": 500, "currency": "usd", "created": int(START.timestamp())}
        return {"id": self.name(kind), "charge": self.name("ch"), "status": "succeeded", **money}

    def entry(self) -> dict:
        of = self.dice.choice(("ch", "ch", "re", "dp", "po"))
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
        return {
            "id": f"gid://shopify/InventoryLevel/{item}",
            "updatedAt": f"{self.moment():%FT%T}.{self.changes:03d}Z",
            "location": {"id": "gid://shopify/Location/1", "name": "Shop"},
            "item": {"id": f"gid://shopify/InventoryItem/{item}", "variant": variant}
            | {"sku": str(item), "tracked": self.dice.random() < 0.9},
            "quantities": [{"name": "available", "quantity": self.dice.choice((0, 0, 3, 9))}],
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


def land(lab, shop: Shop, most: int) -> None:
    """Of each source up to `most` records, none of some."""
    dice = shop.dice

    def several(make) -> list[dict]:
        return list({record["id"]: record for record in (make() for _ in range(most))}.values())

    streams = {
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
    for (source, stream), make in streams.items():
        if most > 5 or dice.random() < 0.6:
            lab.land(source, stream, several(make))
    if most <= 5:
        lab.land("shopify", "orders", [{"id": dice.randrange(1, 12)}], deleted=True)
        lab.land("stripe", "charges", [{"id": shop.name("ch")}], deleted=True)


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
        land(lab, shop, 12)
        lab.build()
        job.run(lab.lake, ZONE)
        land(lab, shop, 3)
        lab.build()
        job.run(lab.lake, ZONE)
    assert whole == []
    assert {name: found for name in COMPARED if (found := differing(lab, name))} == {}
    assert lab.disagreements(*NAMES) == []
