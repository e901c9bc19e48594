"""gold.daily_revenue: what the shop sold each day, net of what came back that day."""

from spark_jobs.gold.mart import Mart, Sources
from spark_jobs.gold.sales import ZERO, sales_sql

_SUMS = ("gross", "discounts", "returns", "shipping", "taxes", "duties", "tips")


def query(sources: Sources) -> str:
    """One row a day and currency from the first sale to the last entry, quiet days included: an
    average over seven days needs all seven. Growth is against the day before, NULL after a day
    without net sales. Guests count as new customers by their email's hash, if they left one."""
    sums = ", ".join(f"CAST(sum({name}) AS DECIMAL(18,2)) AS {name}" for name in _SUMS)
    filled = ", ".join(f"coalesce(s.{name}, {ZERO}) AS {name}" for name in _SUMS)
    return f"""
    WITH sales AS ({sales_sql(sources)}),
    placed AS (
      SELECT *, coalesce(customer_id, email_hash) AS buyer,
        min(date) OVER (PARTITION BY coalesce(customer_id, email_hash)) AS first_date
      FROM sales WHERE kind = 'order'
    ),
    buyers AS (
      SELECT date, currency,
        count(DISTINCT IF(date = first_date, buyer, NULL)) AS new_customers,
        count(DISTINCT IF(date > first_date, buyer, NULL)) AS returning_customers
      FROM placed GROUP BY date, currency
    ),
    sums AS (
      SELECT date, currency, count(IF(kind = 'order', 1, NULL)) AS orders, sum(units) AS units,
        {sums} FROM sales GROUP BY date, currency
    ),
    days AS (
      SELECT currency, explode(sequence(min(date), max(date))) AS date FROM sums GROUP BY currency
    ),
    daily AS (
      SELECT d.date, d.currency, coalesce(s.orders, 0) AS orders, coalesce(s.units, 0) AS units,
        {filled}, coalesce(b.new_customers, 0) AS new_customers,
        coalesce(b.returning_customers, 0) AS returning_customers
      FROM days AS d LEFT JOIN sums AS s USING (date, currency)
      LEFT JOIN buyers AS b USING (date, currency)
    ),
    net AS (
      SELECT *, CAST(gross - discounts - returns AS DECIMAL(18,2)) AS net_sales FROM daily
    ),
    seen AS (
      SELECT *, lag(net_sales) OVER (PARTITION BY currency ORDER BY date) AS before,
        avg(net_sales) OVER (PARTITION BY currency ORDER BY date
          ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS average
      FROM net
    )
    SELECT date, currency, orders, units, gross AS gross_sales, discounts, returns, net_sales,
      shipping, taxes, duties, tips,
      CAST(net_sales + shipping + taxes + duties + tips AS DECIMAL(18,2)) AS total_sales,
      CAST(IF(orders > 0, (gross - discounts) / orders, NULL) AS DECIMAL(18,2))
        AS average_order_value,
      new_customers, returning_customers,
      CAST(IF(before <> 0, (net_sales - before) / abs(before), NULL) AS DECIMAL(18,4))
        AS net_sales_growth,
      CAST(average AS DECIMAL(18,2)) AS net_sales_7d_avg
    FROM seen
    """


MART = Mart(
    name="daily_revenue",
    comment="Sales a day and currency, by Shopify's definitions; days in the shop's time zone",
    needs=("orders",),
    query=query,
)
