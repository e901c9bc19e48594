"""gold.refund_reasons: why goods and money went back."""

from spark_jobs.gold.mart import Mart, Sources
from spark_jobs.gold.money_in import order_charges_sql

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
      JOIN ({order_charges_sql(sources)}) AS c ON c.id = r.charge_id
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


MART = Mart(name="refund_reasons", query=query)
