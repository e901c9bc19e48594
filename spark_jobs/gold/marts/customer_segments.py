"""gold.customer_segments: recency, frequency and monetary value, scored in fifths and named."""

from spark_jobs.gold.mart import Mart, Sources


def query(sources: Sources) -> str:
    """One row a customer with an order, as of the shop's day of the last extraction.

    recency_days: days since the last order. frequency: orders in the last 365 days. monetary: net
    sales in the last 365 days. lifetime_value: net sales ever. Money is that in the shop's
    currency. Scores 5 (best) to 1 are fifths of
    the customers by percent rank, so equal values get equal scores. DECISIONS.md has the names.
    """
    return f"""
    WITH sales AS (
      SELECT customer_id, kind, date,
        IF(currency = '{sources.currency}', net_sales, 0) AS net_sales
      FROM {sources.gold("sales")} WHERE customer_id IS NOT NULL
    ),
    buyers AS (
      SELECT customer_id,
        greatest(0, datediff(DATE '{sources.as_of}', max(IF(kind = 'order', date, NULL))))
          AS recency_days,
        datediff(DATE '{sources.as_of}', min(IF(kind = 'order', date, NULL))) AS age_days,
        count(IF(kind = 'order' AND date > date_sub(DATE '{sources.as_of}', 365), 1, NULL))
          AS frequency,
        CAST(sum(IF(date > date_sub(DATE '{sources.as_of}', 365),
          net_sales, 0)) AS DECIMAL(18,2)) AS monetary,
        CAST(sum(net_sales) AS DECIMAL(18,2)) AS lifetime_value
      FROM sales GROUP BY customer_id
      HAVING count(IF(kind = 'order', 1, NULL)) > 0
    ),
    scored AS (
      SELECT *,
        least(5, CAST(floor(5 - 5 * percent_rank() OVER (ORDER BY recency_days)) + 1 AS INT))
          AS r_score,
        least(5, CAST(floor(5 * percent_rank() OVER (ORDER BY frequency)) + 1 AS INT)) AS f_score,
        least(5, CAST(floor(5 * percent_rank() OVER (ORDER BY monetary)) + 1 AS INT)) AS m_score
      FROM buyers
    )
    SELECT DATE '{sources.as_of}' AS as_of_date, customer_id, recency_days, frequency, monetary,
      r_score, f_score, m_score,
      CASE
        WHEN r_score >= 4 AND f_score >= 4 AND m_score >= 4 THEN 'Champions'
        WHEN age_days <= 30 AND frequency <= 1 THEN 'New'
        WHEN r_score >= 3 AND f_score >= 4 THEN 'Loyal'
        WHEN r_score >= 3 THEN 'Potential Loyalists'
        WHEN f_score >= 4 OR m_score >= 4 THEN 'At Risk'
        WHEN r_score = 2 THEN 'Hibernating'
        ELSE 'Lost' END AS segment,
      lifetime_value
    FROM scored
    """


MART = Mart(name="customer_segments", query=query, snapshot="as_of_date")
