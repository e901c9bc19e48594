"""gold.refund_reasons: why goods and money went back."""

from spark_jobs.gold.mart import Follow, Mart, Sources, Touch

# Shopify keeps its "reason for refund" as a note; an address in it is nobody's business here.
_NOTE = (
    "nullif(left(regexp_replace(lower(trim(f.note)), '[^ ]+@[^ ]+|[0-9+() -]{7,}', '…'), 60), '')"
)


def query(sources: Sources) -> str:
    """One row a day, reason and currency; amounts add up to daily_revenue's returns. The first
    that is known of: the refund's note, its adjustment's reason, the order's cancel reason,
    Stripe's reason."""
    return f"""
    WITH notes AS (
      SELECT order_id, cancel_reason, f.refund_id, coalesce({_NOTE}, f.reason) AS reason,
        aggregate(f.lines, 0L, (sum, l) -> sum + l.quantity) AS units
      FROM {sources.silver("orders")} LATERAL VIEW OUTER explode(refunds) AS f
    ),
    orders AS (SELECT order_id, max(cancel_reason) AS cancel_reason FROM notes GROUP BY order_id),
    stripe AS (
      SELECT c.order_id, min(r.reason) AS reason
      FROM {sources.silver("stripe_refunds")} AS r
      JOIN (
        SELECT order_id, explode(stripe_charge_ids) AS charge_id
        FROM {sources.gold("payment_reconciliation")}
      ) AS c USING (charge_id)
      WHERE NOT r._deleted GROUP BY c.order_id
    ),
    given AS (
      SELECT s.date, s.currency, s.order_id, s.kind, s.returns, n.units,
        coalesce(n.reason, o.cancel_reason, t.reason, 'not given') AS reason
      FROM {sources.gold("sales")} AS s JOIN orders AS o USING (order_id)
      LEFT JOIN notes AS n USING (order_id, refund_id) LEFT JOIN stripe AS t USING (order_id)
      WHERE s.kind = 'refund' OR (s.kind = 'cancellation' AND s.returns <> 0)
    )
    SELECT date, reason, currency, count(*) AS refunds, count(DISTINCT order_id) AS orders,
      coalesce(sum(units), 0) AS units, CAST(sum(returns) AS DECIMAL(18,2)) AS returns,
      CAST(IF(sum(sum(returns)) OVER (PARTITION BY date, currency) <> 0,
        sum(returns) / sum(sum(returns)) OVER (PARTITION BY date, currency), NULL)
        AS DECIMAL(18,4)) AS share_of_returns
    FROM given GROUP BY date, reason, currency
    """


def follow(sources: Sources) -> Follow:
    back = "gold.sales WHERE kind <> 'order'"
    refunds = "transform(refunds, f -> struct(f.refund_id, f.note, f.reason, f.lines.quantity))"
    charges = "explode(stripe_charge_ids) AS charge_id"
    paid = f"SELECT order_id, {charges} FROM gold.payment_reconciliation"
    of_orders = f"SELECT date AS key FROM {back} AND order_id IN"
    of_days = f"order_id IN (SELECT order_id FROM {back} AND date IN KEYS)"
    return Follow(
        key="date",
        touched={
            "gold.sales": Touch(
                "date AS key, currency, order_id, kind, refund_id, returns",
                "SELECT key FROM CHANGES WHERE kind <> 'order'",
            ),
            "silver.orders": Touch(
                f"order_id, cancel_reason, {refunds} AS refunds",
                f"{of_orders} (SELECT order_id FROM CHANGES)",
            ),
            "gold.payment_reconciliation": Touch(
                "order_id, stripe_charge_ids", f"{of_orders} (SELECT order_id FROM CHANGES)"
            ),
            "silver.stripe_refunds": Touch(
                "charge_id, reason, _deleted",
                f"{of_orders} (SELECT order_id FROM ({paid}) JOIN CHANGES USING (charge_id))",
            ),
        },
        needed={
            "gold.sales": "date IN KEYS",
            "silver.orders": of_days,
            "gold.payment_reconciliation": of_days,
        },
    )


MART = Mart(name="refund_reasons", query=query, follow=follow)
