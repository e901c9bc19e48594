"""How many planted anomalies of revenue are found, and how many alarms are false.

The history is the synthetic shop's own, a year with its weekdays, waves, paydays, discounts,
refunds and Black Friday week, which is not planted: an alarm about it counts as false.
"""

import random
from collections import defaultdict
from datetime import date, timedelta

import pytest

from scripts.synthetic.plan import plan_day
from spark_jobs.anomalies.revenue import unusual_days
from spark_jobs.anomalies.scene import Scene
from spark_jobs.gold.mart import Sources

FIRST, DAYS, SHOPS = date(2025, 9, 1), 365, 6
ORDERS_A_DAY = 28
# What a broken checkout, a wrong price list, a lost ad campaign or a viral post do to a day.
PLANTED = (0.0, 0.0, 0.1, 0.2, 0.2, 0.3, 0.3, 0.35, 3.0, 3.5, 4.0, 5.0)
PRECISION, RECALL, OUTAGES = 0.8, 0.7, 0.95


def net_sales(seed: int) -> dict[date, float]:
    """A year of days as gold books them: refunds on their own day."""
    sales: dict[date, float] = defaultdict(float)
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        for order in plan_day(seed, day, ORDERS_A_DAY, "America/New_York"):
            value = sum(float(item.price) * units for item, units in order.lines)
            value *= 1 - order.discount_percent / 100
            sales[day] += value
            if order.cancel_after_days is not None:
                sales[day + timedelta(days=order.cancel_after_days)] -= value
            if order.refund_after_days is not None:
                share = 1.0 if order.refund_whole else 0.4
                sales[day + timedelta(days=order.refund_after_days)] -= share * value
    return {day: value for day, value in sales.items() if day < FIRST + timedelta(days=DAYS)}


def planted(seed: int) -> dict[date, float]:
    """Day -> factor, none in the first weeks, where nothing is usual yet."""
    dice = random.Random(seed)
    days = dice.sample(range(60, DAYS - 1), len(PLANTED))
    return {FIRST + timedelta(days=n): factor for n, factor in zip(days, PLANTED, strict=True)}


@pytest.fixture(scope="module")
def judged(spark) -> tuple[set, set]:
    """(planted, found), each as (shop, day)."""
    rows, truth = [], set()
    for seed in range(SHOPS):
        odd = planted(seed)
        truth |= {(f"S{seed}", day) for day in odd}
        for day, value in net_sales(seed).items():
            if odd.get(day) != 0.0:  # a day without sales has no row
                rows.append(f"('S{seed}', DATE '{day}', {value * odd.get(day, 1):.2f})")
    return truth, alarms(spark, rows)


def alarms(spark, rows: list[str]) -> set[tuple[str, date]]:
    """(shop, day) of what alarms; rows: SQL of shop, day and net sales."""
    values = ", ".join(rows)
    spark.sql(
        f"SELECT * FROM VALUES {values} AS t(currency, date, net_sales)"
    ).createOrReplaceTempView("planted_revenue")
    sources = Sources(lambda name: "planted_revenue", "UTC", "USD", "2026-09-01")
    end = str(FIRST + timedelta(days=DAYS))
    scene = Scene(sources, "no table", "no table", f"{end} 12:00:00", end, end)
    found = spark.sql(unusual_days(scene)).collect()
    return {(row.subject, row.day) for row in found}


def test_days_of_a_few_orders_are_no_alarm(spark) -> None:
    """A shop that sells to firms, so hardly on weekends, and one of three orders in two days."""
    dice = random.Random(1)
    pace = {"firms": (48.0, 0.8), "small": (1.5, 1.5)}
    rows = []
    for shop, (week, weekend) in pace.items():
        for number in range(DAYS):
            day = FIRST + timedelta(days=number)
            chance = (weekend if day.weekday() > 4 else week) / 200
            orders = sum(dice.random() < chance for _ in range(200))
            value = sum(dice.lognormvariate(4, 0.6) for _ in range(orders))
            if orders:
                rows.append(f"('{shop}', DATE '{day}', {value:.2f})")
    found = alarms(spark, rows)
    print(f"\nquiet days: {len(found)} false alarms in {len(pace)} shop years")
    assert len(found) <= 2 * len(pace)


def test_precision_and_recall(judged: tuple[set, set]) -> None:
    truth, found = judged
    right = truth & found
    precision, recall = len(right) / len(found), len(right) / len(truth)
    false = len(found - truth) / SHOPS
    print(
        f"\nrevenue: {len(truth)} planted in {SHOPS} shop years, {len(found)} found, {len(right)} "
        f"right: precision {precision:.2f}, recall {recall:.2f}, {false:.1f} false alarms a year"
    )
    assert precision >= PRECISION
    assert recall >= RECALL


def test_a_day_almost_without_sales_is_hardly_ever_missed(judged: tuple[set, set]) -> None:
    truth, found = judged
    outages = {(shop, day) for shop, day in truth if planted(int(shop[1:]))[day] <= 0.1}
    recall = len(outages & found) / len(outages)
    print(f"\noutages: {len(outages)} planted, recall {recall:.2f}")
    assert recall >= OUTAGES
