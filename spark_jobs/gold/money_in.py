"""Stripe's side of the money: which order a charge paid, and which payout it left with."""

from spark_jobs.gold.mart import Sources

# What a payout itself does to the balance, on its way out and back.
OF_PAYOUT = "type IN ('payout', 'payout_cancel', 'payout_failure')"

# Balance transactions in no payout's list; it depends on all payouts which of them they left with.
WAITING = """SELECT b.* FROM silver.stripe_balance_transactions AS b LEFT ANTI JOIN
(SELECT id FROM silver.stripe_payout_transactions WHERE NOT _deleted) AS l USING (id)"""


def order_charges_sql(sources: Sources) -> str:
    """A row a charge: silver's columns with order_id replaced by that of a living order, or NULL.

    metadata.shopify_order_id decides; else the order whose transaction names the charge or its
    payment intent. Of several orders the smallest id, so that a charge never counts twice.
    """
    return f"""
    WITH live AS (
      SELECT order_id, transactions FROM {sources.silver("orders")} WHERE NOT test AND NOT _deleted
    ),
    named AS (
      SELECT order_id, t.charge_id, t.payment_intent_id FROM live
      LATERAL VIEW explode(transactions) AS t
      WHERE t.charge_id IS NOT NULL OR t.payment_intent_id IS NOT NULL
    )
    SELECT c.* EXCEPT (order_id), coalesce(m.order_id, n.order_id, i.order_id) AS order_id
    FROM {sources.silver("stripe_charges")} AS c
    LEFT JOIN live AS m ON m.order_id = c.order_id
    LEFT JOIN (
      SELECT charge_id, min(order_id) AS order_id FROM named
      WHERE charge_id IS NOT NULL GROUP BY charge_id
    ) AS n ON n.charge_id = c.id
    LEFT JOIN (
      SELECT payment_intent_id, min(order_id) AS order_id FROM named
      WHERE payment_intent_id IS NOT NULL GROUP BY payment_intent_id
    ) AS i ON i.payment_intent_id = c.payment_intent_id
    WHERE NOT c._deleted
    """


def ledger_sql(sources: Sources) -> str:
    """A row a balance transaction: silver's columns with charge_id (also of refunds and disputes)
    and payout_id.

    The payout's own list decides. What stands in none is in the first automatic payout of its
    currency without a list (not reconciled yet) that was made once it was there and available: the
    day of its availability may begin before it. So is what came back of a payout with a list; one
    without took nothing, since its transactions are given to the next. The window runs backwards:
    Spark's cost of a frame that ends in the future grows with the square. Only what waits for a
    payout stands in one with the payouts; the rest would be sorted with it, by one task.
    """
    return f"""
    WITH listed AS (
      SELECT id, payout_id FROM {sources.silver("stripe_payout_transactions")} WHERE NOT _deleted
    ),
    lists AS (SELECT DISTINCT payout_id FROM listed),
    paid AS (
      SELECT id, id AS charge_id FROM {sources.silver("stripe_charges")}
      UNION ALL SELECT id, charge_id FROM {sources.silver("stripe_refunds")}
      UNION ALL SELECT id, charge_id FROM {sources.silver("stripe_disputes")}
    ),
    moved AS (
      SELECT b.*, p.charge_id,
        coalesce(l.payout_id, IF(b.type = 'payout' OR ({OF_PAYOUT} AND back.payout_id IS NULL),
          b.source_id, NULL)) AS known
      FROM {sources.silver("stripe_balance_transactions")} AS b
      LEFT JOIN listed AS l ON l.id = b.id
      LEFT JOIN lists AS back ON back.payout_id = b.source_id
      LEFT JOIN paid AS p ON p.id = b.source_id
      WHERE NOT b._deleted
    ),
    moments AS (
      SELECT currency, greatest(created_at, available_at) AS at, 0 AS step, known,
        IF(known IS NULL, NULL, id) AS alone, CAST(NULL AS STRING) AS payout_id,
        struct(* EXCEPT (known)) AS moved
      FROM moved
      UNION ALL
      SELECT currency, created_at, 1, NULL, NULL, id, NULL
      FROM {sources.silver("stripe_payouts")} AS p LEFT ANTI JOIN lists ON lists.payout_id = p.id
      WHERE NOT _deleted AND automatic AND status NOT IN ('failed', 'canceled')
    ),
    next AS (
      SELECT moved, step, coalesce(known, last_value(payout_id, true) OVER (
        PARTITION BY currency, alone ORDER BY at DESC, step DESC, payout_id DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS payout_id
      FROM moments
    )
    SELECT moved.*, payout_id FROM next WHERE step = 0
    """
