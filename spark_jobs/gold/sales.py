"""Sales as Shopify's reports count them: a row per order for what it sold, a row per refund.

Sources: DESIGN.md (gold names and meanings); Shopify's help, "Finances reports" and "Sales
reports". Refunds stand on their own day. Test orders and deleted orders do not count.
"""

from spark_jobs.gold.mart import Sources

ZERO = "CAST(0 AS DECIMAL(18,2))"


def _sum(items: str, value: str) -> str:
    return (
        f"aggregate({items}, {ZERO}, (sum, x) -> CAST(sum + coalesce({value}, 0) AS DECIMAL(18,2)))"
    )


# Where prices include tax, a line's share without tax is what is left of its discounted total once
# its tax lines are taken off; of a line that is discounted to nothing, what the rates leave.
_ORIGINAL = "x.unit_price * x.quantity"
_UNTAXED_SHARE = f"""CASE
  WHEN NOT taxes_included THEN CAST(1 AS DECIMAL(38,18))
  WHEN {_ORIGINAL} - x.discount > 0
    THEN CAST(({_ORIGINAL} - x.discount - x.tax) AS DECIMAL(38,18))
         / CAST(({_ORIGINAL} - x.discount) AS DECIMAL(18,2))
  ELSE CAST(1 / (1 + x.tax_rate) AS DECIMAL(38,18)) END"""
GROSS = f"round({_ORIGINAL} * ({_UNTAXED_SHARE}), 2)"
# Exact to the cent: what was paid for the line without tax. The discount is the difference.
NET = f"IF(taxes_included, {_ORIGINAL} - x.discount - x.tax, {_ORIGINAL} - x.discount)"


def sales_sql(sources: Sources) -> str:
    """order_id, customer_id, at, date, currency, kind (order, refund, cancellation), units, gross,
    discounts, returns, shipping, taxes, duties, tips: amounts as they add to the day's totals."""
    return f"""
    WITH live AS (
      SELECT * FROM {sources.silver("orders")} WHERE NOT test AND NOT _deleted
    ),
    sold AS (
      SELECT order_id, customer_id, email_hash, processed_at AS at, currency, cancelled_at, refunds,
        aggregate(lines, 0L, (sum, x) -> sum + x.quantity) AS units,
        {_sum("lines", GROSS)} AS gross, {_sum("lines", NET)} AS net,
        CAST(shipping - IF(taxes_included, shipping_tax, 0) AS DECIMAL(18,2)) AS shipping,
        total_tax AS taxes, duties, tips, taxes_included
      FROM live
    ),
    refunded AS (
      SELECT order_id, customer_id, email_hash, currency, f.refunded_at AS at,
        CAST({_sum("f.lines", "x.subtotal - IF(taxes_included, x.tax, 0)")}
          + f.adjustment AS DECIMAL(18,2)) AS returns,
        CAST(f.shipping - IF(taxes_included, f.shipping_tax, 0) AS DECIMAL(18,2)) AS shipping,
        CAST({_sum("f.lines", "x.tax")} + f.adjustment_tax + f.shipping_tax
          AS DECIMAL(18,2)) AS taxes
      FROM sold LATERAL VIEW explode(refunds) AS f
    ),
    given_back AS (
      SELECT order_id, sum(returns) AS returns, sum(shipping) AS shipping, sum(taxes) AS taxes
      FROM refunded GROUP BY order_id
    ),
    -- A cancelled order counts as its sale and its return: what its refunds have not returned yet.
    cancelled AS (
      SELECT order_id, customer_id, email_hash, currency, cancelled_at AS at,
        CAST(greatest(net - coalesce(g.returns, 0), 0) AS DECIMAL(18,2)) AS returns,
        CAST(greatest(s.shipping - coalesce(g.shipping, 0), 0) AS DECIMAL(18,2)) AS shipping,
        CAST(greatest(s.taxes - coalesce(g.taxes, 0), 0) AS DECIMAL(18,2)) AS taxes,
        s.duties, s.tips
      FROM sold AS s LEFT JOIN given_back AS g USING (order_id)
      WHERE cancelled_at IS NOT NULL
    ),
    entries AS (
      SELECT order_id, customer_id, email_hash, at, currency, 'order' AS kind, units, gross,
        CAST(gross - net AS DECIMAL(18,2)) AS discounts, {ZERO} AS returns, shipping, taxes, duties,
        tips FROM sold
      UNION ALL
      SELECT order_id, customer_id, email_hash, at, currency, 'refund', 0, {ZERO}, {ZERO}, returns,
        CAST(-shipping AS DECIMAL(18,2)), CAST(-taxes AS DECIMAL(18,2)), {ZERO}, {ZERO}
      FROM refunded
      UNION ALL
      SELECT order_id, customer_id, email_hash, at, currency, 'cancellation', 0, {ZERO}, {ZERO},
        returns, CAST(-shipping AS DECIMAL(18,2)), CAST(-taxes AS DECIMAL(18,2)),
        CAST(-duties AS DECIMAL(18,2)), CAST(-tips AS DECIMAL(18,2))
      FROM cancelled
    )
    SELECT *, {sources.day("at")} AS date FROM entries
    """
