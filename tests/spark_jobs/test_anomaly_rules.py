"""Detectors over histories that take weeks, as views: what ends an incident and what does not."""

import pytest

from spark_jobs.anomalies.records import quarantine_growth, unreconciled_payments
from spark_jobs.anomalies.scene import Scene
from spark_jobs.anomalies.stale import SIGNS, silent_pulls
from spark_jobs.anomalies.stock import stock_drops, stock_outs
from spark_jobs.gold.mart import Sources

TODAY = "2026-06-30"
SCENE = Scene(
    Sources(lambda name: name.replace(".", "_of_"), "UTC", "USD", TODAY),
    "rules_landed",
    "rules_refused",
    f"{TODAY} 12:00:00",
    TODAY,
    TODAY,
)


def ago(days: float) -> str:
    return f"timestampadd(MINUTE, -{round(days * 1440)}, TIMESTAMP '{SCENE.now}')"


def found(spark, query: str) -> dict[str, dict]:
    return {row.subject: row.asDict() for row in spark.sql(query).collect()}


@pytest.mark.parametrize("days_gone", [1, 27, 28, 60])
def test_an_item_that_is_gone_for_long_is_still_gone(spark, days_gone: int) -> None:
    """Nothing of it was sold in the last 28 days, because there was nothing: it was called over."""
    spark.sql(
        f"""
        CREATE OR REPLACE TEMP VIEW gold_of_inventory_daily AS
        SELECT date_sub(DATE '{TODAY}', age) AS date, sku, 'Tee' AS product_title,
          IF(sku = 'ASKED' AND age BETWEEN {days_gone} AND {days_gone} + 27, 9, 0)
            AS units_sold_28d,
          IF(age < {days_gone}, 0, 5) AS available
        FROM (SELECT explode(sequence(0, 90)) AS age), VALUES ('ASKED'), ('UNASKED') AS v(sku)
        """
    )
    (gone,) = found(spark, stock_outs(SCENE)).values()
    assert (gone["subject"], gone["expected"], gone["measured"]) == ("ASKED", 9, 0)
    assert gone["sentence"].startswith("Tee (ASKED) is out of stock; 9 sold in the last 28 days")


def stock(spark, **items: list[int | None]) -> None:
    """Stock of items by day, the last one today; of each two units are sold a day."""
    rows = ", ".join(
        f"(date_sub(DATE '{TODAY}', {len(days) - 1 - n}), '{sku}', 'Tee', 56, CAST({units} AS INT))"
        for sku, days in items.items()
        for n, units in enumerate("NULL" if one is None else one for one in days)
    )
    spark.sql(
        f"""
        CREATE OR REPLACE TEMP VIEW gold_of_inventory_daily AS
        SELECT * FROM VALUES {rows} AS v(date, sku, product_title, units_sold_28d, available)
        """
    )


def test_stock_that_nobody_knows_is_not_gone(spark) -> None:
    """A level may come without a quantity: Slack said that the item had run out."""
    stock(spark, UNKNOWN=[None, None], NEGATIVE=[3, -2])
    assert set(found(spark, stock_outs(SCENE))) == {"NEGATIVE"}


def test_a_fall_after_a_days_last_look_is_told_the_next_day(spark) -> None:
    """At the next look it was yesterday's, and only today was compared with yesterday."""
    stock(
        spark,
        **{"NIGHT": [90, 30, 30], "TODAY": [90, 90, 30], "OLD": [90, 30, 30, 30]},
        **{"BACK": [90, 30, 90], "FILLED": [20, 90, 80], "NEW": [30]},
    )
    drops = found(spark, stock_drops(SCENE))
    assert set(drops) == {"NIGHT", "TODAY"}
    assert drops["NIGHT"]["sentence"] == (
        "Tee (NIGHT) fell from 90 to 30 within two days; it sells 2.0 a day"
    )


def test_a_first_load_does_not_hide_two_weeks_of_refused_rows(spark) -> None:
    """Of shipping 3,000 rows were refused 10 days ago and one a day since, of orders 12 a day."""
    spark.sql(
        f"""
        CREATE OR REPLACE TEMP VIEW rules_landed AS
        SELECT concat('r', age) AS run_id, 'files' AS source, 'rejected' AS stream,
          date_sub(DATE '{TODAY}', age) + INTERVAL 6 HOURS AS written_at
        FROM (SELECT explode(sequence(0, 20)) AS age)
        """
    )
    spark.sql(
        """
        CREATE OR REPLACE TEMP VIEW rules_refused AS
        SELECT 'shipping' AS table, concat('r', age) AS _run_id, explode(sequence(1,
          CASE age WHEN 10 THEN 3000 WHEN 0 THEN 40 ELSE 1 END)) AS n
        FROM (SELECT explode(sequence(0, 10)) AS age)
        UNION ALL SELECT 'orders', concat('r', age), explode(sequence(1, 12))
        FROM (SELECT explode(sequence(0, 20)) AS age)
        """
    )
    (grown,) = found(spark, quarantine_growth(SCENE)).values()
    assert (grown["subject"], grown["measured"]) == ("shipping", 41)


def test_a_source_that_was_pulled_once_and_never_again_is_stale(spark) -> None:
    spark.sql(
        f"""
        CREATE OR REPLACE TEMP VIEW {SIGNS} AS
        SELECT source, 's' AS stream, at FROM VALUES ('once', {ago(2.1)}), ('young', {ago(1.9)}),
          ('daily', {ago(3)}), ('daily', {ago(2)}), ('daily', {ago(1)}) AS v(source, at)
        """
    )
    spark.sql(f"CREATE OR REPLACE TEMP VIEW rules_landed AS SELECT DISTINCT source FROM {SIGNS}")
    (stale,) = found(spark, silent_pulls(SCENE)).values()
    assert (stale["subject"], stale["sentence"]) == ("once", "once was last pulled 50.0 hours ago")


def test_a_payment_is_told_for_what_is_wrong_with_it(spark) -> None:
    """One that was never captured, and one in another currency, were said to be "refunded 0.00 in
    Stripe and 0.00 in Shopify"; of a refund only the difference of the charge made it critical."""
    spark.sql(
        f"""
        CREATE OR REPLACE TEMP VIEW gold_of_payment_reconciliation AS
        SELECT order_name AS reconciliation_id, order_name AS order_id, *,
          DATE '{TODAY}' - INTERVAL 9 DAYS AS date, 'USD' AS currency, 'ch_1' AS stripe_charge_id
        FROM VALUES ('#1', 'pending', 0.00, 0.00, NULL, 0.00, 'USD'),
          ('#2', 'amount_mismatch', 50.00, 0.00, 0.00, 0.00, 'EUR'),
          ('#3', 'amount_mismatch', 500.00, 200.00, 50.00, 0.00, 'USD'),
          ('#4', 'amount_mismatch', 40.00, 0.00, 0.00, -10.00, 'USD')
          AS v(order_name, status, stripe_amount, stripe_refunded, shopify_refunded, difference,
            stripe_currency)
        """
    )
    told = found(spark, unreconciled_payments(SCENE))
    assert [told[f"#{n}"]["sentence"].split(": ")[1] for n in range(1, 5)] == [
        "pending, in Stripe it is authorised or under way and not taken yet, USD",
        "amount mismatch, charged in another currency, EUR",
        "amount mismatch, refunded 200.00 in Stripe and 50.00 in Shopify, USD",
        "amount mismatch, Stripe has 40.00 of 50.00 USD",
    ]
    assert {name for name, one in told.items() if one["severity"] == "critical"} == {"#3"}
