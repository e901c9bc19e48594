"""gold.payment_reconciliation: each order against the Stripe charges that paid it."""

from dataclasses import replace

from spark_jobs.gold.mart import Follow, Mart, Sources, Touch
from spark_jobs.gold.money_in import WAITING, ledger_sql, order_charges_sql

# Money that these take never runs through Stripe.
ELSEWHERE = ("gift_card", "shopify_store_credit", "exchange-credit", "paypal", "cash")


_OTHERS = ", ".join(f"'{gateway}'" for gateway in ELSEWHERE)
# Of an order without transactions: whether none of its gateways uses Stripe.
_PAID_ELSEWHERE = f"size(gateways) > 0 AND forall(gateways, g -> lower(g) IN ({_OTHERS}))"


def _moved(kinds: str, amount: str) -> str:
    """Σ of an order's successful transactions of the kinds; NULL without any transaction."""
    return f"""IF(exists(transactions, t -> t.status = 'success' AND NOT t.test), aggregate(
      filter(transactions, t -> t.status = 'success' AND NOT t.test AND t.kind IN ({kinds})
        AND coalesce(lower(t.gateway), '') NOT IN ({_OTHERS})), CAST(0 AS DECIMAL(18,2)),
      (sum, t) -> CAST(sum + coalesce({amount}, 0) AS DECIMAL(18,2))), NULL)"""


def query(sources: Sources) -> str:
    """One row an order, and one row a charge without an order; every charge stands in exactly one
    row's stripe_charge_ids. Failed charges took nothing and add nothing. What Shopify was paid is
    compared in the charge's currency: the shop's, else the one that the buyer saw."""
    paid, refunded = "'sale', 'capture'", "'refund'"
    presented = "coalesce(t.presentment_amount, t.amount)"
    return f"""
    WITH ledger AS (
      SELECT charge_id, sum(fee) AS fee, sum(net) AS net,
        max_by(payout_id, struct(type IN ('charge', 'payment'), created_at, id)) AS payout_id
      FROM ({ledger_sql(sources)}) WHERE charge_id IS NOT NULL GROUP BY charge_id
    ),
    charges AS (
      SELECT coalesce(order_id, c.id) AS reconciliation_id, max(order_id) AS order_id,
        sort_array(collect_list(c.id)) AS stripe_charge_ids,
        max_by(c.id, struct(status = 'succeeded', c.created_at, c.id)) AS stripe_charge_id,
        max_by(l.payout_id, struct(status = 'succeeded', c.created_at, c.id)) AS payout_id,
        max_by(currency, struct(status = 'succeeded', c.created_at, c.id)) AS stripe_currency,
        min(IF(status = 'succeeded', currency, NULL))
          <> max(IF(status = 'succeeded', currency, NULL)) AS mixed,
        max(c.created_at) AS charged_at,
        sum(IF(status = 'succeeded', amount_captured, 0)) AS stripe_amount,
        sum(IF(status = 'succeeded' AND captured,
          greatest(amount_refunded - (amount - amount_captured), 0), 0)) AS stripe_refunded,
        coalesce(sum(l.fee), 0) AS stripe_fee, coalesce(sum(l.net), 0) AS stripe_net,
        count(IF(status <> 'failed', 1, NULL)) AS living,
        count(IF(status = 'pending' OR (status = 'succeeded' AND NOT captured AND NOT refunded),
          1, NULL)) AS open
      FROM ({order_charges_sql(sources)}) AS c LEFT JOIN ledger AS l ON l.charge_id = c.id
      GROUP BY coalesce(order_id, c.id)
    ),
    orders AS (
      SELECT order_id AS reconciliation_id, order_name, processed_at, cancelled_at, currency,
        presentment_currency, financial_status, total_price, presentment_total,
        {_PAID_ELSEWHERE} AS paid_elsewhere,
        {_moved(paid, "t.amount")} AS paid, {_moved(refunded, "t.amount")} AS refunded,
        {_moved(paid, presented)} AS presented_paid,
        {_moved(refunded, presented)} AS presented_refunded
      FROM {sources.silver("orders")} WHERE NOT test AND NOT _deleted
    ),
    joined AS (
      SELECT reconciliation_id, o.reconciliation_id AS order_id, o.*
          EXCEPT (reconciliation_id, paid, refunded, presented_paid, presented_refunded),
        c.* EXCEPT (reconciliation_id, order_id),
        coalesce(stripe_currency, currency) = currency AS in_shop_money,
        coalesce(stripe_currency, currency) IN (currency, presentment_currency)
          AND NOT coalesce(mixed, false) AS comparable,
        paid, refunded, presented_paid, presented_refunded
      FROM orders AS o FULL JOIN charges AS c USING (reconciliation_id)
    ),
    compared AS (
      SELECT *, IF(in_shop_money, paid, presented_paid) AS shopify_paid,
        IF(in_shop_money, refunded, presented_refunded) AS shopify_refunded,
        coalesce(IF(in_shop_money, paid, presented_paid),
          IF(in_shop_money, total_price, presentment_total), 0) AS expected
      FROM joined
    ),
    named AS (
      SELECT *, CASE
        WHEN order_id IS NULL THEN IF(living = 0, 'matched', 'missing_in_shopify')
        WHEN coalesce(living, 0) = 0 AND expected = 0 AND (paid IS NOT NULL OR total_price = 0)
          THEN 'matched'
        WHEN coalesce(living, 0) = 0 AND paid IS NULL
          AND (cancelled_at IS NOT NULL OR financial_status IN ('voided', 'expired')) THEN 'matched'
        WHEN coalesce(living, 0) = 0 AND paid IS NULL
          AND financial_status IN ('pending', 'authorized') THEN 'pending'
        WHEN coalesce(living, 0) = 0 AND paid IS NULL AND paid_elsewhere THEN 'matched'
        WHEN coalesce(living, 0) = 0 THEN 'missing_in_stripe'
        WHEN open > 0 THEN 'pending'
        WHEN comparable AND stripe_amount = expected
          AND stripe_refunded = coalesce(shopify_refunded, stripe_refunded) THEN 'matched'
        ELSE 'amount_mismatch' END AS status
      FROM compared
    )
    SELECT reconciliation_id, order_id, order_name,
      {sources.day("coalesce(processed_at, charged_at)")} AS date,
      coalesce(currency, stripe_currency) AS currency, total_price AS shopify_total, shopify_paid,
      shopify_refunded, stripe_charge_id, coalesce(stripe_charge_ids, array()) AS stripe_charge_ids,
      stripe_currency, CAST(stripe_amount AS DECIMAL(18,2)) AS stripe_amount,
      CAST(stripe_refunded AS DECIMAL(18,2)) AS stripe_refunded,
      CAST(stripe_fee AS DECIMAL(18,2)) AS stripe_fee,
      CAST(stripe_net AS DECIMAL(18,2)) AS stripe_net, payout_id,
      CAST(IF(status = 'matched', 0, coalesce(stripe_amount, 0) - expected) AS DECIMAL(18,2))
        AS difference, status
    FROM named
    """


