"""Two days are played in a local Shopify and a local Stripe, then played again."""

from datetime import UTC, date, datetime, timedelta

import pytest

from scripts import settings
from scripts.shopify.client import Client
from scripts.stripe.client import Client as StripeClient
from scripts.synthetic import shop as store
from scripts.synthetic.activity import Done, Stage, play
from scripts.synthetic.payments import Payments
from scripts.synthetic.plan import Payment

DAY = date(2026, 10, 5)


@pytest.fixture
def stage(shopify_environment: dict[str, str], stripe_environment: dict[str, str]) -> Stage:
    client = Client(settings.shopify())
    return Stage(client, Payments(settings.stripe()), store.prepare(client), seed=7, per_day=8)


def end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1, hours=4)


def test_days_become_orders_and_payments_and_repeating_them_changes_nothing(stage: Stage) -> None:
    days = [DAY, DAY + timedelta(days=1)]
    done = [play(stage, day, end_of(day)) for day in days]
    plans = [plan for day in days for plan in stage.plans(day)]
    assert sum(day.orders for day in done) == len(plans) > 8
    orders = {key: order for day in days for key, order in stage.held(day).items()}
    assert set(orders) == {plan.key for plan in plans}

    payments = StripeClient(settings.stripe())
    charged = {
        charge["metadata"]["shopify_order_id"]: charge["amount"]
        for charge, _ in payments.list("/v1/charges")
        if charge["status"] == "succeeded"
    }
    for plan in plans:
        order = orders[plan.key]
        number = order["id"].rpartition("/")[2]
        paid = plan.payment is not Payment.DECLINED
        assert order["displayFinancialStatus"] == ("PAID" if paid else "PENDING")
        if plan.payment in (Payment.PAID, Payment.DECLINED_ONCE):
            total = float(order["totalPriceSet"]["shopMoney"]["amount"])
            assert charged[number] == round(100 * total)
        else:
            assert (number in charged) == (plan.payment is Payment.WRONG_AMOUNT)

    stage.orders.clear()
    charges = len(list(payments.list("/v1/charges")))
    assert [play(stage, day, end_of(day)) for day in days] == [Done(0, 0, 0, 0)] * 2
    assert len(list(payments.list("/v1/charges"))) == charges


def test_what_lies_ahead_is_not_played(stage: Stage) -> None:
    first = stage.plans(DAY)[0]
    assert play(stage, DAY, first.at - timedelta(seconds=1)).orders == 0
    assert play(stage, DAY, first.at).orders == 1
