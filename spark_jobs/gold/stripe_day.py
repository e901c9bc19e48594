"""A day in Stripe under the names of Fivetran's dbt_stripe `daily_overview` (names only)."""

from spark_jobs.gold.mart import Sources
from spark_jobs.gold.money_in import OF_PAYOUT

SALE = "type IN ('charge', 'payment')"
REFUND = "type IN ('refund', 'payment_refund', 'refund_failure', 'payment_refund_failure')"
ADJUSTMENT = "type = 'adjustment'"
# With what came back of them, so that a payout that failed is none; and transfers of platforms.
PAYOUT = f"{OF_PAYOUT} OR type LIKE '%transfer%'"
OTHER = f"NOT ({SALE} OR {REFUND} OR {ADJUSTMENT} OR {PAYOUT})"
# Name -> (what is added up, of which balance transactions).
AMOUNTS = {
    "total_daily_sales_amount": ("amount", SALE),
    "total_daily_refunds_amount": ("amount", REFUND),
    "total_daily_adjustments_amount": ("amount", ADJUSTMENT),
    "total_daily_other_transactions_amount": ("amount", OTHER),
    "total_daily_gross_transaction_amount": ("amount", f"NOT ({PAYOUT})"),
    "total_daily_net_transactions_amount": ("net", f"NOT ({PAYOUT})"),
    "total_daily_payout_fee_amount": ("-fee", PAYOUT),
    "total_daily_gross_payout_amount": ("amount", PAYOUT),
    "daily_net_activity_amount": (f"IF({PAYOUT}, -fee, net)", "true"),
    "daily_end_balance_amount": ("net", "true"),
}
COUNTS = {
    "total_daily_sales_count": SALE,
    "total_daily_payouts_count": "type = 'payout'",
    "total_daily_adjustments_count": ADJUSTMENT,
}


def stripe_day_sql(sources: Sources) -> str:
    """A row a date_day and currency with anything in it; amounts signed as in the balance."""
    sums = ", ".join(f"sum(IF({of}, {what}, 0)) AS {name}" for name, (what, of) in AMOUNTS.items())
    counts = ", ".join(f"count(IF({of}, 1, NULL)) AS {name}" for name, of in COUNTS.items())
    kept = ", ".join(f"coalesce({name}, 0) AS {name}" for name in (*AMOUNTS, *COUNTS))
    return f"""
    WITH moved AS (
      SELECT {sources.day("created_at")} AS date_day, currency, {sums}, {counts}
      FROM {sources.silver("stripe_balance_transactions")} WHERE NOT _deleted GROUP BY 1, 2
    ),
    failed AS (
      SELECT {sources.day("created_at")} AS date_day, currency, count(*) AS failures,
        sum(amount) AS failed
      FROM {sources.silver("stripe_charges")} WHERE NOT _deleted AND status = 'failed' GROUP BY 1, 2
    )
    SELECT date_day, currency, {kept}, coalesce(failures, 0) AS total_daily_failed_charge_count,
      coalesce(failed, 0) AS total_daily_failed_charge_amount
    FROM moved FULL JOIN failed USING (date_day, currency)
    """
