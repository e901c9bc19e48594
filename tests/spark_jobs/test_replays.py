"""Whatever order versions arrive in, how often, and in how many runs: gold is the same.

Random histories of orders, edits, refunds, cancellations and deletions. One lake gets each version
once and in order, in one run; another gets them shuffled and doubled, in two runs with a build
after each. One example a run: it is a batch of a dozen orders, and a build takes seconds.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from shopify_records import graphql_order, rest_line, rest_order, rest_refund

# Two lakes, three builds.
pytestmark = pytest.mark.timeout(900)
MARTS = ("daily_revenue", "product_performance")


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
    order = rest_order(order_id, placed, [rest_line(order_id, price, quantity)])
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


CHANGES: list[Callable[[dict, int], dict]] = [edited, refunded, cancelled]
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
    return {mart: lab.rows(f"gold.{mart}", order="1, 2, 3") for mart in MARTS}


@settings(
    max_examples=1,
    phases=[Phase.generate],  # to shrink a failure would build for an hour
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(batch=BATCH, seed=st.integers(0, 2**32))
def test_arrival_changes_nothing(new_lab, batch: tuple[History, ...], seed: int) -> None:
    versions = [version for history in batch for version in history.versions]
    deleted = [history.order_id for history in batch if history.deleted]
    assume(len(versions) > 20 and deleted)  # the first that hypothesis thinks of is the simplest
    calm = new_lab()
    land(calm, versions, deleted)
    calm.build(*MARTS)
    dice = random.Random(seed)
    twice = [*versions, *versions]
    dice.shuffle(twice)
    cut = dice.randrange(len(twice))
    wild = new_lab()
    land(wild, twice[:cut], deleted[:1])
    wild.build()
    land(wild, twice[cut:], deleted)
    wild.build(*MARTS)
    assert gold(wild) == gold(calm)
    assert wild.disagreements("sale_lines", "product_performance") == []
