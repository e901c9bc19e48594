"""Rows that are refused more than usual, and payments that do not agree."""

from spark_jobs.anomalies.scene import Scene

# A table's quarantine over the last day against its usual day of two weeks, of which the greatest
# does not count: a first load of years refuses more in a day than a shop in two weeks.
BEFORE_DAYS = 14
TIMES = 3
LEAST_ROWS = 10  # a typing mistake or two in a dropped file is not growth
PAYMENT_DAYS = 2  # a charge can be seen a day after its order, and a capture may take one more
FAR_APART = 100  # in the charge's currency: worth looking at before the others


def quarantine_growth(scene: Scene) -> str:
    """By the day on which rows landed: a table that is built anew quarantines old rows again."""
    return f"""
    WITH refused AS (
      SELECT q.table, datediff({scene.today}, {scene.sources.day("m.written_at")}) AS age
      FROM {scene.refused} AS q
      JOIN {scene.landed} AS m ON m.run_id = q._run_id
    ),
    days AS (
      SELECT table, age, age > 1 AS before, count(*) AS n FROM refused
      WHERE age <= {BEFORE_DAYS + 1} GROUP BY table, age
    ),
    counted AS (
      SELECT table, sum(IF(before, 0, n)) AS rows,
        (sum(IF(before, n, 0)) - max(IF(before, n, 0))) / {BEFORE_DAYS - 1} AS usual
      FROM days GROUP BY table
    )
    SELECT 'quarantine' AS kind, table AS subject, 'warning' AS severity,
      CAST(rows AS DOUBLE) AS measured, CAST(usual AS DOUBLE) AS expected, {scene.today} AS day,
      concat(rows, ' rows of ', table, ' refused since yesterday; usually ',
        round(2 * usual, 1), ' in two days. silver.quarantine has the reasons') AS sentence
    FROM counted WHERE rows >= {LEAST_ROWS} AND rows > {TIMES} * 2 * usual
    """


def unreconciled_payments(scene: Scene) -> str:
    """Only days whose orders and charges have both been read, and never a shop without Stripe. An
    order that waits for its buyer's money is no payment yet."""
    payments = scene.sources.gold("payment_reconciliation")
    return f"""
    SELECT 'unreconciled_payment' AS kind, coalesce(order_name, reconciliation_id) AS subject,
      IF(greatest(abs(difference), abs(stripe_refunded - shopify_refunded)) >= {FAR_APART},
        'critical', 'warning') AS severity,
      CAST(coalesce(stripe_amount, 0) AS DOUBLE) AS measured,
      CAST(coalesce(stripe_amount, 0) - difference AS DOUBLE) AS expected, date AS day,
      concat(IF(order_id IS NULL, 'Charge ', 'Order '), coalesce(order_name, reconciliation_id),
        ' of ', date, ': ', replace(status, '_', ' '), ', ', CASE
          WHEN status = 'pending' THEN 'in Stripe it is authorised or under way and not taken yet, '
          WHEN difference <> 0 THEN concat('Stripe has ', {_amount("stripe_amount")}, ' of ',
            {_amount("coalesce(stripe_amount, 0) - difference")}, ' ')
          WHEN stripe_refunded <> shopify_refunded THEN concat('refunded ',
            {_amount("stripe_refunded")}, ' in Stripe and ', {_amount("shopify_refunded")},
            ' in Shopify, ')
          ELSE 'charged in another currency, ' END,
        coalesce(stripe_currency, currency, '')) AS sentence
    FROM {payments}
    WHERE status <> 'matched' AND NOT (status = 'pending' AND stripe_charge_id IS NULL)
      AND date < date_sub(least(DATE '{scene.orders_until}', DATE '{scene.charges_until}'),
        {PAYMENT_DAYS})
      AND EXISTS (SELECT 1 FROM {payments} WHERE stripe_charge_id IS NOT NULL)
    """


def _amount(column: str) -> str:
    return f"format_number(coalesce({column}, 0), 2)"