def follow(sources: Sources) -> Follow:
    """What changed names orders, charges, payment intents and what happened to a charge later. From
    those to the charges, to the rows in which they stood and will stand, to all charges of those
    rows, and to all that happened to them: whatever a row is made of is then in KEYS."""
    back = (
        "(SELECT id, charge_id FROM silver.stripe_refunds UNION ALL "
        "SELECT id, charge_id FROM silver.stripe_disputes)"
    )
    stood = (
        "(SELECT reconciliation_id, explode(stripe_charge_ids) AS id "
        "FROM gold.payment_reconciliation)"
    )
    members = f"SELECT id AS key FROM {stood} WHERE reconciliation_id IN KEYS"
    some = {"silver.stripe_charges": "(SELECT * FROM silver.stripe_charges WHERE id IN KEYS)"}
    charges = order_charges_sql(replace(sources, table=lambda name: some.get(name, name)))
    waiting = f"SELECT source_id AS key FROM ({WAITING}) WHERE EXISTS (SELECT 1 FROM CHANGES)"
    of_charge = Touch("id, charge_id AS key")
    return Follow(
        key="reconciliation_id",
        touched={
            "silver.orders": Touch(
                "order_id, test, _deleted, order_name, processed_at, cancelled_at, currency, "
                "presentment_currency, financial_status, total_price, presentment_total, gateways, "
                "transactions",
                "SELECT explode(concat(array(order_id), coalesce(concat(transactions.charge_id, "
                "transactions.payment_intent_id), array()))) AS key FROM CHANGES",
            ),
            "silver.stripe_charges": Touch(
                "id AS key, order_id, payment_intent_id, created_at, amount, amount_captured, "
                "amount_refunded, currency, status, captured, refunded, _deleted"
            ),
            "silver.stripe_refunds": of_charge,
            "silver.stripe_disputes": of_charge,
            "silver.stripe_balance_transactions": Touch(
                "id, source_id AS key, type, currency, created_at, available_at, fee, net, _deleted"
            ),
            "silver.stripe_payout_transactions": Touch(
                "id, payout_id, _deleted",
                "SELECT source_id AS key FROM silver.stripe_balance_transactions "
                f"WHERE id IN (SELECT id FROM CHANGES) UNION ALL {waiting}",
            ),
            "silver.stripe_payouts": Touch(
                "id, currency, created_at, automatic, status, _deleted", waiting
            ),
        },
        spread=(
            "SELECT id AS key FROM silver.stripe_charges WHERE order_id IN KEYS OR "
            "payment_intent_id IN KEYS OR id IN "
            f"(SELECT key FROM KEYS UNION ALL SELECT charge_id FROM {back} WHERE id IN KEYS)",
            f"SELECT reconciliation_id AS key FROM {stood} WHERE id IN KEYS "
            f"UNION ALL SELECT order_id FROM ({charges})",
            f"{members} UNION ALL SELECT id FROM {back} WHERE charge_id IN "
            f"(SELECT key FROM KEYS UNION ALL {members})",
        ),
        needed={
            "silver.orders": "order_id IN KEYS",
            "silver.stripe_charges": "id IN KEYS",
            "silver.stripe_refunds": "id IN KEYS",
            "silver.stripe_disputes": "id IN KEYS",
            "silver.stripe_balance_transactions": "source_id IN KEYS",
        },
        costly=True,
    )


MART = Mart(name="payment_reconciliation", query=query, follow=follow)
