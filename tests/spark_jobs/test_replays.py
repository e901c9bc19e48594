"""Whatever order versions arrive in, how often, and in how many runs: gold is the same.

Random histories of orders, edits, refunds, cancellations and deletions. One lake gets each version
once and in order, in one run, and builds gold whole; another gets them shuffled and doubled, in
three runs, and brings gold up to date after each. One example a run: it is a batch of a dozen
orders, and a build takes seconds.
"""

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from shopify_records import graphql_order, rest_line, rest_order, rest_refund

from spark_jobs.gold.job import MART
from spark_jobs.gold.job import run as run_gold

# Two lakes, four builds.
pytestmark = pytest.mark.timeout(900)
MARTS = ("sales", "sale_lines", "daily_revenue", "product_performance", "customer_ltv")


@dataclass
class History:
    """An order's versions, oldest first; each later version is what its source says then."""

    order_id: int
    versions: list[dict] = field(default_factory=list)
    deleted: bool = False


@st.composite
def histories(draw: st.DrawFn, order_id: int) -> History:
    day = draw(st.integers(1, 28))
    placed = f"2026-03-{day:02d}T{draw(st.integers(0, 23)):02d}:30:00Z"
    if draw(st.booleans()):
        return History(
            order_id, [graphql_order(order_id, placed, "12.34", draw(st.integers(1, 3)))]
        )
    price = f"{draw(st.integers(1, 99999)) / 100:.2f}"
    quantity = draw(st.integers(1, 4))
    buyer = draw(st.sampled_from([{}, {"customer": {"id": 1}}, {"customer": {"id": 2}}]))
    order = rest_order(order_id, placed, [rest_line(order_id, price, quantity)], **buyer)
    found = History(order_id, [order], deleted=draw(st.integers(0, 5)) == 5)
    for step, change in enumerate(
        draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=4)), start=1
    ):
        order = change(order, step) | {"updated_at": f"2026-04-{step:02d}T00:00:00Z"}
        found.versions.append(order)
    return found


def edited(order: dict, step: int) -> dict:
    line = order["line_items"][0]
    return order | {"line_items": [line | {"quantity": line["quantity"] + step}]}


def refunded(order: dict, step: int) -> dict:
    line = order["line_items"][0]
    back = {"line_item_id": line["id"], "quantity": 1, "subtotal": line["price"], "total_tax": 0}
    lines = [back] if step % 2 else []
    adjustment = {"id": step, "kind": "refund_discrepancy", "amount": "-0.07"}
    refund = rest_refund(
        order["id"] * 10 + step, f"2026-04-{step:02d}T12:00:00Z", lines, [adjustment]
    )
    return order | {"refunds": [*order["refunds"], refund]}


def cancelled(order: dict, step: int) -> dict:
    return order | {"cancelled_at": f"2026-04-{step:02d}T18:00:00Z"}


def moved(order: dict, step: int) -> dict:
    return order | {"processed_at": f"2026-03-{step * 7:02d}T10:00:00Z"}


def of_another_buyer(order: dict, step: int) -> dict:
    return order | {"customer": {"id": step}}


CHANGES: list[Callable[[dict, int], dict]] = [
    edited,
    refunded,
    cancelled,
    moved,
    of_another_buyer,
]
BATCH = st.tuples(*(histories(number) for number in range(1, 13)))


def land(lab, versions: list[dict], deleted: list[int]) -> None:
    pulled = [v for v in versions if "lineItems" in v]
    dropped = [v for v in versions if "line_items" in v]
    if pulled:
        lab.land("shopify", "orders", pulled)
    if dropped:
        lab.land("files", "shopify_orders", dropped)
    if deleted:
        lab.land("shopify", "orders", [{"id": order_id} for order_id in deleted], deleted=True)


def gold(lab) -> dict[str, list[dict]]:
    return {
        mart: lab.rows(f"gold.{mart}", order=", ".join(MART[mart].description.columns))
        for mart in MARTS
    }


@settings(
    max_examples=1,
    phases=[Phase.generate],  # to shrink a failure would build for an hour
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(batch=BATCH, seed=st.integers(0, 2**32))
def test_arrival_changes_nothing(new_lab, batch: tuple[History, ...], seed: int) -> None:
    wanted = tuple(MART[name] for name in MARTS)
    versions = [version for history in batch for version in history.versions]
    deleted = [history.order_id for history in batch if history.deleted]
    assume(len(versions) > 20 and deleted)  # the first that hypothesis thinks of is the simplest
    calm = new_lab()
    land(calm, versions, deleted)
    calm.build(*MARTS)
    dice = random.Random(seed)
    twice = [*versions, *versions]
    dice.shuffle(twice)
    cuts = sorted(dice.randrange(len(twice)) for _ in range(2))
    wild = new_lab()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("spark_jobs.gold.job.MARTS", wanted)
        for begin, end in itertools.pairwise((0, *cuts, len(twice))):
            land(wild, twice[begin:end], deleted if begin else deleted[:1])
            wild.build()
            run_gold(wild.lake, "America/New_York")
    assert gold(wild) == gold(calm)
    assert wild.disagreements("sale_lines", "product_performance") == []
