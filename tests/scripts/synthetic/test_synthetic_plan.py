"""The plan is a pure function: the same for all, about as much as promised, and sane."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.synthetic.catalogue import CATALOGUE, VARIANTS
from scripts.synthetic.people import PLACES, person
from scripts.synthetic.plan import (
    FOLLOW_UP_DAYS,
    LOOK_BACK_DAYS,
    PAYMENT_ODDS,
    Payment,
    expected_orders,
    new_customers,
    plan_day,
)

NEW_YORK = "America/New_York"
seeds = st.integers(0, 10_000)
days = st.dates(date(2024, 1, 1), date(2028, 12, 31))
zones = st.sampled_from([NEW_YORK, "Europe/Berlin", "Asia/Kathmandu", "Pacific/Auckland", "UTC"])


@given(seed=seeds, day=days, zone=zones)
def test_a_day_is_the_same_however_often_it_is_planned(seed: int, day: date, zone: str) -> None:
    assert plan_day(seed, day, 23, zone) == plan_day(seed, day, 23, zone)


def test_seeds_and_days_differ() -> None:
    day = date(2026, 10, 5)
    assert plan_day(1, day, 23, NEW_YORK) != plan_day(2, day, 23, NEW_YORK)
    emails = {plan.buyer.email for plan in plan_day(1, day, 23, NEW_YORK)}
    assert emails.isdisjoint(plan.buyer.email for plan in plan_day(2, day, 23, NEW_YORK))


@given(seed=seeds, day=days, zone=zones, per_day=st.sampled_from([1.0, 23.0, 60.0]))
def test_every_order_is_sane(seed: int, day: date, zone: str, per_day: float) -> None:
    plans = plan_day(seed, day, per_day, zone)
    assert len({plan.key for plan in plans}) == len(plans)
    assert plans == sorted(plans, key=lambda plan: plan.at)
    for plan in plans:
        assert plan.at.tzinfo is UTC
        # An hour that the clocks skip is told as the next one.
        local = plan.at.astimezone(ZoneInfo(zone))
        assert local.date() == day == plan.day
        assert plan.lines
        assert all(1 <= quantity <= 3 for _, quantity in plan.lines)
        assert len({variant.sku for variant, _ in plan.lines}) == len(plan.lines)
        gross = sum(variant.price * quantity for variant, quantity in plan.lines)
        assert 16 <= gross < 1500
        assert plan.discount_percent in (0, 10, 15, 20)
        assert plan.buyer.email.endswith("@example.com")


@given(seed=seeds, day=days)
def test_what_follows_an_order_is_possible(seed: int, day: date) -> None:
    for plan in plan_day(seed, day, 60, NEW_YORK):
        after = (plan.ship_after_days, plan.refund_after_days, plan.cancel_after_days)
        assert all(0 <= days <= FOLLOW_UP_DAYS for days in after if days is not None)
        if plan.payment is Payment.DECLINED:
            assert after == (None, None, 1)
        else:
            assert plan.cancel_after_days is None
        if plan.payment is Payment.NO_CHARGE:
            assert plan.refund_after_days is None


@given(seed=seeds, day=days)
def test_a_buyer_joined_today_or_before(seed: int, day: date) -> None:
    for plan in plan_day(seed, day, 23, NEW_YORK):
        text, _, number = plan.buyer.key.partition("-")
        joined = datetime.strptime(text, "%Y%m%d").date()
        assert day - timedelta(days=LOOK_BACK_DAYS) <= joined <= day
        assert 0 <= int(number) < new_customers(seed, joined, 23)
        assert person(seed, joined, int(number)) == plan.buyer


def test_sixty_days_of_the_demo_are_about_1500_orders() -> None:
    last = date(2026, 11, 23)
    period = [last - timedelta(days=back) for back in range(60)]
    planned = sum(len(plan_day(7, day, 23, NEW_YORK)) for day in period)
    promised = sum(expected_orders(day, 23) for day in period)
    assert abs(planned - promised) < 0.1 * promised
    assert 1350 <= planned <= 1850


@pytest.mark.parametrize("seed", [1, 7, 42])
def test_a_year_holds_what_was_promised(seed: int) -> None:
    year = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    plans = [plan for day in year for plan in plan_day(seed, day, 23, NEW_YORK)]
    promised = sum(expected_orders(day, 23) for day in year)
    assert abs(len(plans) - promised) < 0.03 * promised
    payments = Counter(plan.payment for plan in plans)
    for kind, odds in PAYMENT_ODDS.items():
        assert abs(payments[kind] / len(plans) - odds) < 0.01
        assert payments[kind] > 0
    buyers = Counter(plan.buyer.email for plan in plans)
    first_time = len(buyers) / len(plans)
    assert 0.3 < first_time < 0.7
    refunded = sum(plan.refund_after_days is not None for plan in plans) / len(plans)
    assert 0.05 < refunded < 0.1


@given(day=days, per_day=st.floats(0.1, 1000))
def test_demand_grows_with_scale_and_stays_within_reason(day: date, per_day: float) -> None:
    expected = expected_orders(day, per_day)
    assert 0.6 * per_day < expected < 3.6 * per_day
    assert expected_orders(day, 2 * per_day) == pytest.approx(2 * expected)


def test_black_friday_is_the_best_day_of_its_month() -> None:
    november = [date(2026, 11, day) for day in range(1, 31)]
    best = sorted(november, key=lambda day: -expected_orders(day, 23))[:5]
    assert set(best) == {date(2026, 11, day) for day in range(26, 31)}


def test_the_catalogue_agrees_with_itself() -> None:
    assert len({variant.sku for variant in VARIANTS}) == len(VARIANTS)
    assert all(0 < variant.cost < variant.price for variant in VARIANTS)
    assert all(variant.popularity > 0 and variant.stock > 0 for variant in VARIANTS)
    assert any(variant.scarce for variant in VARIANTS)
    for product in CATALOGUE:
        options = [variant.option for variant in product.variants]
        assert len(set(options)) == len(options)
    assert all(0 <= float(place[3]) < 0.2 for place in PLACES)
