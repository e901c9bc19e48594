"""gold.customer_cohorts: how the customers of a month come back, month by month."""

from spark_jobs.gold.mart import Mart, Sources


def query(sources: Sources) -> str:
    """Every month of every cohort up to now has a row, quiet ones with zeros, and one that an
    order is dated ahead into. Money and orders
    stand in the month in which they happened: one of returns alone has negative net sales."""
    return f"""
    WITH sales AS (
      SELECT buyer, kind, order_number, trunc(first_date, 'MM') AS cohort_month,
        IF(currency = '{sources.currency}', net_sales, 0) AS net,
        greatest(0, CAST(months_between(trunc(date, 'MM'), trunc(first_date, 'MM')) AS INT))
          AS month
      FROM {sources.gold("sales")} WHERE buyer IS NOT NULL
    ),
    months AS (
      SELECT cohort_month, month, count(DISTINCT IF(kind = 'order', buyer, NULL)) AS active,
        count(IF(kind = 'order', 1, NULL)) AS orders, sum(net) AS net,
        count(IF(order_number = 1, 1, NULL)) AS joined,
        count(IF(order_number = 2, 1, NULL)) AS repeaters
      FROM sales GROUP BY cohort_month, month
    ),
    cohorts AS (
      SELECT cohort_month, sum(joined) AS customers, explode(sequence(0, greatest(max(month),
        CAST(months_between(trunc(DATE '{sources.as_of}', 'MM'), cohort_month) AS INT)))) AS month
      FROM months GROUP BY cohort_month
    ),
    filled AS (
      SELECT cohort_month, month, c.customers, coalesce(m.active, 0) AS active,
        coalesce(m.orders, 0) AS orders, CAST(coalesce(m.net, 0) AS DECIMAL(18,2)) AS net,
        CAST(sum(m.net) OVER so_far AS DECIMAL(18,2)) AS total,
        coalesce(sum(m.repeaters) OVER so_far, 0) AS repeaters
      FROM cohorts AS c LEFT JOIN months AS m USING (cohort_month, month)
      WINDOW so_far AS (PARTITION BY cohort_month ORDER BY month)
    )
    SELECT cohort_month, month AS months_since_first_order, customers, active AS active_customers,
      orders, net AS net_sales, CAST(active / customers AS DECIMAL(18,4)) AS retention,
      total AS cumulative_net_sales,
      CAST(total / customers AS DECIMAL(18,2)) AS lifetime_value,
      repeaters AS repeat_customers, CAST(repeaters / customers AS DECIMAL(18,4)) AS repeat_rate
    FROM filled
    """


MART = Mart(name="customer_cohorts", query=query)
