"""One day in the shop: orders are placed and paid, parcels leave, returns come back."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scripts.shopify.client import Client
from scripts.synthetic import shop as store
from scripts.synthetic.payments import Payments
from scripts.synthetic.plan import FOLLOW_UP_DAYS, OrderPlan, Payment, plan_day
from scripts.synthetic.shop import Record, Shop

log = logging.getLogger(__name__)
# Payments wait on the network and on Stripe's rate; orders stay in sequence for stable numbers.
PAYERS = 4


@dataclass
class Stage:
    """Everything a day needs. orders: what the shop holds, by day then key, read once a day."""

    client: Client
    payments: Payments
    shop: Shop
    seed: int
    per_day: float
    orders: dict[str, dict[str, Record]] = field(default_factory=dict)

    def plans(self, day: date) -> list[OrderPlan]:
        return plan_day(self.seed, day, self.per_day, self.shop.timezone)

    def held(self, day: date) -> dict[str, Record]:
        key = f"{day:%Y%m%d}"
        if key not in self.orders:
            self.orders[key] = store.orders_of_day(self.client, key)
        return self.orders[key]


@dataclass(frozen=True)
class Done:
    orders: int
    fulfilled: int
    refunded: int
    cancelled: int


def play(stage: Stage, day: date, now: datetime) -> Done:
    """Everything of `day` up to `now` that has not happened yet. Repeating it does nothing."""
    if day.weekday() == 0 and not stage.held(day):
        store.restock(stage.client, stage.shop, day)
    placed = _place(stage, day, now)
    due = [
        (plan, order)
        for back in range(FOLLOW_UP_DAYS + 1)
        for plan, order in _follow_ups(stage, day - timedelta(days=back), back)
    ]
    shipped = refunded = cancelled = 0
    for plan, order in due:
        back = (day - plan.day).days
        if plan.cancel_after_days == back and not order["cancelledAt"]:
            store.cancel(stage.client, order)
            order["cancelledAt"] = str(now)
            cancelled += 1
        if plan.ship_after_days == back and order["displayFulfillmentStatus"] == "UNFULFILLED":
            store.fulfil(stage.client, order, plan)
            order["displayFulfillmentStatus"] = "FULFILLED"
            shipped += 1
        if plan.refund_after_days == back and not order["refunds"]:
            _refund(stage, order, plan, day, now)
            refunded += 1
    return Done(placed, shipped, refunded, cancelled)


def _follow_ups(stage: Stage, day: date, back: int) -> list[tuple[OrderPlan, Record]]:
    plans = [
        plan
        for plan in stage.plans(day)
        if back in (plan.ship_after_days, plan.refund_after_days, plan.cancel_after_days)
    ]
    held = stage.held(day) if plans else {}
    return [(plan, held[plan.key]) for plan in plans if plan.key in held]


def _place(stage: Stage, day: date, now: datetime) -> int:
    held = stage.held(day)
    new = [plan for plan in stage.plans(day) if plan.key not in held and plan.at <= now]
    for plan in new:
        held[plan.key] = store.create_order(stage.client, stage.shop, plan)
    unpaid = [
        plan
        for plan in stage.plans(day)
        if plan.key in held
        and held[plan.key]["displayFinancialStatus"] == "PENDING"
        and not held[plan.key]["cancelledAt"]
    ]
    with ThreadPoolExecutor(PAYERS) as pool:
        outcomes = list(pool.map(lambda plan: _pay(stage, plan, held[plan.key]), unpaid))
    for plan, paid in zip(unpaid, outcomes, strict=True):
        if paid:
            held[plan.key] = store.mark_as_paid(stage.client, held[plan.key])
    return len(new)


def _pay(stage: Stage, plan: OrderPlan, order: Record) -> bool:
    if plan.payment is Payment.NO_CHARGE:
        return True  # taken in cash, as far as Stripe knows
    customer = stage.payments.customer(plan, order["customer"]["id"])
    return stage.payments.pay(plan, order, customer)


def _refund(stage: Stage, order: Record, plan: OrderPlan, day: date, now: datetime) -> None:
    local = datetime.combine(day, time(15, 0), ZoneInfo(stage.shop.timezone)).astimezone(UTC)
    amount = store.refund(stage.client, stage.shop, order, plan, min(local, now))
    stage.payments.refund(plan, order, amount)
    order["refunds"] = [{"id": "made"}]
