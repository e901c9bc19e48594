"""gold.payout_summary: what each payout to the bank is made of."""

from spark_jobs.gold.mart import Mart, Sources
from spark_jobs.gold.money_in import OF_PAYOUT, ledger_sql

CHARGE = "type IN ('charge', 'payment')"
REFUND = "type IN ('refund', 'payment_refund', 'refund_failure', 'payment_refund_failure')"


def query(sources: Sources) -> str:
    """One row a payout. arrival_date is the bank's day as Stripe names it (midnight UTC), not a
    moment in the shop's time zone. A payout made by hand has no balance transactions of its own: it
    is what it is, and its parts are unknown. One that came back is a part of a later one."""
    return f"""
    WITH parts AS (
      SELECT l.payout_id, sum(IF({CHARGE}, amount, 0)) AS charges,
        -sum(IF({REFUND}, amount, 0)) AS refunds,
        sum(IF({CHARGE} OR {REFUND}, 0, amount)) AS adjustments, sum(fee) AS fees, sum(net) AS net,
        count(DISTINCT c.order_id) AS orders, count(*) AS transactions
      FROM ({ledger_sql(sources)}) AS l
      LEFT JOIN (
        SELECT order_id, explode(stripe_charge_ids) AS charge_id
        FROM {sources.gold("payment_reconciliation")}
      ) AS c USING (charge_id)
      WHERE NOT ({OF_PAYOUT} AND l.payout_id = l.source_id) AND l.payout_id IS NOT NULL
      GROUP BY l.payout_id
    )
    SELECT p.id AS payout_id, to_date(p.arrival_at) AS arrival_date, p.currency,
      CAST(s.charges AS DECIMAL(18,2)) AS charges, CAST(s.refunds AS DECIMAL(18,2)) AS refunds,
      CAST(s.adjustments AS DECIMAL(18,2)) AS adjustments, CAST(s.fees AS DECIMAL(18,2)) AS fees,
      CAST(coalesce(s.net, p.amount) AS DECIMAL(18,2)) AS net, p.amount,
      CAST(p.amount - coalesce(s.net, p.amount) AS DECIMAL(18,2)) AS difference,
      coalesce(s.orders, 0) AS orders, coalesce(s.transactions, 0) AS transactions,
      p.automatic, p.status
    FROM {sources.silver("stripe_payouts")} AS p LEFT JOIN parts AS s ON s.payout_id = p.id
    WHERE NOT p._deleted
    """


MART = Mart(name="payout_summary", query=query)
