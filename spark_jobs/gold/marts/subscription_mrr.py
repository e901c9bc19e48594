"""gold.subscription_mrr: monthly recurring revenue and what moved it, by Stripe's definitions."""

from spark_jobs.gold.mart import Mart, Sources

PAYING = "status IN ('active', 'past_due')"


def query(sources: Sources) -> str:
    """One row a month and currency from the first subscription on. A month's value is what runs at
    its end, the current month's what runs now; moves are a customer's from one month to the next,
    over all of their subscriptions. Amounts of moves are positive.

    A subscription's states are those that pulls have seen. Before the first it was what it is in
    it; a trial pays nothing until it ends, which may be before the day that it was to end on; a
    cancelled one ends at ended_at, and one that Stripe does not know any more when that was seen.
    """
    return f"""
    WITH told AS (
      SELECT * EXCEPT (status, customer_id, currency), IF(_deleted, 'deleted', status) AS status,
        last_value(customer_id, true) OVER so_far AS customer_id,
        last_value(currency, true) OVER so_far AS currency
      FROM {sources.silver("subscription_history")}
      WINDOW so_far AS (PARTITION BY id ORDER BY seen_at)
    ),
    seen AS (
      SELECT *, lag(status) OVER states AS former, row_number() OVER states AS nth
      FROM told WHERE currency IS NOT NULL WINDOW states AS (PARTITION BY id ORDER BY seen_at)
    ),
    points AS (
      SELECT id, customer_id, currency, CASE
          WHEN nth = 1 THEN IF(status = 'trialing', started_at, greatest(started_at, trial_end_at))
          WHEN former = 'trialing' AND {PAYING} THEN coalesce(trial_end_at, seen_at)
          ELSE seen_at END AS at,
        IF({PAYING} OR (nth = 1 AND status = 'canceled'
          AND (trial_end_at IS NULL OR trial_end_at < ended_at)), mrr, 0) AS mrr, nth AS step
      FROM seen WHERE nth = 1 OR status <> 'canceled'
      UNION ALL
      SELECT id, customer_id, currency, coalesce(ended_at, canceled_at, seen_at), 0, nth + 0.5
      FROM seen WHERE status = 'canceled'
    ),
    -- A state follows the one before it, also where Stripe dates it back.
    days AS (
      SELECT *, max({sources.day("at")}) OVER (PARTITION BY id ORDER BY step) AS day FROM points
    ),
    spans AS (
      SELECT *, coalesce(lead(day) OVER (PARTITION BY id ORDER BY day, step),
        DATE '9999-12-31') AS until FROM days
    ),
    months AS (
      SELECT id, customer_id, currency, mrr, day, until, explode(sequence(trunc(day, 'MM'),
        greatest(trunc(day, 'MM'), trunc(DATE '{sources.as_of}', 'MM')), INTERVAL 1 MONTH)) AS month
      FROM spans WHERE day <= DATE '{sources.as_of}'
    ),
    at_end AS (
      SELECT *, least(last_day(month), DATE '{sources.as_of}') AS end FROM months
    ),
    held AS (
      SELECT month, customer_id, currency, sum(mrr) AS mrr, count(IF(mrr > 0, 1, NULL)) AS running
      FROM at_end WHERE day <= end AND until > end GROUP BY month, customer_id, currency
    ),
    moves AS (
      SELECT *, coalesce(lag(mrr) OVER so_far, 0) AS before,
        coalesce(max(mrr) OVER (PARTITION BY customer_id, currency ORDER BY month
          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) > 0 AS known
      FROM held WINDOW so_far AS (PARTITION BY customer_id, currency ORDER BY month)
    ),
    sums AS (
      SELECT month, currency, sum(before) AS opening_mrr,
        sum(IF(before = 0 AND NOT known, mrr, 0)) AS new_mrr,
        sum(IF(before > 0 AND mrr > before, mrr - before, 0)) AS expansion_mrr,
        sum(IF(mrr > 0 AND mrr < before, before - mrr, 0)) AS contraction_mrr,
        sum(IF(mrr = 0, before, 0)) AS churned_mrr,
        sum(IF(before = 0 AND known, mrr, 0)) AS reactivation_mrr, sum(mrr) AS mrr,
        sum(running) AS subscriptions, count(IF(mrr > 0, 1, NULL)) AS customers,
        count(IF(mrr > 0 AND before = 0 AND NOT known, 1, NULL)) AS new_customers,
        count(IF(mrr = 0 AND before > 0, 1, NULL)) AS churned_customers
      FROM moves GROUP BY month, currency
    )
    SELECT month, currency, CAST(opening_mrr AS DECIMAL(18,2)) AS opening_mrr,
      CAST(new_mrr AS DECIMAL(18,2)) AS new_mrr,
      CAST(expansion_mrr AS DECIMAL(18,2)) AS expansion_mrr,
      CAST(contraction_mrr AS DECIMAL(18,2)) AS contraction_mrr,
      CAST(churned_mrr AS DECIMAL(18,2)) AS churned_mrr,
      CAST(reactivation_mrr AS DECIMAL(18,2)) AS reactivation_mrr,
      CAST(mrr AS DECIMAL(18,2)) AS mrr, subscriptions, customers, new_customers, churned_customers
    FROM sums
    """


MART = Mart(name="subscription_mrr", query=query)
